"""``message.markRead``: receipts, one for each message that is read for the first time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec

from thrum import events, held
from thrum.daemon.projection.facts import Event
from thrum.daemon.projection.queries import near_ids
from thrum.daemon.projection.queries.ids import complete_id, whole_ids
from thrum.daemon.projection.queries.receipts import also_read_by, reached
from thrum.daemon.projection.queries.unread import count_before, unread_before
from thrum.daemon.rpc import touch
from thrum.daemon.rpc.listing import moment
from thrum.daemon.rpc.once import Once, only
from thrum.daemon.rpc.own_session import speaking_session
from thrum.daemon.rpc.registry import EVERYWHERE, Call, ClientId, Params, Rights, method
from thrum.daemon.store import Transaction
from thrum.errors import ThrumError
from thrum.ids import is_ulid_id

MOST_AT_ONCE = 1000
MOST_EXPLAINED = 3


class MarkReadParams(Params):
    """Which messages; those made after `marked_before` are passed over.

    With `unread` all that lie unread with the caller, the oldest first, 1,000 at a time, or
    `at_most`, if it is given.
    `way` says by what they were put before who read them: hook, mcp or pane. The same `client_id`
    within a day gives the first count.
    """

    message_ids: list[str] = msgspec.field(default_factory=list)
    unread: bool = False
    at_most: Annotated[int, msgspec.Meta(ge=0)] = 0
    marked_before: str = ""
    way: str = ""
    client_id: ClientId = ""


class Marked(msgspec.Struct, omit_defaults=True):
    """How many were marked, and how many were passed over or still remain unread.

    `also_read_by` tells for each of the messages, whether or not it was marked only now, which
    others have read it. `not_found` has the ids, as they were given, of no message to the caller,
    and `hint` what may be meant by the first few of them.
    """

    marked_count: int
    also_read_by: dict[str, list[str]] | None = None
    skipped_count: int = 0
    markable_remaining: int = 0
    not_found: list[str] | None = None
    hint: str = ""


async def _whole(call: Call, endings: list[str]) -> dict[str, str]:
    """The ids that ids and endings stand for; empty where an ending fits none.

    Raises:
        ThrumError: ``ambiguous_id``.
    """
    short = [ending for ending in endings if not is_ulid_id(ending)]
    fitting: dict[str, list[str]] = {}
    if short:
        fitting = await call.node.store.ask(lambda db: whole_ids(db, "msg", short))
    found: dict[str, str] = {}
    for ending in endings:
        ids = [ending] if is_ulid_id(ending) else fitting.get(ending, [])
        if len(ids) > 1:
            raise ThrumError(
                "ambiguous_id", f"{ending} fits {len(ids)} messages", "give more characters"
            )
        found[ending] = ids[0] if ids else ""
    return found


@method(
    "message.markRead",
    rights=Rights.CALLER,
    errors=("too_large", "no_session", "ambiguous_id"),
    transports=EVERYWHERE,
)
async def mark_read(call: Call, params: MarkReadParams) -> Marked:
    """Marks messages as read by the caller; what is read already is left alone."""
    if not params.message_ids and not params.unread:
        raise ThrumError("invalid_params", "message_ids is required", "or unread, for all of them")
    if params.message_ids and params.unread:
        raise ThrumError("invalid_params", "message_ids and unread exclude each other")
    if len(params.message_ids) > MOST_AT_ONCE:
        raise ThrumError("too_large", f"more than {MOST_AT_ONCE:,} messages at once")
    before = moment(params.marked_before, "marked_before")
    if params.way and params.way not in held.WAYS:
        raise ThrumError("invalid_params", f"way is none of {', '.join(held.WAYS)}")
    me, most = call.agent_id, min(params.at_most or MOST_AT_ONCE, MOST_AT_ONCE)
    given = await _whole(call, params.message_ids)
    ids = list(dict.fromkeys(each for each in given.values() if each))

    def mark(transaction: Transaction, message_ids: Iterable[str]) -> None:
        session_id = speaking_session(transaction.db, me)
        for message_id in message_ids:
            transaction.emit(
                events.MessageReceipt(
                    message_id=message_id,
                    agent_id=me,
                    receipt_type="read",
                    session_id=session_id,
                    way=params.way,
                )
            )
        touch.seen(transaction, me)

    def decide_all(transaction: Transaction) -> Marked:
        waiting = unread_before(transaction.db, me, before, most)
        left = count_before(transaction.db, me, before) - len(waiting)
        mark(transaction, waiting)
        return Marked(len(waiting), None, 0, left)

    def decide(transaction: Transaction) -> Marked:
        db = transaction.db
        every = reached(db, me, ids)
        wanted = reached(db, me, ids, before) if before else every
        unread = [message_id for message_id, read in wanted.items() if not read]
        mark(transaction, unread)
        skipped = sum(not read for read in every.values()) - len(unread)
        return answer(db, len(unread), skipped)

    def again(transaction: Transaction, done: Sequence[Event]) -> Marked:
        if params.unread:
            count = len(only(done, events.MessageReceipt))
            return Marked(count, None, 0, count_before(transaction.db, me, before))
        left = sum(not read for read in reached(transaction.db, me, ids).values())
        return answer(transaction.db, len(only(done, events.MessageReceipt)), left)

    def answer(db: sqlite3.Connection, count: int, left: int) -> Marked:
        every = reached(db, me, ids)
        wanted = reached(db, me, ids, before) if before else every
        others = also_read_by(db, me, False, list(wanted))
        unknown = [ending for ending, full in given.items() if full not in every]
        return Marked(count, others or None, left, left, unknown or None)

    deciding = decide_all if params.unread else decide
    marked = await call.transact(deciding, Once(params.client_id, again))
    if marked.not_found:
        missing = marked.not_found[:MOST_EXPLAINED]
        marked.hint = await call.node.store.ask(lambda db: _explained(db, missing))
    return marked


def _explained(db: sqlite3.Connection, missing: Sequence[str]) -> str:
    """What to do about ids that are of no message to the caller."""
    said = (
        "`thrum message get` shows what is not to you"
        if complete_id(db, "msg", each)
        else near_ids.hint(db, "msg", each)
        for each in missing
    )
    return "; ".join(dict.fromkeys(said))
