"""``delivery.*``: what a hook asks at the boundaries of a session, and what it says got through."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import ClassVar, Final

import msgspec

from thrum.daemon.clashes.service import Clashes, Met
from thrum.daemon.delivery.given import Seat
from thrum.daemon.delivery.inboxes import Inbox
from thrum.daemon.delivery.service import Delivery
from thrum.daemon.delivery.sitting import GIVES, Boundary
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries.messages import messages_by_id
from thrum.daemon.projection.queries.rows import Row
from thrum.daemon.rpc.receipt import MOST_AT_ONCE
from thrum.daemon.rpc.registry import Call, Params, Rights, method
from thrum.daemon.signing.ring import State
from thrum.daemon.signing.service import Signing
from thrum.daemon.work.service import Work
from thrum.errors import ThrumError
from thrum.identity import process

MOST: Final = 8
"""Messages that are handed at once."""

LONGEST_TEXT: Final = 1_500
"""Characters of a message that are handed."""

_LONGEST_NAME: Final = 200

_TELLS: Final = frozenset({Boundary.PROMPT, Boundary.TOOLS})
"""Where an agent hears of others that are at its files."""

_WORKED: Final = frozenset({Boundary.TOOLS, Boundary.END_OF_TURN})
"""Where it may just have changed some."""


class SeatParams(Params):
    """Which conversation: the runtime, and its own id of the session."""

    needs: ClassVar[tuple[str, ...]] = ("runtime",)
    runtime: str = ""
    session: str = ""


class AskParams(SeatParams):
    """To which boundary the session came, and whether anything that is said there gets through.

    `is_continued` says that no person began or continued the turn. `tool` is the tool for which
    leave is asked, or that was used last. `inbox` is the socket by which the session can be roused,
    and `inbox_token` what it asks for.
    """

    needs: ClassVar = ("runtime", "boundary")
    boundary: str = ""
    can_tell: bool = False
    is_continued: bool = False
    tool: str = ""
    inbox: str = ""
    inbox_token: str = ""


class Handed(msgspec.Struct, omit_defaults=True):
    """A message for a session. `content` is cut; `characters` says how long it is in truth.

    `signature` is wrong, or absent.
    """

    message_id: str
    agent_id: str
    created_at: str
    content: str
    characters: int
    reply_to: str = ""
    signature: str = ""


class Asked(msgspec.Struct, omit_defaults=True):
    """To whom what is to be given, the oldest first, of how many that were not given yet.

    `clashes` tells of agents that are at the same files.
    """

    agent_id: str
    count: int
    messages: list[Handed] | None = None
    clashes: list[Met] | None = None


class GivenParams(SeatParams):
    """What got through, and whether the runtime is known to show it to its model."""

    message_ids: list[str] = msgspec.field(default_factory=list)
    clash_ids: list[str] = msgspec.field(default_factory=list)
    is_sure: bool = True


class Given(msgspec.Struct):
    """Of how many messages the sender learns only now that they were seen."""

    seen: int


@method("delivery.ask", rights=Rights.READS)
async def ask(call: Call, params: AskParams) -> Asked:
    """Says what a session is to be given at a boundary.

    It stays on its way until `delivery.given` says that it got through, or until this connection
    ends.
    """
    boundary = _boundary(params.boundary)
    delivery, seat = call.service(Delivery), seat_of(call, params)
    if is_another(call):
        return Asked("", 0)
    delivery.rouser.note(seat, _inbox(call, params) if delivery.uses_inboxes else None)
    by_person = not params.is_continued
    if boundary in _WORKED:
        call.service(Work).stir(seat.agent_id)
    with delivery.asked(seat, boundary, by_person=by_person, tool=params.tool) as sitting:
        if not params.can_tell or boundary not in {*GIVES, Boundary.START}:
            return Asked(seat.agent_id, 0)
        fresh = await delivery.fresh(seat, MOST, begins=boundary is Boundary.START)
        ends = boundary is Boundary.END_OF_TURN
        met = await _met(call, seat, boundary)
        if boundary is Boundary.START or (ends and not sitting.may_begin_turn()):
            return Asked(seat.agent_id, len(fresh))
        wanted = fresh[:MOST]
        if not wanted:
            return Asked(seat.agent_id, 0, clashes=met)
        # From here on, so that nobody else hands the same; the rows can only be fewer.
        delivery.hand(seat, wanted, call.connection)
        rows = await handed(call, seat, wanted)
        if rows and ends:
            delivery.goes_on(seat)
        return Asked(seat.agent_id, len(fresh), rows, met)


async def _met(call: Call, seat: Seat, boundary: Boundary) -> list[Met] | None:
    """Whom the agent meets at its files; by itself that begins no turn and ends none."""
    if boundary not in _TELLS:
        return None
    return await call.service(Clashes).handed(seat.agent_id, call.connection) or None


@method("delivery.given", rights=Rights.CALLER, errors=("too_large",))
async def note_given(call: Call, params: GivenParams) -> Given:
    """Notes what got through to a session; the sender learns that it was seen."""
    if max(len(params.message_ids), len(params.clash_ids)) > MOST_AT_ONCE:
        raise ThrumError("too_large", f"more than {MOST_AT_ONCE:,} messages at once")
    if any(len(each) > _LONGEST_NAME for each in params.message_ids):
        raise ThrumError("invalid_params", "message_ids holds what is no message's id")
    delivery, seat = call.service(Delivery), seat_of(call, params)
    await call.service(Clashes).given(seat.agent_id, params.clash_ids)
    seen = await delivery.give(seat, params.message_ids, call.transact, is_sure=params.is_sure)
    return Given(seen)


def seat_of(call: Call, params: SeatParams) -> Seat:
    """The caller's conversation.

    Raises:
        ThrumError: ``anonymous_caller``; ``invalid_params``, a name is too long.
    """
    for what, value in (("runtime", params.runtime), ("session", params.session)):
        if len(value) > _LONGEST_NAME:
            raise ThrumError("invalid_params", f"{what} is longer than {_LONGEST_NAME} characters")
    return Seat(call.agent_id, params.runtime, params.session)


def is_another(call: Call) -> bool:
    """Whether the hook runs in a program that is not the agent's, while the agent's runs.

    Such as one that the agent itself has started: its mail is not for that one.
    """
    known = agent_queries.agent(call.node.store.reader(), call.agent_id)
    if known is None or not process.alive(known.agent_pid, known.agent_pid_start_time):
        return False
    runtime = process.runtime(call.caller.pid)
    return runtime is not None and runtime.pid != known.agent_pid


def _inbox(call: Call, params: AskParams) -> Inbox | None:
    """Where the session is roused; nowhere if it has ended, or runs in no program of its own."""
    runtime = process.runtime(call.caller.pid) if params.inbox else None
    if runtime is None or params.boundary == Boundary.END.value:
        return None
    return Inbox(params.inbox, params.inbox_token, runtime.pid)


def _boundary(name: str) -> Boundary:
    try:
        return Boundary(name)
    except ValueError:
        known = ", ".join(each.value for each in Boundary)
        raise ThrumError(
            "invalid_params", f"no boundary {name[:80]!r}; there are {known}"
        ) from None


async def handed(call: Call, seat: Seat, ids: Sequence[str]) -> list[Handed]:
    """The messages as a session gets them, in that order, without what was read or taken back."""
    rows = await call.node.store.ask(lambda db: _unread(db, seat.agent_id, ids))
    await call.service(Signing).mark(rows)
    return [_shown(row) for row in rows]


def _unread(db: sqlite3.Connection, agent_id: str, ids: Sequence[str]) -> list[Row]:
    order = {message_id: place for place, message_id in enumerate(ids)}
    rows = sorted(messages_by_id(db, ids, agent_id), key=lambda row: order[row.message_id])
    return [row for row in rows if not (row.deleted or row.is_read)]


def _shown(row: Row) -> Handed:
    text = row.body.content or row.body.structured or ""
    return Handed(
        row.message_id,
        row.agent_id,
        row.created_at,
        text[:LONGEST_TEXT],
        len(text),
        row.reply_to,
        row.signature if row.signature == State.WRONG.value else "",
    )
