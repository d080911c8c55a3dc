"""Carrying the oldest layout over: one file for everything, often without ids.

Programs of the next layout read `events.jsonl` and `messages/*.jsonl` and split the old file only
as long as neither is there; our first event would hide all that came before it from them. So its
events go to where they belong now, with the id and version that such a program would give them,
and every clone writes the same bytes. The old file stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from gitstore import Log, canonical
from thrum import events
from thrum.daemon.projection.facts import Event, interpret
from thrum.daemon.routing import EVENTS, messages_of

OLD: Final = "messages.jsonl"
_LISTS: Final = ("scopes", "refs", "recipients")


def carry_over(log: Log) -> int:
    """Appends to the log what stands only in the old file; how many events that were.

    Raises:
        JournalError: the disk refuses; the next start does it.
    """
    found = list(readable(line.raw for line in log.read(shard=OLD)))
    if not found:
        return 0
    authors = {
        body.message_id: body.agent_id
        for body, _ in found
        if isinstance(body, events.MessageCreate)
    }
    placed = [(shard_of(body, authors), body.event_id, line) for body, line in found]
    known = {
        log.id_of(line.raw)
        for shard in {shard for shard, _, _ in placed}
        for line in log.read(shard=shard)
    }
    batch = [(shard, line) for shard, event_id, line in placed if event_id not in known]
    if batch:
        log.append([batch])
    return len(batch)


def readable(lines: Iterable[bytes]) -> Iterable[tuple[Event, bytes]]:
    """Each event with its line in the present form; what nobody can read stays where it is."""
    for raw in lines:
        try:
            body = interpret(OLD, raw).body
            fields: dict[str, Any] = msgspec.json.decode(raw)
        except ValueError:
            continue
        assert isinstance(body, events.Event | events.UnknownEvent)
        fields["event_id"] = body.event_id
        fields["v"] = fields.get("v") or 1
        yield body, canonical(each_once(fields))


def each_once(fields: dict[str, Any]) -> dict[str, Any]:
    """The event, naming nothing twice: some programs fail for good on one that does."""
    lists = {name: fields[name] for name in _LISTS if isinstance(fields.get(name), list)}
    return fields | {
        name: [value for at, value in enumerate(values) if value not in values[:at]]
        for name, values in lists.items()
    }


def shard_of(body: Event, authors: dict[str, str]) -> str:
    """Where an event belongs: with the author of its message, or with all others."""
    match body:
        case events.MessageCreate() | events.MessageReceipt():
            return messages_of(body.agent_id)
        case events.MessageEdit() | events.MessageDelete() if body.message_id in authors:
            return messages_of(authors[body.message_id])
        case _:
            return EVENTS
