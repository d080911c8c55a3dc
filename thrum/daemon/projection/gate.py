"""Who says which events count here, where somebody is asked.

What does not count stands in the event table as everything does, so nothing has to be brought a
second time; it is applied to no other table and told to nobody. Which events count follows from
the events about keys and from the rule, whatever the order in which they come.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Final, Protocol

from thrum import events
from thrum.daemon.projection.facts import Event

ALWAYS: Final = (events.AboutKey, events.PurgeExecuted, events.AgentCleanup)
"""Events that count whoever made them.

Of those about keys, what counts is worked out by those who judge. The other two only take away:
what a purge covers leaves the files of every clone, and no clone can do otherwise alone.
"""


class Gate(Protocol):
    """Judges events, on the thread that writes."""

    @property
    def rule(self) -> str:
        """By what it judges besides the events about keys; another text for another rule."""
        ...

    def begin(self, db: sqlite3.Connection) -> None:
        """Has it know the keys as the events in the tables say, if it does not yet."""
        ...

    def learn(self, db: sqlite3.Connection) -> Collection[str]:
        """Events about keys were added: the daemons of whose events others may count now."""
        ...

    def forget(self) -> None:
        """The tables are others than they were: what it knows of keys holds no more."""
        ...

    def refuses(self, event: Event, line: bytes) -> str:
        """Why the event in that line does not count; empty if it does."""
        ...

    def lets_stand(self, event: Event) -> str:
        """The same of an event that counted, of which only the key may have changed."""
        ...

    def refuses_row(self, line: bytes) -> str:
        """Why a row of another Thrum's snapshots does not count; empty if it does."""
        ...
