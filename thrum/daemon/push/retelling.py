"""What happened after a number, as the pushes of which a person is told.

Pushes and `events.since` are made by this one function, so they say the same. What a push shows is
looked up when it is made: nothing is kept for anybody, and whoever was away costs as little as who
was not.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Final, NamedTuple

from thrum import events
from thrum.daemon.projection.facts import Event
from thrum.daemon.projection.queries import happenings
from thrum.daemon.projection.queries.happenings import Happening
from thrum.daemon.projection.queries.talk import event_at
from thrum.daemon.push import badges, cursor, groups, mail, people, receipts, threads
from thrum.daemon.push.cursor import Cursor
from thrum.daemon.rpc.pushed import Pushed

Maker = Callable[[sqlite3.Connection, Sequence[Happening], str], Iterable[tuple[int, Pushed]]]

MAKERS: Final[tuple[Maker, ...]] = (
    mail.pushes,
    receipts.pushes,
    people.pushes,
    groups.pushes,
    threads.pushes,
    badges.pushes,
)
"""What makes pushes of what happened, each for a noun; of one event they come in this order."""


class Retold(NamedTuple):
    """What a person is told.

    Attributes:
        pushes: in the order in which it became visible.
        cursor: where to go on from.
        more: whether there was more than was asked for.
    """

    pushes: list[Pushed]
    cursor: Cursor
    more: bool


def retold(db: sqlite3.Connection, number: int, most: int, person: str) -> Retold:
    """What became visible after a number, at most so many events of it and not too long ones.

    A push may be of several events, and of one event there may be several pushes. So whoever loses
    the connection in between goes on from where all of them began; only the last one is where they
    end.

    Args:
        person: whose reading marks are shown.
    """
    # Before one looks what came: what comes in between is found by the next who asks from here.
    here = cursor.present(db)
    happened, more = happenings.since(db, number, most)
    if not happened:
        return Retold([], here, False)
    epoch = happenings.epoch(db)
    begin = cursor.at(epoch, number, event_at(db, number))
    end = cursor.at(epoch, happened[-1].number, happened[-1].event.event_id)
    called = {number: name_of(each) for number, each in happened}
    pushes = [made for maker in MAKERS for made in maker(db, happened, person)]
    pushes.sort(key=itemgetter(0))
    for at, made in pushes:
        made.cursor, made.sequence, made.client_id = str(begin), at, called[at]
    if pushes:
        pushes[-1][1].cursor = str(end)
    return Retold([made for _, made in pushes], end, more)


def name_of(event: Event) -> str:
    """What its maker called the event; empty if it said nothing."""
    called = events.called(event)
    return called.id if called else ""
