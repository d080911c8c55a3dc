"""From a line of the log to a fact that can be applied: decoded, checked, with id and time.

Lines come from the branch, so from anybody who can push: every field that is used as an id, a
file name or a number is checked here, before any table is touched. Lines of the oldest logs have
no ``event_id``; each node computes the same one for them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, get_args

import msgspec

from gitstore import is_too_deep
from thrum import clock, events, ids, keys
from thrum.claims.patterns import Kind, What, is_right
from thrum.errors import ThrumError
from thrum.names import shard_stem

Key = tuple[str, str]
"""Time and id of an event: the total order in which later events win."""

_EXACT = re.compile(
    r"[0-9]{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{9}Z"
)
_LONGEST_ID: Final = 256
_MOST_PID: Final = 2**31 - 1
LONGEST_NOTE: Final = 500
"""Characters of what is said of a claim."""
MOST_MOVES: Final = 2**31 - 1
"""The number of an agent's last move; those that come after bear it as well."""


class MessageRow(msgspec.Struct):
    """One line of ``messages-v2``: another Thrum's snapshot of a message, without addressing."""

    message_id: str
    author_id: str
    created_at: str
    body: str = ""
    deleted: bool = False


class ReceiptRow(msgspec.Struct):
    """One line of ``receipts``: who read which message when."""

    message_id: str
    agent_id: str
    read_at: str


Event = events.KnownEvent | events.UnknownEvent
Row = MessageRow | ReceiptRow


class Fact:
    """One event or snapshot row with the bytes it came as.

    Attributes:
        body: the decoded line; an event's time is normalised and its id filled.
        text: the line.
    """

    __slots__ = ("body", "text")

    def __init__(self, body: Event | Row, text: str) -> None:
        self.body = body
        self.text = text


_rows: dict[str, msgspec.json.Decoder[MessageRow] | msgspec.json.Decoder[ReceiptRow]] = {
    "messages-v2/": msgspec.json.Decoder(MessageRow),
    "receipts/": msgspec.json.Decoder(ReceiptRow),
}
ROW_PREFIXES: Final = tuple(_rows)
"""Folders of the log whose files hold snapshot rows, not events."""


def interpret(path: str, raw: bytes) -> Fact:
    """The fact in a line of that file of the log.

    Raises:
        ValueError: the line is no event (or snapshot row), or holds a value that cannot be right.
    """
    text = raw.decode()
    if is_too_deep(raw):
        raise ValueError("nested too deeply")
    if path.startswith(ROW_PREFIXES):
        return Fact(_interpret_row(path, raw), text)
    event = events.decode(raw)
    original = event.timestamp
    if not _EXACT.fullmatch(original):
        event.timestamp = clock.normalize(original)
    if event.event_id == "":
        event.event_id = backfilled_id(event, original)
    check(event)
    return Fact(event, text)


def of_row(text: str, timestamp: str, event_id: str) -> Event:
    """The event of a row of the event table, with the time and the id by which it counts."""
    event = events.decode(text.encode())
    event.timestamp, event.event_id = timestamp, event_id
    return event


def _interpret_row(path: str, raw: bytes) -> Row:
    row: Row = _rows[path[: path.index("/") + 1]].decode(raw)
    _check_row(row)
    return row


def check(event: Event) -> None:
    """Refuses an event whose ids, numbers or tokens cannot be right; normalises its times.

    Raises:
        ValueError: what is wrong.
    """
    _check_id(event.event_id)
    checker = _CHECKS.get(type(event))
    if checker is not None:
        checker(event)


def _check_id(text: str) -> None:
    if not text or len(text) > _LONGEST_ID or not text.isprintable():
        raise ValueError(f"not an id: {text[:40]!r}")


@lru_cache(maxsize=1024)
def _check_agent(agent_id: str) -> None:
    _check_id(agent_id)
    try:
        shard_stem(agent_id)
    except ThrumError as error:
        raise ValueError(error.message) from None


def _check_create(event: events.MessageCreate) -> None:
    _check_id(event.message_id)
    _check_agent(event.agent_id)


def _check_message(event: events.AboutMessage) -> None:
    _check_id(event.message_id)
    if event.of is not None and not _EXACT.fullmatch(event.of.timestamp):
        event.of = msgspec.structs.replace(event.of, timestamp=clock.normalize(event.of.timestamp))


def _check_receipt(event: events.MessageReceipt) -> None:
    _check_message(event)
    _check_agent(event.agent_id)
    if event.receipt_type not in ("seen", "read"):
        raise ValueError(f"unknown receipt type {event.receipt_type[:40]!r}")


