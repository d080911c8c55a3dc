"""Which entries are wanted, and what an answer knows of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from gitstore import Format, printable
from thrum import clock, events
from thrum.daemon.projection.facts import MessageRow
from thrum.history.entry import Entry, plain
from thrum.purges import Purges, purge_in


class Filter(NamedTuple):
    """Which entries are wanted.

    Attributes:
        agent: by this agent; empty for all.
        types: of these types, or of types that begin with one of these and a dot.
        since, until: with times in these nanoseconds, both included.
        before: that stand before this one, by the key of an entry.
    """

    agent: str = ""
    types: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    before: tuple[int, str] | None = None


@dataclass
class Page:
    """An answer.

    Attributes:
        entries: oldest first.
        unreadable: lines that nobody can read, as far as files were looked at.
        deleted: ids of messages that were deleted.
        people: who did what, by message and session.
        purges: what is purged; of what they cover no text is told.
    """

    entries: list[Entry] = field(default_factory=list)
    unreadable: list[Entry] = field(default_factory=list)
    deleted: set[str] = field(default_factory=set)
    people: dict[str, str] = field(default_factory=dict)
    purges: Purges = field(default_factory=Purges)

    def learn(self, each: Entry) -> None:
        """Notes what other entries may need to know of this one."""
        body = each.body
        is_deleted = isinstance(body, MessageRow) and body.deleted
        if isinstance(body, events.MessageDelete) or is_deleted:
            self.deleted.add(each.message_id)
        elif isinstance(body, events.MessageCreate):
            self.people[body.message_id] = body.agent_id
        elif isinstance(body, events.SessionStart):
            self.people[body.session_id] = body.agent_id
        elif isinstance(body, events.PurgeExecuted):
            self.purges.add(purge_in(body))

    def is_purged(self, each: Entry) -> bool:
        """Whether a purge covers the entry."""
        if isinstance(each.body, MessageRow):
            return self.purges.covers_row(each.message_id, each.body.created_at)
        return self.purges.cover(each.body)

    def actor(self, each: Entry) -> str:
        """Who did it; empty if the log does not say.

        An edit names no author, but stands in the author's file.
        """
        body = each.body
        for name in _ACTORS:
            found = getattr(body, name, "")
            if found:
                return str(found)
        if isinstance(body, events.SessionEnd):
            return self.people.get(body.session_id, "")
        if isinstance(body, events.AboutMessage):
            return self.people.get(body.message_id) or _author_of(each.path)
        return ""


def known_types() -> tuple[str, ...]:
    """The types of events that this program knows."""
    return tuple(events.TYPES)


_ACTORS: Final = (
    *("deleted_by", "executed_by", "ended_by", "created_by", "updated_by", "added_by"),
    *("removed_by", "agent_id", "author_id"),
)
"""The fields that name who did it; who is named as the subject is meant only for want of them."""


def _author_of(path: str) -> str:
    place = Format().shard_of(path)
    folder, _, name = place[0].rpartition("/") if place else ("", "", "")
    return name.removesuffix(".jsonl") if folder else ""


def is_wanted(page: Page, each: Entry, wanted: Filter) -> bool:
    """Whether a filter lets an entry through."""
    if wanted.since is not None and each.moment < wanted.since:
        return False
    if wanted.until is not None and each.moment > wanted.until:
        return False
    if wanted.before is not None and each.key >= wanted.before:
        return False
    if wanted.types and not any(
        each.type == one or each.type.startswith(f"{one}.") for one in wanted.types
    ):
        return False
    return not wanted.agent or page.actor(each) == wanted.agent


def as_document(page: Page, each: Entry) -> dict[str, Any]:
    """An entry for programs."""
    place: dict[str, Any] = {"file": printable(each.path), "committed": each.number > 0}
    if each.number:
        place["line"] = each.number
    if each.body is None:
        return place | {
            "unreadable": each.problem,
            "text": each.raw.decode(errors="backslashreplace"),
        }
    document = place | {
        "type": each.type,
        "event_id": each.event_id,
        "timestamp": clock.format_ns(each.moment),
        "actor": page.actor(each),
        "event": plain(each.raw),
    }
    if each.message_id and each.message_id in page.deleted:
        document["deleted"] = True
    if page.is_purged(each):
        document |= {"purged": True, "event": _without_text(document["event"])}
    return document


_PLAIN: Final = frozenset(
    {"type", "event_id", "timestamp", "origin_daemon", "message_id", "agent_id", "v"}
    | {"receipt_type", "author_id", "created_at"}
)


def _without_text(event: dict[str, Any]) -> dict[str, Any]:
    """What says which event it was, and nothing of what was said and to whom."""
    return {key: value for key, value in event.items() if key in _PLAIN}
