"""Whose clock is off, as far as events show it.

Nobody can tell by one time alone whether a clock is wrong or a clone was away. Two things prove it:
an event from the future, and an effect that is older than its cause. Who answers, reads or writes
to somebody has seen that one's message or registration; where the times say otherwise, the two
clocks differ by at least that. What is within an hour shows in no event, because times are evened
out (see `thrum.daemon.transaction.Origin.present`).

Only the newest thing that each clone wrote counts, so a clock that was set right is named no more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final, NamedTuple

from thrum import events
from thrum.clock import AHEAD_NS, parse

MOST: Final = 1000
"""How many of the newest events are looked at."""
_MOST_ASKED: Final = 8
"""Recipients of a message that are looked up."""
_MOST_NAMED: Final = 3

_NEWEST: Final = """
SELECT origin_daemon, event_json, timestamp FROM events WHERE origin_daemon != ''
ORDER BY sequence DESC LIMIT ?
"""


class Skew(NamedTuple):
    """A clone's clock beside this one's.

    Attributes:
        origin: the clone's daemon.
        ahead_ns: by how many nanoseconds at least it is ahead; negative: behind.
    """

    origin: str
    ahead_ns: int


_FREE: Final = (
    events.MessageCreate,
    events.MessageReceipt,
    events.AboutSession,
    events.AgentUpdate,
    events.PurgeExecuted,
)
"""Events whose time is never raised above another one's that is far ahead."""


def skews(db: sqlite3.Connection, own: str, now_ns: int) -> list[Skew]:
    """The clones whose clocks differ from this one's by more than an hour, the largest first.

    Args:
        db: the database.
        own: this clone's daemon.
        now_ns: the present as this clone's clock has it.
    """
    ahead: dict[str, int] = {}
    behind: dict[str, int] = {}
    for origin, text, timestamp in db.execute(_NEWEST, (MOST,)).fetchall():
        if origin == own:
            continue
        try:
            event, moment = events.decode(text.encode()), parse(timestamp)
        except ValueError:
            continue  # a damaged row, which the doctor tells of, says nothing of a clock
        if isinstance(event, _FREE):
            ahead.setdefault(origin, moment - now_ns)
        # What we wrote with a time that has not come yet, we wrote by a clock that is right now.
        ours = [at for by, at in _causes(db, event) if by == own and at <= now_ns + AHEAD_NS]
        if ours:
            behind.setdefault(origin, max(ours) - moment)
    found = [Skew(origin, ns) for origin, ns in ahead.items() if ns > AHEAD_NS]
    known = {skew.origin for skew in found}
    found += [
        Skew(origin, -ns) for origin, ns in behind.items() if ns > AHEAD_NS and origin not in known
    ]
    return sorted(found, key=lambda skew: -abs(skew.ahead_ns))


def _causes(db: sqlite3.Connection, event: object) -> Iterator[tuple[str, int]]:
    """What somebody must have seen who wrote the event: by whom it is, and its time."""
    if isinstance(event, events.AboutMessage) and event.of is not None:
        yield event.of.stream, parse(event.of.timestamp)
    elif isinstance(event, events.MessageCreate):
        for name in (event.recipients or ())[:_MOST_ASKED]:
            yield from _rows(db, _REGISTERED, name)
        for ref in event.refs or ():
            if ref.type == "reply_to":
                yield from _rows(db, _SENT, ref.value)


_REGISTERED: Final = """
SELECT origin_daemon, registered_at FROM agents
WHERE agent_id = ?1 AND NOT EXISTS (SELECT 1 FROM agent_tombstones WHERE agent_id = ?1)
"""
_SENT: Final = "SELECT origin_daemon, created_at FROM messages WHERE message_id = ?"


def _rows(db: sqlite3.Connection, sql: str, value: str) -> Iterator[tuple[str, int]]:
    for origin, moment in db.execute(sql, (value,)):
        yield origin, parse(moment)


def told(db: sqlite3.Connection, own: str, now_ns: int) -> list[str]:
    """A sentence for each clock that is off, or one where all say that it is this one."""
    found = skews(db, own, now_ns)
    if len(found) > 1 and len({skew.ahead_ns > 0 for skew in found}) == 1:
        least = min(found, key=lambda skew: abs(skew.ahead_ns))
        way = "behind" if least.ahead_ns > 0 else "ahead of"
        span = about(least.ahead_ns)
        return [f"this machine's clock is about {span} {way} those of {len(found)} other clones"]
    return [_sentence(db, skew) for skew in found]


def _sentence(db: sqlite3.Connection, skew: Skew) -> str:
    way = "ahead of" if skew.ahead_ns > 0 else "behind"
    return f"the clock of {_whose(db, skew.origin)} is about {about(skew.ahead_ns)} {way} this one"


def _whose(db: sqlite3.Connection, origin: str) -> str:
    """A clone by the agents who live there."""
    rows = db.execute(
        "SELECT agent_id, hostname FROM agents WHERE origin_daemon = ? ORDER BY agent_id", (origin,)
    ).fetchall()
    names = ", ".join(f"@{name}" for name, _ in rows[:_MOST_NAMED])
    more = f" and {len(rows) - _MOST_NAMED} more" if len(rows) > _MOST_NAMED else ""
    host = next((host for _, host in rows if host), "")
    return (f"{names}{more}" if names else origin) + (f" on {host}" if host else "")


def about(ns: int) -> str:
    """A span in its largest unit, rounded: ``2 days``."""
    hours = round(abs(ns) / AHEAD_NS)
    days = round(hours / 24)
    number, unit = (days, "day") if hours >= 48 or hours == 24 else (hours, "hour")
    return f"{number} {unit}{'' if number == 1 else 's'}"
