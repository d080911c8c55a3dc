"""Giving back and handing over, as decisions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from thrum import events
from thrum.claims.life import DAY_NS
from thrum.claims.patterns import What
from thrum.daemon.claims.notice import minute
from thrum.daemon.claims.taking import after, free_since, session_of
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.projection.queries import claims as queries
from thrum.daemon.projection.queries.claims import GIVEN, RELEASED, Known
from thrum.daemon.rpc.rights import demand_own
from thrum.daemon.saying import send_once
from thrum.daemon.transaction import Transaction
from thrum.errors import ThrumError
from thrum.names import bare
from thrum.plurals import listed

if TYPE_CHECKING:
    from thrum.daemon.rpc.registry import Call


class Named(NamedTuple):
    """A claim that somebody names: what he said, and what he can have meant by it."""

    said: str
    meanings: tuple[What, ...]


def found(transaction: Transaction, me: str, named: Sequence[Named]) -> list[Known]:
    """What is in force and meant; all that the agent holds, where nothing is named.

    Raises:
        ThrumError: ``not_found``, nobody holds it.
    """
    db, now = transaction.db, transaction.now
    if not named:
        return queries.held(db, now, me)
    result: dict[str, Known] = {}
    for each in named:
        meant = _meant(db, now, me, each)
        if not meant:
            raise _nothing(each.said)
        result |= {known.claim.claim_id: known for known in meant}
    return list(result.values())


def _meant(db: sqlite3.Connection, now: str, me: str, named: Named) -> list[Known]:
    """The claims of that id or to exactly that; one's own, where one has any."""
    by_id = queries.by_id(db, now, [named.said]).values()
    if by_id:
        return [each for each in by_id if each.claim.state == "held"]
    for what in named.meanings:
        same = queries.same(db, now, what)
        if same:
            return [each for each in same if each.claim.agent_id == me] or same
    return []


def _nothing(name: str) -> ThrumError:
    return ThrumError("not_found", f"nobody holds {name}", "`thrum claims` shows what is held")


def demand(call: Call, transaction: Transaction, claims: Sequence[Known]) -> None:
    """Refuses who may not end the claims.

    Raises:
        ThrumError: ``not_allowed``.
    """
    if not claims:
        call.grant()
    for owner in {each.claim.agent_id for each in claims}:
        demand_own(call, transaction.db, owner, "ending a claim")


def release(transaction: Transaction, me: str, claims: Sequence[Known]) -> list[Known]:
    """Ends the claims; as they are now."""
    for each in claims:
        _end(transaction, me, each, RELEASED)
    return _again(transaction, [each.claim.claim_id for each in claims])


def give(transaction: Transaction, me: str, claims: Sequence[Known], to: str) -> list[Known]:
    """Hands the claims over; the new ones.

    Args:
        transaction: in which it happens.
        me: who does it.
        claims: what is handed over.
        to: who has it from now on.

    Raises:
        ThrumError: ``unknown_recipient``; ``conflict``, somebody's other claim stands in the way.
    """
    receiver = bare(to)
    if agent_queries.agent(transaction.db, receiver) is None:
        raise ThrumError("unknown_recipient", f"there is no agent {receiver}", "`thrum team`")
    ended_at = transaction.now
    for each in claims:
        if each.claim.agent_id == receiver:
            raise ThrumError("conflict", f"{receiver} holds {each.claim.what} already")
        ended_at = _end(transaction, me, each, GIVEN)
    session_id = session_of(transaction, receiver)
    made = [transaction.origin.ids.make("clm") for _ in claims]
    for each, claim_id in zip(claims, made, strict=True):
        _demand_free(transaction, each, receiver, ended_at)
        _give(transaction, me, each, receiver, claim_id, session_id)
    return _again(transaction, made)


def _demand_free(transaction: Transaction, known: Known, receiver: str, now: str) -> None:
    """Refuses where another claim stands in the receiver's way; now: after what was ended."""
    claim = known.claim
    rivals = queries.in_the_way(transaction.db, now, receiver, known.what, shared=claim.shared)
    if rivals:
        rival = rivals[0].claim
        raise ThrumError(
            "conflict",
            f"{rival.agent_id} also holds {rival.what}, which overlaps {claim.what}",
            "hand over or release both",
        )


def _give(
    transaction: Transaction, me: str, known: Known, receiver: str, claim_id: str, session_id: str
) -> None:
    claim = known.claim
    taken = events.ClaimTake(
        claim_id=claim_id,
        agent_id=receiver,
        kind=claim.kind,
        what=claim.what,
        until=claim.until,
        session_id=session_id,
        shared=claim.shared,
        note=claim.note,
        given_by=me,
    )
    # The receiver may have registered by a clock that was ahead.
    due = free_since(transaction, taken)
    taken.until = max(claim.until, after(transaction, taken, 1, due))
    transaction.emit(taken, due)


def _end(transaction: Transaction, me: str, known: Known, why: str) -> str:
    """Ends a claim; when."""
    claim = known.claim
    by = me if me != claim.agent_id else ""
    event = events.ClaimRelease(claim_id=claim.claim_id, reason=why, released_by=by)
    return transaction.emit(event).timestamp


def _again(transaction: Transaction, claim_ids: Sequence[str]) -> list[Known]:
    found = queries.by_id(transaction.db, transaction.now, claim_ids)
    return [found[each] for each in claim_ids]


def tell_given(
    transaction: Transaction, me: str, given: Sequence[Known], author: str, message_id: str
) -> None:
    """Tells by mail who has the claims now.

    Args:
        transaction: in which it happens.
        me: who handed them over.
        given: the claims.
        author: under which name the daemon speaks.
        message_id: for the message.
    """
    if given:
        receiver = given[0].claim.agent_id
        lines = [f"- `{each.claim.what}` until {minute(each.claim.until)}" for each in given]
        notes = sorted({each.claim.note for each in given if each.claim.note})
        text = "\n".join((f"@{me} handed over to you:\n", *lines, *(f"\n{note}" for note in notes)))
        key = f"claim given {given[0].claim.claim_id}"
        _write(transaction, author, message_id, key, receiver, text)


def tell_ended(
    transaction: Transaction, me: str, ended: Sequence[Known], author: str, ids: Iterator[str]
) -> None:
    """Tells by mail those whose claims somebody else has ended; the rest as above."""
    owners: dict[str, list[Known]] = {}
    for each in ended:
        owners.setdefault(each.claim.agent_id, []).append(each)
    for owner, known in owners.items():
        whats = listed([f"`{each.claim.what}`" for each in known])
        text = f"@{me} ended your claim to {whats}. It is yours no more; others may claim it now."
        key = f"claim ended {known[0].claim.claim_id}"
        _write(transaction, author, next(ids), key, owner, text)


def _write(
    transaction: Transaction, author: str, message_id: str, key: str, to: str, text: str
) -> None:
    send_once(
        transaction,
        message_id,
        author=author,
        key=key,
        within_ns=DAY_NS,
        to=[to],
        text=text,
    )
