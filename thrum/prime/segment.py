"""One short segment for a status bar: who this is, and what wants to be looked at."""

from __future__ import annotations

from typing import Final, NamedTuple

from thrum.cli.render.text import cut, one_line

COLUMNS: Final = 60
_NAME: Final = 24
_WELL: Final = frozenset({"", "idle", "local-only", "pending", "synced"})
"""States of the exchange that need no word."""
_CALM: Final = frozenset({"", "idle", "working"})
"""What an agent may say of itself without anybody having to look."""


class Segment(NamedTuple):
    """What the segment says.

    Attributes:
        agent: the agent's name.
        unread: messages that it has not read; None where the daemon did not say.
        state: what it said of itself: ``working``, ``idle``, ``blocked``, ``stuck``; or nothing.
        sync: how the exchange with the remote is; empty where the daemon did not say.
    """

    agent: str
    unread: int | None = None
    state: str = ""
    sync: str = ""

    @property
    def text(self) -> str:
        """The segment, in at most `COLUMNS` columns."""
        parts = [f"@{cut(one_line(self.agent[:200]), _NAME)}"]
        if self.unread is None:
            parts.append("daemon away")
        elif self.unread:
            parts.append(f"{self.unread} unread" if self.unread < 1_000 else "999+ unread")
        if self.state not in _CALM:
            parts.append(cut(one_line(self.state[:50]), 9))
        if self.sync not in _WELL:
            parts.append(f"sync {cut(one_line(self.sync[:50]), 9)}")
        return cut(" · ".join(parts), COLUMNS)
