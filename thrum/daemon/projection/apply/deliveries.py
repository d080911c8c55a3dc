"""Deliveries: which agent a message has reached, and what became of it there."""

from __future__ import annotations

from collections.abc import Iterable

from thrum import events
from thrum.audience import (
    Addressed,
    AgentEntry,
    Group,
    Via,
    audience,
    members,
    reaches,
    settled_since,
)
from thrum.daemon.projection.apply.stored import stored, stored_rows
from thrum.daemon.projection.pending import Values
from thrum.daemon.projection.tables import Reached, Tables

_INSERT = """
INSERT OR REPLACE INTO message_deliveries
  (message_id, recipient_agent_id, delivered_at, seen_at, read_at, addressed_via, inbox,
   author_id)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
NOT_INBOX, INBOX, DELETED, OWN = 0, 1, 2, 3
_ADDRESSING = frozenset({"mention", "group", "broadcast"})
_MOST_SHAPES = 512
_LARGEST_SHAPE = 100
"""How many shapes of messages are kept in mind, and of how many names each."""


def addressed(event: events.MessageCreate) -> Addressed:
    """How a message is addressed, as its event says."""
    mentions, groups = set(), set()
    targeted = said = False
    for ref in event.refs or ():
        if ref.type == "mention":
            mentions.add(ref.value)
        elif ref.type == "group":
            targeted = True
        elif ref.type == "broadcast":
            said = True
    for scope in event.scopes or ():
        if scope.type == "group":
            groups.add(scope.value)
        elif scope.type == "broadcast":
            said = True
    return Addressed(
        author=event.agent_id,
        created_at=event.timestamp,
        recipients=frozenset(filter(None, event.recipients or ())),
        mentions=frozenset(mentions),
        groups=frozenset(groups),
        broadcast=said or not (targeted or mentions or groups),
    )


def reached(tables: Tables, event: events.MessageCreate) -> Reached:
    """Whom a message reaches. Mostly one like it came before, and nothing has to be decided."""
    shape = (
        event.agent_id,
        tuple([ref for ref in event.refs or () if ref.type in _ADDRESSING]),
        tuple([scope for scope in event.scopes or () if scope.type in _ADDRESSING]),
        tuple(event.recipients or ()),
    )
    known = tables.reached.get(shape)
    if known is not None and event.timestamp > known.since:
        return known
    found = _decide(tables, addressed(event))
    is_small = len(found.others) + sum(map(len, shape[1:])) <= _LARGEST_SHAPE
    if is_small and event.timestamp > found.since:
        if len(tables.reached) >= _MOST_SHAPES:
            tables.reached.clear()
        tables.reached[shape] = found
    return found


def _decide(tables: Tables, message: Addressed) -> Reached:
    ways = audience(message, tables.register, tables.groups)
    own = ways.pop(message.author, Via.AUTHOR)
    return Reached(
        tuple((agent_id, via.value) for agent_id, via in ways.items()),
        own,
        "broadcast" if message.broadcast else "targeted",
        settled_since(message, tables.register, tables.groups),
    )


def deliver(tables: Tables, event: events.MessageCreate, found: Reached) -> None:
    """Writes the deliveries of a message that had none."""
    made, message_id, author = event.timestamp, event.message_id, event.agent_id
    rows: list[Values] = [
        (message_id, agent_id, made, None, None, via, INBOX, author)
        for agent_id, via in found.others
    ]
    own = found.own
    rows.append((message_id, author, made, made, made, own.value, _place(own, False, True), author))
    tables.add(_INSERT, rows)


def _place(via: Via, deleted: bool, own: bool) -> int:
    if via is Via.AUTHOR:
        return NOT_INBOX
    if deleted:
        return DELETED
    return OWN if own else INBOX


def evaluate(tables: Tables, message_ids: Iterable[str], agents: Iterable[AgentEntry]) -> None:
    """Decides anew whether the messages reach the agents."""
    agents = list(agents)
    for message_id in message_ids:
        row = tables.db.execute(
            "SELECT agent_id, created_at, visibility_class, deleted FROM messages"
            " WHERE message_id = ?",
            (message_id,),
        ).fetchone()
        if row is None:
            continue
        for agent in agents:
            if row[2] == "history":
                _settle_history(tables, message_id, row, agent)
                continue
            _settle(tables, message_id, _stored(tables, message_id, row), agent, bool(row[3]))


def _stored(tables: Tables, message_id: str, row: tuple[str, str, str, int]) -> Addressed:
    mentions = tables.db.execute(
        "SELECT ref_value FROM message_refs WHERE message_id = ? AND ref_type = 'mention'",
        (message_id,),
    )
    groups = tables.db.execute(
        "SELECT scope_value FROM message_scopes WHERE message_id = ? AND scope_type = 'group'",
        (message_id,),
    )
    return Addressed(
        author=row[0],
        created_at=row[1],
        mentions=frozenset(value for (value,) in mentions),
        groups=frozenset(value for (value,) in groups),
        broadcast=row[2] == "broadcast",
    )


def _settle(
    tables: Tables, message_id: str, message: Addressed, agent: AgentEntry, deleted: bool
) -> None:
    """One pair. Explicit recipients are known by their row; only a clean-up ends those."""
    row = tables.db.execute(
        "SELECT addressed_via FROM message_deliveries"
        " WHERE message_id = ? AND recipient_agent_id = ?",
        (message_id, agent.agent_id),
    ).fetchone()
    if row and row[0] == Via.RECIPIENT:
        stays = message.created_at > agent.cleaned_at
        via = Via.RECIPIENT if stays else None
    else:
        via = reaches(message, agent, tables.groups)
    own = agent.agent_id == message.author
    if via is None and own:
        via = Via.AUTHOR
    if row and via and row[0] == via:
        return
    if via is None:
        if row:
            _withdraw(tables, message_id, agent.agent_id)
        return
    _put(tables, message_id, agent.agent_id, message, via, deleted)


def _settle_history(
    tables: Tables, message_id: str, row: tuple[str, str, str, int], agent: AgentEntry
) -> None:
    """A message without addressing keeps its readers until they are cleaned up."""
    if agent.agent_id != row[0] and row[1] <= agent.cleaned_at:
        _withdraw(tables, message_id, agent.agent_id)


def _withdraw(tables: Tables, message_id: str, agent_id: str) -> None:
    tables.db.execute(
        "DELETE FROM message_deliveries WHERE message_id = ? AND recipient_agent_id = ?",
        (message_id, agent_id),
    )


def _put(
    tables: Tables, message_id: str, agent_id: str, message: Addressed, via: Via, deleted: bool
) -> None:
    _withdraw(tables, message_id, agent_id)
    made, own = message.created_at, agent_id == message.author
    since = made if own else None
    place = _place(via, deleted, own)
    values = (message_id, agent_id, made, since, since, via.value, place, message.author)
    tables.db.execute(_INSERT, values)
    for receipt in stored(tables.db, message_id, events.MessageReceipt):
        if receipt.agent_id == agent_id:
            stamp_receipt(tables, receipt)
    for row in stored_rows(tables.db, message_id)[1] if tables.snapshots else ():
        if row.agent_id == agent_id:
            stamp(tables, message_id, agent_id, row.read_at, read=True)


def stamp_receipt(tables: Tables, event: events.MessageReceipt) -> None:
    """Marks the delivery, if there is one, as seen (and read); the earliest receipt counts."""
    stamp(tables, event.message_id, event.agent_id, event.timestamp, event.receipt_type == "read")


def stamp(tables: Tables, message_id: str, agent_id: str, when: str, read: bool) -> None:
    """Marks the delivery, if there is one, as seen and maybe read at that time."""
    pair = (message_id, agent_id)
    if read:
        tables.mark(
            "UPDATE message_deliveries SET seen_at = min(coalesce(seen_at, ?1), ?1),"
            " read_at = min(coalesce(read_at, ?1), ?1)"
            " WHERE message_id = ?2 AND recipient_agent_id = ?3",
            (when, *pair),
        )
    else:
        tables.mark(
            "UPDATE message_deliveries SET seen_at = min(coalesce(seen_at, ?1), ?1)"
            " WHERE message_id = ?2 AND recipient_agent_id = ?3",
            (when, *pair),
        )


def reconsider_agent(tables: Tables, before: AgentEntry, after: AgentEntry) -> None:
    """Brings the agent's deliveries up to date with what is now known of it."""
    if before == after:
        return
    agent_id = after.agent_id
    found: dict[str, None] = {}
    for (message_id,) in tables.db.execute(
        "SELECT message_id FROM message_deliveries"
        " WHERE recipient_agent_id = ? AND addressed_via != 'author' AND inbox > 0",
        (agent_id,),
    ):
        found[message_id] = None
    if after.registered_at:
        found.update(dict.fromkeys(_candidates(tables, before, after)))
    evaluate(tables, found, (after,))


