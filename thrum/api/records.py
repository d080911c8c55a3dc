"""What the daemon tells, as typed records. Each keeps in `fields` all that was told.

A daemon of another version may leave fields out or send more, so nothing is demanded but an id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Me:
    """The agent that this program is.

    Attributes:
        agent_id: its name.
        role: what it does.
        module: on what.
        fields: all that was told, as ``agent.whoami`` has it.
    """

    agent_id: str
    role: str
    module: str
    fields: Fields = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reached:
    """Whom a message reached, and how far it came there.

    Attributes:
        agent_id: the agent.
        state: stored, offered (put before its model) or read.
        held: why it is stored only, where the daemon knows.
        read_at: when it was read; empty before.
    """

    agent_id: str
    state: str
    held: str
    read_at: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message.

    Attributes:
        id: its id.
        sender: the agent that wrote it.
        text: what it says.
        created_at: when it was sent, in UTC, as in ``2026-01-31T12:00:00.000000000Z``.
        to: to whom, as agents, roles and groups were named; ``@everyone`` is all.
        thread_id: the conversation that it belongs to; empty where it stands alone.
        reply_to: the id of the message that it answers; empty if it answers none.
        data: what its author added for programs; None if that is nothing.
        is_read: whether this program's agent has read it.
        reached: whom it reached, where that was told.
        fields: all that was told, as ``message.list`` or ``message.get`` has it.
    """

    id: str
    sender: str
    text: str
    created_at: str
    to: tuple[str, ...] = ()
    thread_id: str = ""
    reply_to: str = ""
    data: Any = None
    is_read: bool = False
    reached: tuple[Reached, ...] = ()
    fields: Fields = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that is on disk.

    Attributes:
        id: its id.
        created_at: when it was sent.
        recipients: the agents that get it.
        thread_id: the conversation that it belongs to; empty where it stands alone.
        warnings: what its author should know.
        fields: all that was told, as ``message.send`` has it.
    """

    id: str
    created_at: str
    recipients: tuple[str, ...] = ()
    thread_id: str = ""
    warnings: tuple[str, ...] = ()
    fields: Fields = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Member:
    """One of the team.

    Attributes:
        agent_id: its name.
        role: what it does.
        module: on what.
        status: active, or offline without a session.
        intent: what it says that it is about.
        branch: the branch of its worktree.
        worktree: its folder.
        host: its machine.
        unread: how much mail waits for it.
        fields: all that was told, as ``team.list`` has it.
    """

    agent_id: str
    role: str
    module: str
    status: str
    intent: str
    branch: str
    worktree: str
    host: str
    unread: int
    fields: Fields = field(repr=False, compare=False, default_factory=dict)


def me(fields: Fields) -> Me:
    """Who the daemon says this is."""
    return Me(_text(fields, "agent_id"), _text(fields, "role"), _text(fields, "module"), fields)


def message(fields: Fields) -> Message:
    """A row of a list, or a message in full."""
    body, author = _part(fields, "body"), _part(fields, "author")
    return Message(
        id=_text(fields, "message_id"),
        sender=_text(fields, "agent_id") or _text(author, "agent_id"),
        text=_text(body, "content"),
        created_at=_text(fields, "created_at"),
        to=tuple(f"@{_text(each, 'value')}" for each in rows(fields, "audiences")),
        thread_id=_text(fields, "thread_id"),
        reply_to=_text(fields, "reply_to"),
        data=_data(body.get("structured")),
        is_read=bool(fields.get("is_read")),
        reached=reached(fields),
        fields=fields,
    )


def reached(fields: Fields) -> tuple[Reached, ...]:
    """Whom a message reached, where that was told."""
    return tuple(
        Reached(*(_text(each, name) for name in ("agent_id", "state", "held", "read_at")))
        for each in rows(fields, "recipients")
    )


def sent(fields: Fields) -> Sent:
    """What the daemon says of a message that it took."""
    return Sent(
        id=_text(fields, "message_id"),
        created_at=_text(fields, "created_at"),
        recipients=tuple(_text(each, "agent_id") for each in rows(fields, "recipients")),
        thread_id=_text(fields, "thread_id"),
        warnings=tuple(str(each) for each in fields.get("warnings") or ()),
        fields=fields,
    )


def member(fields: Fields) -> Member:
    """One of the team."""
    return Member(
        agent_id=_text(fields, "agent_id"),
        role=_text(fields, "role"),
        module=_text(fields, "module"),
        status=_text(fields, "status"),
        intent=_text(fields, "intent"),
        branch=_text(fields, "branch"),
        worktree=_text(fields, "worktree"),
        host=_text(fields, "hostname"),
        unread=int(fields.get("inbox_unread") or 0),
        fields=fields,
    )


def rows(fields: Fields, name: str) -> list[Fields]:
    """The objects in a list of an answer; none where there is no list."""
    found = fields.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _text(fields: Fields, name: str) -> str:
    return str(fields.get(name) or "")


def _part(fields: Fields, name: str) -> Fields:
    found = fields.get(name)
    return found if isinstance(found, dict) else {}


def _data(structured: object) -> Any:
    """What was sent for programs: the daemon keeps it as the text of a JSON document."""
    if not isinstance(structured, str):
        return structured
    try:
        return json.loads(structured) if structured else None
    except ValueError:
        return structured
