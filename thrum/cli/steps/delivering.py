"""Bringing new mail to a session at the boundary of a turn.

One connection for both questions: what is to be given, and, after it was written out, that it got
through. Whoever ends in between, or is too late, has given nothing. What a hook may take in all is
the one deadline (`thrum.cli.hooked`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from thrum.cli.context import Context
from thrum.prime import block, met
from thrum.prime.block import Block, Letter
from thrum.prime.met import Meeting, Told
from thrum.runtimes.contract import COMPACTED, Adapter, Event, Moment, Reach

Params = dict[str, object]


def begin(context: Context, adapter: Adapter, event: Event) -> None:
    """Tells that a session begins; what is unread comes with its first turn.

    Raises:
        ThrumError: the daemon is away, refuses or does not answer in time.
    """
    with context.connect(context.socket, None) as client:
        client.call("delivery.ask", asked(context, adapter, event))


@contextmanager
def brought(context: Context, adapter: Adapter, event: Event) -> Iterator[str]:
    """Around the writing of an answer: the mail that arrived since, empty where there is none.

    It counts as given when the writing ended well.

    Raises:
        ThrumError: the daemon is away, refuses or does not answer in time.
    """
    with context.connect(context.socket, None) as client:
        answer = client.call("delivery.ask", asked(context, adapter, event))
        told = _met(answer)
        found = composed(context, adapter, answer, len(told.text))
        text = told.text + found.text
        yield text
        if text:
            context.stdout.flush()
            is_sure = adapter.reach(event, text) is not Reach.MAYBE
            given = {"message_ids": found.ids, "is_sure": is_sure}
            given |= {"clash_ids": told.ids} if told.ids else {}
            client.call("delivery.given", seat(context, adapter, event) | given)


def asked(context: Context, adapter: Adapter, event: Event) -> Params:
    """What the daemon is told of an event at which something may be given."""
    can_tell = adapter.reach(event, "text") is not Reach.SILENT
    boundary = _boundary(event).name.lower()
    asked = seat(context, adapter, event) | {"boundary": boundary, "can_tell": can_tell}
    if event.is_continued:
        asked |= {"is_continued": True}
    if event.tool:
        asked |= {"tool": event.tool}
    names = ("inbox", "inbox_token")
    found = (context.env.get(each, "") for each in adapter.inbox)
    return asked | {name: value for name, value in zip(names, found, strict=True) if value}


def _boundary(event: Event) -> Moment:
    """Where the session is; one that was compacted is told anew who it is, and does not begin."""
    is_compacted = event.moment is Moment.START and event.source == COMPACTED
    return Moment.AFTER_COMPACTION if is_compacted else event.moment


def seat(context: Context, adapter: Adapter, event: Event) -> Params:
    """Which conversation; of the agent the daemon knows, unless several could be meant."""
    found: Params = {"runtime": adapter.name, "session": event.session}
    name = context.env.get("THRUM_NAME", "")
    return found | {"caller_agent_id": name} if name else found


def _met(answer: Any) -> Told:
    """Whom the agent meets at its files, as sentences."""
    rows = answer.get("clashes") if isinstance(answer, dict) else None
    return met.compose(_meeting(row) for row in rows or () if isinstance(row, dict))


def _meeting(row: dict[str, Any]) -> Meeting:
    files = tuple(str(each) for each in row.get("files") or ())
    return Meeting(
        str(row.get("id") or ""),
        str(row.get("agent_id") or ""),
        str(row.get("form") or ""),
        files,
        int(row.get("count") or len(files)),
    )


def composed(context: Context, adapter: Adapter, answer: Any, taken: int = 0) -> Block:
    """What the daemon handed as a block, as far as the runtime takes it.

    Args:
        context: whose clock tells ages.
        adapter: the runtime.
        answer: the daemon's.
        taken: characters of the reply that something else has.
    """
    if not isinstance(answer, dict):
        return Block("", [])
    letters = [_letter(row) for row in answer.get("messages") or () if isinstance(row, dict)]
    room = block.MOST if adapter.room is None else adapter.room - taken
    most = min(block.MOST, max(room, block.LEAST))
    agent, count = str(answer.get("agent_id") or ""), int(answer.get("count") or 0)
    return block.compose(agent, letters, count, context.now_ns(), most)


def _letter(row: dict[str, Any]) -> Letter:
    text = str(row.get("content") or "")
    return Letter(
        str(row.get("message_id") or ""),
        str(row.get("agent_id") or ""),
        str(row.get("created_at") or ""),
        text,
        int(row.get("characters") or len(text)),
        str(row.get("reply_to") or ""),
        is_forged=row.get("signature") == "wrong",
    )
