"""Many messages at once: ``message.archive``, ``message.deleteByAgent``, ``message.deleteByScope``.

All delete by events, so what they took does not come back from another clone or a rebuild.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Final

import msgspec
from anyio import to_thread

from thrum import events
from thrum.daemon import archives
from thrum.daemon.projection.facts import Event
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries import groups as group_queries
from thrum.daemon.projection.queries import messages as queries
from thrum.daemon.projection.queries.messages import Message
from thrum.daemon.rpc import rights
from thrum.daemon.rpc.deleting import delete_all, delete_some, portions
from thrum.daemon.rpc.once import Once, only
from thrum.daemon.rpc.registry import (
    EVERYWHERE,
    Call,
    ClientId,
    Params,
    Rights,
    Transport,
    method,
)
from thrum.daemon.store import Transaction
from thrum.errors import ThrumError
from thrum.events import Pair
from thrum.names import bare

TYPES: Final = ("agent", "group")

Row = dict[str, Any]


class ArchiveParams(Params):
    """What is put away: messages by an ``agent``, or those to a ``group``.

    The same `client_id` within a day goes on where it was cut short, and gives the number of all;
    what was written since the first time stays.
    """

    needs: ClassVar = ("archive_type", "identifier")
    archive_type: str = ""
    identifier: str = ""
    client_id: ClientId = ""


class Archived(msgspec.Struct):
    """How many messages were put away, and into which file."""

    archived_count: int
    archive_path: str


class DeleteByAgentParams(Params):
    """Whose messages: one's own."""

    needs: ClassVar = ("agent_id",)
    agent_id: str = ""


class DeleteByScopeParams(Params):
    """Which messages: those with this scope."""

    needs: ClassVar = ("scope_type", "scope_value")
    scope_type: str = ""
    scope_value: str = ""


class DeletedByScope(msgspec.Struct):
    """How many messages were deleted."""

    deleted_count: int


class DeletedByAgent(msgspec.Struct):
    """How many messages were deleted."""

    deleted_count: int


@method(
    "message.archive",
    rights=Rights.OWNER,
    long_poll=True,
    errors=("not_allowed", "storage"),
    transports=EVERYWHERE,
)
async def archive(call: Call, params: ArchiveParams) -> Archived:
    """Writes messages into a file of this clone, then deletes them everywhere.

    An agent's messages: for itself, people and coordinators. A group's: for whoever made the group,
    people and coordinators.
    """
    if params.archive_type not in TYPES:
        raise ThrumError(
            "invalid_params", f"archive_type {params.archive_type!r} is neither agent nor group"
        )
    identifier = bare(params.identifier)
    if not identifier:
        raise ThrumError("invalid_params", "identifier names nobody")
    me, store = call.agent_id, call.node.store
    path = archives.path_in(call.node.place.shared, identifier)

    def which(db: sqlite3.Connection) -> list[str]:
        if params.archive_type == "agent":
            rights.demand_own(call, db, identifier, "archiving the messages")
            since = agent_queries.deleted_at(db, me) if me == identifier else ""
            return queries.sent_by(db, identifier, since)
        group = group_queries.group(db, identifier)
        if group is not None and group.created_by == me:
            call.grant()
        else:
            rights.demand_charge(call, db, "archiving a group's messages")
        return queries.sent_to_group(db, identifier)

    once: Once[list[events.MessageDelete]] = Once(params.client_id, _put_away)
    before = await call.answered(once) or []
    wanted = await store.ask(which)
    if before:
        wanted = await store.ask(lambda db: queries.made_before(db, wanted, before[0].timestamp))
    archive, archived = archives.Archive(path), len(before)
    for portion in portions(wanted):
        rows = await store.ask(_telling(portion))
        # On disk first: whatever happens then, nothing is deleted that is in no archive.
        await to_thread.run_sync(archive.add, rows)
        archived += await call.transact(_deleting(list(rows), me, once.called(me)))
    return Archived(archived, str(path))


def _put_away(transaction: Transaction, done: Sequence[Event]) -> list[events.MessageDelete]:
    return only(done, events.MessageDelete)


def _telling(message_ids: Sequence[str]) -> Callable[[sqlite3.Connection], dict[str, Row]]:
    """The lines of those messages that nobody has deleted meanwhile."""

    def tell(db: sqlite3.Connection) -> dict[str, Row]:
        found = [queries.message(db, message_id) for message_id in message_ids]
        return {each.message_id: _row(each) for each in found if each and not each.deleted}

    return tell


def _row(found: Message) -> Row:
    body = {"format": found.body.format, "content": found.body.content}
    if found.body.structured:
        body["structured"] = found.body.structured
    row: Row = {
        "message_id": found.message_id,
        "agent_id": found.author.agent_id,
        "created_at": found.created_at,
        "body": body,
        "scopes": msgspec.to_builtins(found.scopes),
        "refs": msgspec.to_builtins(found.refs),
    }
    for name in ("thread_id", "reply_to", "updated_at", "authored_by", "disclosed"):
        if getattr(found, name):
            row[name] = getattr(found, name)
    return row


def _deleting(
    message_ids: list[str], by: str, called: events.Called | None
) -> Callable[[Transaction], int]:
    def decide(transaction: Transaction) -> int:
        transaction.called = called
        return delete_some(transaction, message_ids, "archived", by)

    return decide


@method(
    "message.deleteByScope",
    rights=Rights.CHARGE,
    about="deleting messages by their scope",
    transports=Transport.UNIX,
    long_poll=True,
    errors=("not_allowed",),
)
async def delete_by_scope(call: Call, params: DeleteByScopeParams) -> DeletedByScope:
    """Deletes all messages that have a scope, everywhere. For people and coordinators."""
    scope = Pair(params.scope_type, params.scope_value)
    found = await delete_all(
        call, lambda db: queries.with_scope(db, scope), "all messages of the scope"
    )
    return DeletedByScope(found)


@method(
    "message.deleteByAgent",
    rights=Rights.CALLER,
    transports=Transport.UNIX,
    long_poll=True,
    errors=("not_allowed",),
)
async def delete_by_agent(call: Call, params: DeleteByAgentParams) -> DeletedByAgent:
    """Deletes all messages of the caller, everywhere."""
    me = call.agent_id
    if bare(params.agent_id) != me:
        raise ThrumError(
            "not_allowed",
            f"only {bare(params.agent_id)} itself can delete all its messages, and you are {me}",
            "a coordinator can put them away with `thrum message archive`",
        )

    def which(db: sqlite3.Connection) -> list[str]:
        return queries.sent_by(db, me, agent_queries.deleted_at(db, me))

    return DeletedByAgent(await delete_all(call, which, "all messages of the author"))
