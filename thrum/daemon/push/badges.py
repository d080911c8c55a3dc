"""Numbers of unread messages as pages are told of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, TypeVar

from thrum import events
from thrum.daemon.projection.queries.badges import Badges, Waiting, badges
from thrum.daemon.projection.queries.happenings import Happening
from thrum.daemon.rpc.pushed import Pushed

N = TypeVar("N")


class CountsTold(Pushed):
    """Numbers of unread messages, as `inbox.counts` tells them.

    With `whole` these are all there are. Without, only those that changed, and one that is nothing
    by now is 0.
    """

    name: ClassVar = "notification.counts"
    whole: bool
    inbox: int
    mentions: int
    groups: dict[str, int]
    partners: dict[str, int]
    agents: dict[str, Waiting]


COUNTED = (events.MessageCreate, events.MessageDelete, events.MessageReceipt)
"""Events after which numbers may be others."""


def pushes(
    db: sqlite3.Connection, happened: Sequence[Happening], person: str
) -> Iterator[tuple[int, Pushed]]:
    """One push of all numbers of the person, if any may have changed; the last of all."""
    if any(isinstance(each, COUNTED) for _, each in happened):
        yield happened[-1].number, told(badges(db, person))


def told(found: Badges) -> CountsTold:
    """All numbers."""
    return CountsTold(
        whole=True,
        inbox=found.inbox,
        mentions=found.mentions,
        groups=found.groups,
        partners=found.partners,
        agents=found.agents,
    )


def change(before: CountsTold, now: CountsTold) -> CountsTold | None:
    """What is told to who knows the numbers of before; None if nothing changed.

    Args:
        before: all numbers of before.
        now: all numbers.
    """
    changed = CountsTold(
        cursor=now.cursor,
        sequence=now.sequence,
        whole=False,
        inbox=now.inbox,
        mentions=now.mentions,
        groups=_changed(before.groups, now.groups, 0),
        partners=_changed(before.partners, now.partners, 0),
        agents=_changed(before.agents, now.agents, Waiting()),
    )
    one = (before.inbox, before.mentions) != (now.inbox, now.mentions)
    return changed if one or changed.groups or changed.partners or changed.agents else None


def _changed(before: Mapping[str, N], now: Mapping[str, N], nothing: N) -> dict[str, N]:
    return {
        each: now.get(each, nothing)
        for each in {**before, **now}
        if now.get(each, nothing) != before.get(each, nothing)
    }