def _candidates(tables: Tables, before: AgentEntry, after: AgentEntry) -> Iterable[str]:
    """Messages that may reach the agent and did not yet."""
    names = {after.agent_id, f"user:{after.agent_id}", after.role}
    for name in names:
        yield from _ids(
            tables,
            "SELECT message_id FROM message_refs WHERE ref_type = 'mention' AND ref_value = ?",
            name,
        )
    for name, group in tables.groups.items():
        if group.holds(after):
            yield from messages_to_group(tables, name)
    if (before.registered_at, before.kind) != (after.registered_at, after.kind):
        yield from _ids(
            tables,
            "SELECT message_id FROM messages"
            " WHERE visibility_class = 'broadcast' AND created_at > ?",
            after.registered_at,
        )


def messages_to_group(tables: Tables, name: str) -> list[str]:
    """Ids of the messages with that group scope."""
    return _ids(
        tables,
        "SELECT message_id FROM message_scopes WHERE scope_type = 'group' AND scope_value = ?",
        name,
    )


def _ids(tables: Tables, sql: str, value: str) -> list[str]:
    return [message_id for (message_id,) in tables.db.execute(sql, (value,))]


def reconsider_group(tables: Tables, name: str, before: Group, after: Group) -> None:
    """Brings the deliveries of the group's messages up to date with its members."""
    touched = {
        agent.agent_id: agent
        for group in (before, after)
        for agent in members(group, tables.register)
        if before.holds(agent) != after.holds(agent)
    }
    if touched:
        evaluate(tables, messages_to_group(tables, name), touched.values())
