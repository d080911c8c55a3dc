"""What purges cover: one pure decision that tables, files of the branch and ``thrum log`` share.

A purge names a time and **marks**: for each stream the newest event id that the purging node had
seen of what is older than that time. An event is forgotten if it is older than the cutoff *and* its
id is not above its stream's mark. So no clock decides alone: what was written later, or elsewhere
and unseen, has an id above the mark (or no mark at all) and stays, whatever time it bears.

A **stream** is what one node writes in turn: its daemon's id. Ids of a daemon increase for good
(see `thrum.daemon.transaction`), and each node gets them in that order, because commits hold
everything before them; so one id says which of them were seen. Older programs mark events with the
name of a host, which several clones share, or with nothing; there the agent, which lives in one
clone, is named besides.

Each line is judged alone, by its own words and the purges. Therefore it makes no difference whether
a covered line was ever here: a database built from the rest is the same. What is about a message
says which event sent it, and is forgotten with that one. Where an older program does not say, its
own place counts, unless the message's id is younger than the cutoff.

A purge names a stream only if something of it is to go, so its size grows with the clones that have
written something since the last purge, some 60 bytes for each, and not with files or messages.

No purge reaches past its own time. One without marks counts by time alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from thrum import events
from thrum.clock import parse
from thrum.ids import is_ulid_id, moment_of, ulid_text

BEYOND: Final = f"evt_{ulid_text(7_258_118_400_000, 0)}"
TOP: Final = f"evt_{'Z' * 26}"
"""Whole event ids from here, the year 2200, up to there were made up to be above all others.

They count for no mark and are above none, so by them a liar neither shields lines from purges nor
has a purge cover what others did not see.
"""

ROWS: Final = "messages-v2"
"""The stream of another Thrum's snapshot rows; in the place of an event's id stands the message's.
"""


class Purge(NamedTuple):
    """One purge: `cutoff` in fixed width, `marks` by stream, or `None` for time alone."""

    cutoff: str
    marks: Mapping[str, str] | None = None


def purge_in(event: events.PurgeExecuted) -> Purge:
    """The purge that an event tells of; its times are in fixed width."""
    return Purge(min(event.cutoff, event.timestamp), event.marks)


@lru_cache(maxsize=4096)
def stream(origin_daemon: str, agent_id: str) -> str:
    """The stream of an event: its daemon, or the agent besides where a daemon has no own id."""
    return origin_daemon if is_ulid_id(origin_daemon) else f"{origin_daemon}/{agent_id}"


def sent(event: events.Event) -> events.Sent:
    """The place of an event in its stream. Its time is in fixed width."""
    agent_id = getattr(event, "agent_id", "")
    return events.Sent(event.timestamp, stream(event.origin_daemon, agent_id), event.event_id)


def is_beyond(event_id: str) -> bool:
    """Whether the id was made up to be above all others."""
    return BEYOND <= event_id <= TOP and len(event_id) == len(TOP)


class Purges:
    """All purges that are known, and what they cover.

    Attributes:
        cutoff: nothing that is younger is covered; empty without a purge.
    """

    def __init__(self, known: Iterable[Purge] = ()) -> None:
        self.cutoff = ""
        self._all: set[tuple[str, frozenset[tuple[str, str]] | None]] = set()
        self._by_time = ""
        self._marks: dict[str, list[tuple[str, str]]] = {}
        for each in known:
            self.add(each)

    def __bool__(self) -> bool:
        return bool(self._all)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Purges) and self._all == other._all

    __hash__ = None  # type: ignore[assignment]

    def add(self, purge: Purge) -> bool:
        """Takes in a purge; False if it was known."""
        cutoff, marks = purge
        entry = (cutoff, None if marks is None else frozenset(marks.items()))
        if entry in self._all:
            return False
        self._all.add(entry)
        self.cutoff = max(self.cutoff, cutoff)
        if marks is None:
            self._by_time = max(self._by_time, cutoff)
            return True
        for name, mark in marks.items():
            self._marks[name] = _without_useless([*self._marks.get(name, ()), (cutoff, mark)])
        return True

    def mark(self, name: str) -> str:
        """The highest mark of a stream; empty without one."""
        return max((mark for _, mark in self._marks.get(name, ())), default="")

    def covers(self, place: events.Sent) -> bool:
        """Whether what stands at that place is forgotten."""
        timestamp, event_id = place.timestamp, place.event_id
        if timestamp >= self.cutoff:
            return False
        if timestamp < self._by_time:
            return True
        return any(
            timestamp < cutoff and (event_id <= mark or is_beyond(event_id))
            for cutoff, mark in self._marks.get(place.stream, ())
        )

    def cover(self, event: object) -> bool:
        """Whether an event, with its time in fixed width, is forgotten: only mail ever is."""
        if not self.cutoff:
            return False
        if isinstance(event, events.MessageCreate):
            return event.timestamp < self.cutoff and self.covers(sent(event))
        if isinstance(event, events.AboutMessage):
            if event.of is not None:
                return self.covers(event.of)
            return self._is_old(event.message_id) and self.covers(sent(event))
        return False

    def covers_row(self, message_id: str, created_at: str) -> bool:
        """Whether a snapshot row of a message is forgotten."""
        return self.covers(events.Sent(created_at, ROWS, message_id))

    def _is_old(self, message_id: str) -> bool:
        """Whether the id does not say that the message is younger than every cutoff."""
        if not is_ulid_id(message_id):
            return True
        return moment_of(message_id) < parse(self.cutoff)


def _without_useless(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Less those that another one includes, by cutoff and mark."""
    return [
        one
        for one in set(found)
        if not any(one != other and one[0] <= other[0] and one[1] <= other[1] for other in found)
    ]