def _check_register(event: events.AgentRegister) -> None:
    _check_agent(event.agent_id)
    if not 0 <= event.agent_pid <= _MOST_PID or not 0 <= event.claude_pid <= _MOST_PID:
        raise ValueError("a process id is out of range")
    if not 0 <= event.moves <= MOST_MOVES:
        raise ValueError("the number of a move is out of range")


def _check_about_agent(event: events.AboutAgent) -> None:
    _check_agent(event.agent_id)


def _check_start(event: events.SessionStart) -> None:
    _check_id(event.session_id)
    _check_agent(event.agent_id)


def _check_session(event: events.AboutSession) -> None:
    _check_id(event.session_id)


def _check_group(event: events.GroupCreate) -> None:
    _check_id(event.group_id)
    _check_id(event.name)


def _check_purge(event: events.PurgeExecuted) -> None:
    event.cutoff = clock.normalize(event.cutoff)


def _check_publish(event: events.KeyPublish) -> None:
    if keys.id_of(event.public) != event.key:
        raise ValueError(f"the key is not the one that its id names: {event.key[:40]!r}")


def _check_revoke(event: events.KeyRevoke) -> None:
    _check_id(event.key)
    event.since = clock.normalize(event.since)


def _check_claim(event: events.AboutClaim) -> None:
    _check_id(event.claim_id)


def _check_take(event: events.ClaimTake) -> None:
    _check_claim(event)
    _check_agent(event.agent_id)
    if len(event.session_id) > _LONGEST_ID or len(event.note) > LONGEST_NOTE:
        raise ValueError("a claim says too much")
    if event.kind not in get_args(Kind) or not is_right(What(event.kind, event.what)):  # type: ignore[arg-type]
        raise ValueError(f"nothing that can be claimed: {event.what[:40]!r}")
    event.until = _later(event.until, event.timestamp)


def _check_renew(event: events.ClaimRenew) -> None:
    _check_claim(event)
    _check_agent(event.agent_id)
    if len(event.note) > LONGEST_NOTE:
        raise ValueError("a claim says too much")
    event.until = _later(event.until, event.timestamp)


def _later(until: str, since: str) -> str:
    """The end of a claim, in fixed width."""
    found = clock.normalize(until)
    if found <= since:
        raise ValueError("a claim would end before it begins")
    return found


_CHECKS: Final[dict[type, Callable[[Any], None]]] = events.by_type(
    {
        events.MessageCreate: _check_create,
        events.AboutMessage: _check_message,
        events.MessageReceipt: _check_receipt,
        events.AboutAgent: _check_about_agent,
        events.AgentRegister: _check_register,
        events.AboutSession: _check_session,
        events.SessionStart: _check_start,
        events.GroupCreate: _check_group,
        events.PurgeExecuted: _check_purge,
        events.KeyPublish: _check_publish,
        events.KeyRevoke: _check_revoke,
        events.AboutClaim: _check_claim,
        events.ClaimTake: _check_take,
        events.ClaimRenew: _check_renew,
    }
)


def _check_row(row: Row) -> None:
    _check_id(row.message_id)
    if isinstance(row, MessageRow):
        _check_agent(row.author_id)
        row.created_at = clock.normalize(row.created_at)
    else:
        _check_agent(row.agent_id)
        row.read_at = clock.normalize(row.read_at)


def backfilled_id(event: Event, original: str) -> str:
    """The id that every node gives to an event that was written without one.

    Args:
        event: the decoded event.
        original: its time exactly as the line has it.
    """
    about = _ENTITIES.get(type(event))
    entity = (about(event) if about else "") or original
    kind = events.type_of(event)
    digest = hashlib.sha256(f"{kind}:{original}:{entity}".encode()).hexdigest()
    milliseconds = max(0, clock.parse(original) // 1_000_000) & ((1 << 48) - 1)
    randomness = int.from_bytes(digest[:10].encode(), "big")
    return f"evt_{ids.ulid_text(milliseconds, randomness)}"


_ENTITIES: Final[dict[type, Callable[[Any], str]]] = events.by_type(
    {
        events.MessageCreate: attrgetter("message_id"),
        events.AboutMessage: attrgetter("message_id"),
        events.AgentRegister: attrgetter("agent_id"),
        events.AgentUpdate: attrgetter("agent_id"),
        events.AboutSession: attrgetter("session_id"),
        events.AboutClaim: attrgetter("claim_id"),
    }
)
"""What distinguishes events of one type and time; those of other types, nothing."""


def row_id(text: str) -> str:
    """The id of a snapshot row: a hash of it."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]
