"""What the log says already, so that nothing is told twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gitstore import Line
from thrum import events
from thrum.daemon.projection.facts import Event, MessageRow, ReceiptRow, Row, interpret


@dataclass(slots=True)
class Known:
    """What events and snapshot rows tell.

    Attributes:
        event_ids: of every event.
        authors: of each message that an event sends, its author.
        deleted: messages that are taken back.
        edits: messages, each with the time of an edit.
        receipts: messages, each with a reader and the kind of receipt.
        agents: who is registered.
        begun: sessions that began.
        ended: sessions that ended.
        groups: groups that were made, ended ones too.
        members: groups, each with what was once added to it.
    """

    event_ids: set[str] = field(default_factory=set)
    authors: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    edits: set[tuple[str, str]] = field(default_factory=set)
    receipts: set[tuple[str, str, str]] = field(default_factory=set)
    agents: set[str] = field(default_factory=set)
    begun: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    members: set[tuple[str, str, str]] = field(default_factory=set)

    @classmethod
    def of(cls, lines: Iterable[Line]) -> Known:
        """What these lines tell; what is no event tells nothing."""
        known = cls()
        for line in lines:
            try:
                known.learn(interpret(line.path, line.raw).body)
            except ValueError:
                continue
        return known

    def learn(self, body: Event | Row) -> None:
        """Takes in one event or row."""
        if isinstance(body, MessageRow):
            return  # it says nothing of addressing, so the event is still to be told
        if isinstance(body, ReceiptRow):
            self.receipts.add((body.message_id, body.agent_id, "read"))
            return
        self.event_ids.add(body.event_id)
        match body:
            case events.MessageCreate():
                self.authors.setdefault(body.message_id, body.agent_id)
            case events.MessageDelete():
                self.deleted.add(body.message_id)
            case events.MessageEdit():
                self.edits.add((body.message_id, body.timestamp))
            case events.MessageReceipt():
                self.receipts.add((body.message_id, body.agent_id, body.receipt_type))
            case events.AgentRegister():
                self.agents.add(body.agent_id)
            case _:
                self._learn_rest(body)

    def _learn_rest(self, body: Event) -> None:
        match body:
            case events.SessionStart():
                self.begun.add(body.session_id)
            case events.SessionEnd():
                self.ended.add(body.session_id)
            case events.GroupCreate() | events.GroupDelete():
                self.groups.add(body.group_id)
            case events.GroupMemberAdd():
                self.members.add((body.group_id, body.member_type, body.member_value))
