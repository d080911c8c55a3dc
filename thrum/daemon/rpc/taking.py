"""Taking a name over from where its agent lived: when that is right, and what follows.

A name belongs to whoever lives under it. A home that is gone is none. From another clone a name may
be taken at once when its session there has ended, or when that clone has been silent for a month;
else somebody may be alive there, and only the agent's own person, who says so by force, or a
coordinator takes it. Within a clone the daemon sees who lives: there no force takes a name from an
agent at work, but a coordinator's.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import anyio
from anyio import to_thread

from thrum import events, names
from thrum.clock import format_ns
from thrum.daemon import ending
from thrum.daemon.callers import home, person
from thrum.daemon.projection.facts import MOST_MOVES
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries import sessions as session_queries
from thrum.daemon.projection.queries.agents import Account
from thrum.daemon.projection.queries.sessions import Session
from thrum.daemon.projection.queries.tenancy import Tenancy, tenancy
from thrum.daemon.rpc import rights
from thrum.daemon.rpc.registry import Call
from thrum.daemon.store import Transaction
from thrum.daemon.sync.service import SyncService
from thrum.daemon.upkeep.service import Upkeep
from thrum.errors import ThrumError
from thrum.identity import files, owner, process
from thrum.identity.files import Identity

logger = logging.getLogger("thrum.agent")

SILENT_NS: Final = 30 * 24 * 3600 * 1_000_000_000
"""After so long without any event of a clone, nobody is taken to live there."""

HEARING_S: Final = 4.0
"""So long the remote is waited for; the method has ten seconds."""

SUPERSEDED: Final = "superseded"


@dataclass(frozen=True, slots=True)
class Bid:
    """Somebody who registers a name that is not at home where they stand.

    Attributes:
        person: whose machine it is, see `person.owner`.
        force: whether they insist.
        is_person: whether a person asks.
        is_homeless: whether the caller stands in no worktree that it could live in.
        is_in_charge: whether a person or a coordinator asks.
        is_another: whether it is the process of another agent that asks, and no person.
    """

    person: str
    force: bool = False
    is_person: bool = False
    is_homeless: bool = False
    is_in_charge: bool = False
    is_another: bool = False


@dataclass(frozen=True, slots=True)
class Taking:
    """What was found out before the decision.

    Attributes:
        tenancy: how the agent lives; None if nobody bears the name.
        where: its home, for people; empty if it has none, or the caller stands in it.
        why: why it is taken over, see `events.AgentRegister`; empty if it is not.
        person: whose machine it is.
    """

    tenancy: Tenancy | None = None
    where: str = ""
    why: str = ""
    person: str = ""

    @property
    def number(self) -> int:
        """The number of the move that it would be."""
        return min(self.tenancy.known.moves + 1, MOST_MOVES) if self.tenancy else 1

    def check_unchanged(self, transaction: Transaction, agent_id: str) -> None:
        """Refuses where somebody came between question and decision.

        Raises:
            ThrumError: ``conflict``.
        """
        known = agent_queries.agent(transaction.db, agent_id)
        before = self.tenancy.known.registration if self.tenancy else ""
        if self.why and (known.registration if known else "") != before:
            raise ThrumError("conflict", f"{agent_id} was registered this moment", "try again")


def present(call: Call, found: Tenancy) -> int:
    """The present beside which what was heard last is as old as it really is."""
    heard = found.heard_at
    return call.service(Upkeep).present(heard) if heard else call.node.now_ns()


def reason(found: Tenancy, bid: Bid, now_ns: int) -> str:
    """Why a name may be taken over from another clone; empty if it may not.

    A session that ended says that nobody lives there, unless the agent was registered again since:
    the session that follows may not have come yet. Of an agent without any session nothing says so.
    """
    ended = found.ended_at and found.ended_at >= found.known.registration[:30]
    if bid.is_homeless and not bid.is_in_charge:
        return ""
    if ended and not found.open:
        return "ended"
    if found.heard_at < format_ns(max(now_ns - SILENT_NS, 0)):
        return "silent"
    own = bool(bid.person) and bid.person == found.known.person and not bid.is_another
    return "forced" if bid.force and (own or bid.is_in_charge) else ""


async def ask(call: Call, agent_id: str, *, force: bool) -> Taking:
    """Whether the name is the caller's to register, and how.

    Raises:
        ThrumError: ``name_taken``, somebody else lives under it.
    """
    whose = await to_thread.run_sync(person.owner, str(call.node.place.repository))
    known = agent_queries.agent(call.node.store.reader(), agent_id)
    if known and home.is_abroad(call, known) and home.elsewhere(call, agent_id):
        await _hear(call)
        known = agent_queries.agent(call.node.store.reader(), agent_id)
    if known is None:
        return Taking(person=whose)
    where, is_abroad = home.elsewhere(call, agent_id), home.is_abroad(call, known)
    found = await call.node.store.ask(lambda db: tenancy(db, known, is_abroad=is_abroad))
    bid = _bid(call, agent_id, whose, force=force)
    if not where:
        return Taking(found, _left_behind(call, known), _from_nowhere(call, found, bid), whose)
    if call.caller.agent_id == agent_id or (bid.is_person and not (force and is_abroad)):
        # A person who registers an agent of another clone does not make it their own.
        return Taking(found, "", "", "" if is_abroad else whose)
    now = present(call, found)
    why = reason(found, bid, now) if is_abroad else _from_worktree(call, found, bid)
    if not why:
        raise _refusal(found, bid, where, is_abroad=is_abroad)
    return Taking(found, where, why, whose)


async def _hear(call: Call) -> None:
    """Asks the remote for what is new, if it answers soon: whoever lives there may have come back.

    What cannot be heard does not keep anybody from their name.
    """
    try:
        with anyio.move_on_after(HEARING_S):
            await call.service(SyncService).loop.force()
    except ThrumError as error:
        logger.info("a name is judged by what is known here: %s", error)


def _bid(call: Call, agent_id: str, whose: str, *, force: bool) -> Bid:
    caller = call.caller
    me = caller.agent_id
    return Bid(
        whose,
        force,
        is_person=names.is_person(me),
        is_homeless=not home.place(call),
        is_in_charge=bool(me) and rights.is_in_charge(call.node.store.reader(), me),
        is_another=caller.rule == "pid" and me != agent_id,
    )


def _left_behind(call: Call, known: Account) -> str:
    """Where an agent was that has no home any more."""
    return session_queries.last_worktree(call.node.store.reader(), known.agent_id)


def _from_nowhere(call: Call, found: Tenancy, bid: Bid) -> str:
    """Why an agent that has no home any more moves to where the caller stands; empty: it does not.

    Raises:
        ThrumError: ``name_taken``, its process runs all the same.
    """
    here, known = home.place(call), found.known
    if not here or home.lives_in(call, known.agent_id, here):
        return ""
    left = _left_behind(call, known)
    if not left:
        return ""
    runs = process.alive(known.agent_pid, known.agent_pid_start_time)
    above = (each.pid for each in process.chain(call.caller.pid))
    if not runs or known.agent_pid in above:
        return "gone"
    if bid.force and (bid.is_in_charge or not bid.is_another):
        return "forced"
    raise _refusal(found, bid, f"process {known.agent_pid}, whose worktree {left} is gone")


def _from_worktree(call: Call, found: Tenancy, bid: Bid) -> str:
    """Why a name may be taken over from another worktree of this clone; empty if it may not."""
    hindered = bid.is_another or bid.is_homeless or _is_alive(call, found)
    may = bid.is_in_charge or not hindered
    return "forced" if bid.force and may else ""


def _is_alive(call: Call, found: Tenancy) -> bool:
    """Whether an agent of this clone is at work, or on its way."""
    known = found.known
    if found.open or home.arriving(call, known.agent_id, home.place(call)):
        return True
    if process.alive(known.agent_pid, known.agent_pid_start_time):
        return True
    filed = call.node.callers.identities.all()
    return any(owner.is_alive(each) for each in filed if each.name == known.agent_id)


def _refusal(found: Tenancy, bid: Bid, where: str, *, is_abroad: bool = False) -> ThrumError:
    """Whose the name is, and how it may be had."""
    known = found.known
    at = f", heard of at {found.heard_at[:19]}Z" if is_abroad and found.heard_at else ""
    return ThrumError(
        "name_taken",
        f"agent {known.agent_id!r} is at home elsewhere: {where}{at}",
        _way_out(found, bid, is_abroad=is_abroad),
        {
            "agent": known.agent_id,
            "where": where,
            "heard_at": found.heard_at,
            "person": known.person,
            "sessions": [each.session_id for each in found.open],
        },
    )


def _way_out(found: Tenancy, bid: Bid, *, is_abroad: bool) -> str:
    known = found.known
    if bid.is_another and not bid.is_in_charge:
        return "choose another name: you are the program of another agent"
    if bid.is_homeless and not bid.is_in_charge:
        return "call from the worktree that is to be its home"
    if is_abroad and known.person != bid.person:
        whose = known.person or "people"
        ending = _ending(found.open)
        return (
            f"choose another name; only {whose} or a coordinator takes it over by --force{ending}"
        )
    if is_abroad or not found.open:
        return "if nobody lives there any more, add --force: it is told there"
    return f"choose another name, or go on there{_ending(found.open)}"


def _ending(sessions: Sequence[Session]) -> str:
    if not sessions:
        return ""
    command = f"`thrum session end --session-id {sessions[0].session_id}`"
    return f"; a coordinator frees it by {command}"


# -- what follows --


def move(
    call: Call, transaction: Transaction, event: events.AgentRegister, taking: Taking
) -> events.AgentRegister:
    """The registration as one that brings the agent here; its sessions elsewhere end.

    Nobody else could end them where a clone is gone for good.
    """
    assert taking.tenancy is not None
    known = taking.tenancy.known
    ours = {"", call.node.identity.daemon_id}
    left = session_queries.open_sessions(transaction.db, known.agent_id)
    ending.end(transaction, [each for each in left if each.origin_daemon in ours], SUPERSEDED)
    for each in left:
        if each.origin_daemon not in ours:
            transaction.emit(events.SessionEnd(session_id=each.session_id, reason=SUPERSEDED))
    event.moves = taking.number
    event.moved_from = known.origin_daemon
    event.moved_by = call.caller.agent_id or taking.person
    event.moved_why = taking.why
    return event


def clear(agent_id: str, here: str, filed: Sequence[Identity]) -> None:
    """Puts aside what speaks for the agent in other worktrees of this clone."""
    for each in filed:
        if each.name != agent_id or str(each.home) == here:
            continue
        try:
            aside = files.put_aside(each.path)
        except (ThrumError, OSError) as error:
            # It is not believed in any case: the agent's home is where its new session is.
            logger.warning("the identity that %s left stays in %s: %s", agent_id, each.path, error)
        else:
            logger.info("the identity that %s left is put aside as %s", agent_id, aside)
