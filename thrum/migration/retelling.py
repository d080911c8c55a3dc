"""From the rows of an older database to the events that the log lacks.

What it keeps of events as they were is taken as it is. The rest is told by its tables alone, since
such programs forget events after days; the ids of those are worked out from what they say, so that
clones which tell the same agree, and whoever tells it again tells nothing new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, ParamSpec

import msgspec

from gitstore import canonical, is_too_deep
from thrum import clock, events, ids
from thrum.daemon.projection.facts import Event, interpret
from thrum.daemon.routing import EVENTS
from thrum.daemon.sync.carry import each_once, readable, shard_of
from thrum.migration.known import Known
from thrum.migration.older import OlderDatabase, Row
from thrum.names import RESERVED, is_monitor

P = ParamSpec("P")

Told = tuple[str, bytes]
"""A line, and the file of the log where it belongs."""

MOST_REASONS: Final = 20
_LEFT: Final = (events.PurgeExecuted, events.AgentCleanup, events.UnknownEvent)
"""What those programs keep to themselves: told on, it would take away what others have."""

KINDS: Final[Mapping[type, str]] = {
    events.MessageCreate: "messages",
    events.MessageEdit: "edits",
    events.MessageDelete: "deletions",
    events.MessageReceipt: "receipts",
    events.AgentRegister: "agents",
    events.SessionStart: "sessions",
    events.GroupCreate: "groups",
    events.GroupMemberAdd: "members",
}
"""What people call events of a type; those of other types are the rest."""

_DEMANDED: Final = {"session_id", "role", "module", "created_by", "added_by"}
"""Fields without which older programs take an event for none, empty ones too."""

LONGEST_NAME: Final = 100
REST: Final = "other events"


@dataclass(slots=True)
class Retelling:
    """The events that a database tells and the log lacks.

    Attributes:
        known: what the log tells; it learns.
        daemon_id: whose an agent is that no daemon's is said to be.
        lines: what is to be appended.
        counts: how many of each kind.
        refused: what cannot be told, and why: the first of them.
        left: how many cannot be told.
    """

    known: Known
    daemon_id: str
    lines: list[Told] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    left: int = 0

    def take(self, lines: Sequence[bytes]) -> None:
        """Takes in the lines of an older layout; they may lack ids, and be of any author."""
        found = list(readable(lines))
        self.left += len(lines) - len(found)
        for event, _ in found:
            if isinstance(event, events.MessageCreate):
                self.known.authors.setdefault(event.message_id, event.agent_id)
        for event, line in found:
            if event.event_id not in self.known.event_ids:
                self._add(event, msgspec.json.decode(line))

    def tell(self, older: OlderDatabase) -> None:
        """Takes in all that the database says.

        Raises:
            ThrumError: ``database``, it cannot be read.
        """
        for row in older.rows("events"):
            self._each(f"event {row['event_id']}", self._kept, row["event_json"])
        for table, what, tell in (
            ("agents", "agent_id", self._agent),
            ("groups", "group_id", self._group),
            ("group_members", "group_id", self._member),
            ("sessions", "session_id", self._session),
        ):
            for row in older.rows(table):
                self._each(f"{table} {row[what]}", tell, row)
        self._messages(older)

    def _each(self, what: str, tell: Callable[P, None], *args: P.args, **more: P.kwargs) -> None:
        """Tells one thing; what is wrong with it keeps back nothing else."""
        try:
            tell(*args, **more)
        except (ValueError, TypeError) as error:
            self.left += 1
            if len(self.refused) < MOST_REASONS:
                self.refused.append(f"{what[:LONGEST_NAME]}: {error}")

    def _kept(self, text: str) -> None:
        """An event as it was."""
        if is_too_deep(text.encode()):
            raise ValueError("nested too deeply")
        fields = msgspec.json.decode(text)
        if not isinstance(fields, dict):
            raise ValueError("it is no object")
        fields.pop("sequence", None)
        event = interpret(EVENTS, canonical(fields)).body
        assert isinstance(event, events.Event | events.UnknownEvent)
        if not isinstance(event, _LEFT) and event.event_id not in self.known.event_ids:
            self._add(event, each_once(fields) | {"event_id": event.event_id})

    def _made(self, token: str, at: str, *about: str, **fields: object) -> None:
        """An event that nobody wrote down, from what came of it."""
        moment = clock.parse(at)
        told = {name: value for name, value in fields.items() if value or name in _DEMANDED}
        line: dict[str, Any] = told | {
            "type": token,
            "timestamp": clock.format_ns(moment),
            "event_id": ids.derived("evt", moment, token, *about),
            "v": 1,
        }
        event = interpret(EVENTS, canonical(line)).body
        assert isinstance(event, events.Event)
        self._add(event, line)

    def _add(self, event: Event, fields: Mapping[str, object]) -> None:
        if isinstance(event, events.MessageCreate):
            self.known.authors.setdefault(event.message_id, event.agent_id)
        self.lines.append((shard_of(event, self.known.authors), canonical(dict(fields))))
        self.known.learn(event)
        self.counts[KINDS.get(type(event), REST)] += 1

    def _agent(self, row: Row) -> None:
        agent_id = row["agent_id"]
        if agent_id in self.known.agents | RESERVED or is_monitor(agent_id):
            return
        self._made(
            "agent.register",
            row["registered_at"],
            agent_id,
            agent_id=agent_id,
            name=agent_id,
            kind=row["kind"] or "agent",
            role=row["role"],
            module=row["module"],
            display=row["display"],
            hostname=row["hostname"],
            agent_pid=int(row["agent_pid"] or 0),
            origin_daemon=row["origin_daemon"] or self.daemon_id,
        )

    def _group(self, row: Row) -> None:
        if row["group_id"] in self.known.groups or row["name"] in RESERVED:
            return
        wanted = ("group_id", "name", "description", "created_by")
        said = {name: row[name] for name in wanted}
        self._made("group.create", row["created_at"], row["group_id"], **said)

    def _member(self, row: Row) -> None:
        member = (row["group_id"], row["member_type"], row["member_value"])
        if member in self.known.members or member[0] not in self.known.groups:
            return
        said = dict(zip(("group_id", "member_type", "member_value"), member, strict=True))
        self._made("group.member.add", row["added_at"], *member, added_by=row["added_by"], **said)

    def _session(self, row: Row) -> None:
        session_id = row["session_id"]
        if session_id not in self.known.begun:
            said = {"session_id": session_id, "agent_id": row["agent_id"]}
            self._made("agent.session.start", row["started_at"], session_id, **said)
        if row["ended_at"] and session_id not in self.known.ended:
            said = {"session_id": session_id, "reason": row["end_reason"]}
            self._made("agent.session.end", row["ended_at"], session_id, **said)

    # -- messages --

    def _messages(self, older: OlderDatabase) -> None:
        scopes = _pairs(older.rows("message_scopes"), "scope")
        refs = _pairs(older.rows("message_refs"), "ref")
        edits, readers = _by_message(older.rows("message_edits")), _readers(older)
        for row in older.rows("messages"):
            message_id = row["message_id"]
            more: dict[str, Any] = {
                "scopes": scopes.get(message_id),
                "refs": refs.get(message_id),
            }
            reached = readers.get(message_id, {})
            more["recipients"] = sorted(reader for reader in reached if reader != row["agent_id"])
            what = f"message {message_id}"
            self._each(what, self._message, row, edits.get(message_id, []), more)
            for reader in more["recipients"]:
                self._each(what, self._receipt, message_id, reader, reached[reader])

    def _message(self, row: Row, changes: list[Row], more: Mapping[str, object]) -> None:
        message_id, is_deleted = row["message_id"], row["deleted"] not in ("", "0")
        if message_id not in self.known.authors and is_deleted:
            return
        if message_id not in self.known.authors:
            self._sent(row, changes, more)
        for change in changes:
            if (message_id, clock.normalize(change["edited_at"])) not in self.known.edits:
                self._edited(row, change)
        if is_deleted and message_id not in self.known.deleted:
            at = row["deleted_at"] or row["created_at"]
            said = {"message_id": message_id, "reason": row["delete_reason"]}
            self._made("message.delete", at, message_id, **said)

    def _sent(self, row: Row, changes: list[Row], more: Mapping[str, object]) -> None:
        """With the text that it was sent with, as far as that is known."""
        content, structured = row["body_content"], row["body_structured"]
        if changes:
            content, structured = changes[0]["old_content"], changes[0]["old_structured"]
        self._made(
            "message.create",
            row["created_at"],
            row["message_id"],
            **{name: row[name] for name in ("message_id", "thread_id", "agent_id", "session_id")},
            body=_body(row, content, structured),
            authored_by=row["authored_by"],
            disclosed=row["disclosed"] not in ("", "0"),
            **more,
        )

    def _edited(self, row: Row, change: Row) -> None:
        body = _body(row, change["new_content"], change["new_structured"])
        message_id = row["message_id"]
        self._made(
            "message.edit", change["edited_at"], message_id, message_id=message_id, body=body
        )

    def _receipt(self, message_id: str, reader: str, read: Row) -> None:
        if message_id not in self.known.authors or message_id in self.known.deleted:
            return
        kind = "read" if read["read_at"] else "seen"
        at = read["read_at"] or read["seen_at"]
        is_told = {(message_id, reader, each) for each in (kind, "read")} & self.known.receipts
        if at and not is_told:
            said = {"message_id": message_id, "agent_id": reader, "receipt_type": kind}
            self._made("message.receipt", at, message_id, reader, kind, **said)


def _body(row: Row, content: str, structured: str) -> dict[str, str]:
    body = {"format": row["body_format"] or "markdown", "content": content}
    return body | {"structured": structured} if structured else body


def _by_message(rows: Iterator[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["message_id"], []).append(row)
    return found


def _pairs(rows: Iterator[Row], what: str) -> dict[str, list[dict[str, str]]]:
    """Scopes or refs of each message, in an order that does not depend on the file."""
    found: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        pair = (row[f"{what}_type"], row[f"{what}_value"])
        found.setdefault(row["message_id"], set()).add(pair)
    return {
        message_id: [{"type": kind, "value": value} for kind, value in sorted(pairs)]
        for message_id, pairs in found.items()
    }


def _readers(older: OlderDatabase) -> dict[str, dict[str, Row]]:
    """Whom each message reached, and when it was read; the oldest files only say who read it."""
    found: dict[str, dict[str, Row]] = {}
    for row in older.rows("message_reads"):
        said = {"seen_at": "", "read_at": row["read_at"]}
        found.setdefault(row["message_id"], {}).setdefault(row["agent_id"], said)
    for row in older.rows("message_deliveries"):
        found.setdefault(row["message_id"], {})[row["recipient_agent_id"]] = row
    return found
