"""Taking, as a decision: all of what is wanted, or nothing; it is alone with the tables meanwhile.

What the caller has already is renewed, so asking twice does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from thrum import events
from thrum.claims.patterns import What
from thrum.clock import LAST_NS, format_ns, parse
from thrum.daemon.projection.queries import claims as queries
from thrum.daemon.projection.queries import sessions as session_queries
from thrum.daemon.projection.queries.claims import RELEASED, Claim, Known
from thrum.daemon.transaction import Transaction
from thrum.errors import ThrumError
from thrum.names import is_person
from thrum.plurals import counted

SECOND_NS: Final = 1_000_000_000
MOST_HELD: Final = 1000
"""Claims that an agent may hold."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an agent wants, for how long, and what it says of it."""

    agent_id: str
    whats: tuple[What, ...]
    seconds: int
    note: str = ""
    shared: bool = False


class Refused(msgspec.Struct):
    """What was not to be had, and what stands in the way."""

    what: str
    holder: Claim


@dataclass(slots=True)
class Outcome:
    """What came of a wish; where something is refused, nothing was taken."""

    taken: list[Known] = field(default_factory=list)
    refused: list[tuple[What, Known]] = field(default_factory=list)


def refusals(transaction: Transaction, wish: Wish) -> list[tuple[What, Known]]:
    """What others have of what is wanted, and who it is."""
    return [
        (what, found[0])
        for what in wish.whats
        for found in [
            queries.in_the_way(
                transaction.db, transaction.now, wish.agent_id, what, shared=wish.shared
            )
        ]
        if found
    ]


def take(transaction: Transaction, wish: Wish, ids: Sequence[str]) -> Outcome:
    """Takes what is wanted, or says what stands in the way.

    Args:
        transaction: in which it happens.
        wish: what is wanted.
        ids: for new claims, one for each thing.

    Raises:
        ThrumError: ``too_large``, the agent holds too much; ``conflict``, clocks are so far off
            that it would not count.
    """
    refused = refusals(transaction, wish)
    if refused:
        return Outcome(refused=refused)
    db, now = transaction.db, transaction.now
    own = [next(iter(queries.same(db, now, what, wish.agent_id)), None) for what in wish.whats]
    held = queries.count(db, now, wish.agent_id)
    if held + own.count(None) > MOST_HELD:
        raise ThrumError(
            "too_large",
            f"you hold {counted(held, 'claim')}, and {MOST_HELD:,} is the most",
            "release some, or claim the folder",
        )
    session_id = session_of(transaction, wish.agent_id)
    taken = [
        _have(transaction, wish, what, known, claim_id, session_id)
        for what, known, claim_id in zip(wish.whats, own, ids, strict=True)
    ]
    found = queries.by_id(transaction.db, transaction.now, taken)
    for each in taken:
        if found[each].claim.state != "held":
            raise ThrumError(
                "conflict",
                f"{found[each].claim.what} cannot be claimed: a clock is hours or days off",
                "`thrum doctor` says whose",
            )
    return Outcome(taken=[found[each] for each in taken])


def _have(
    transaction: Transaction,
    wish: Wish,
    what: What,
    own: Known | None,
    claim_id: str,
    session_id: str,
) -> str:
    """Takes one thing, or renews the claim to it; the claim's id."""
    if own is not None and own.claim.shared == wish.shared:
        renewal = events.ClaimRenew(
            claim_id=own.claim.claim_id, agent_id=wish.agent_id, until="", note=wish.note
        )
        renewal.until = after(transaction, renewal, wish.seconds)
        return transaction.emit(renewal).claim_id
    if own is not None:
        transaction.emit(events.ClaimRelease(claim_id=own.claim.claim_id, reason=RELEASED))
    taken = events.ClaimTake(
        claim_id=claim_id,
        agent_id=wish.agent_id,
        kind=what.kind,
        what=what.text,
        until="",
        session_id=session_id,
        shared=wish.shared,
        note=wish.note,
    )
    due = free_since(transaction, taken)
    taken.until = after(transaction, taken, wish.seconds, due)
    return transaction.emit(taken, due).claim_id


def free_since(transaction: Transaction, taken: events.ClaimTake) -> str:
    """A time that a claim must come after to be granted, though nothing stands in its way now.

    What another clone has ended may have lasted until a later hour by the clock of that clone.
    """
    what = What.of(taken.kind, taken.what)
    floor = ""
    while True:
        due = transaction.due(taken, floor)
        end = queries.end_of_ended(transaction.db, due, taken.agent_id, what, shared=taken.shared)
        if not end:
            return floor
        floor = end


def after(
    transaction: Transaction, event: events.AboutClaim, seconds: int, not_before: str = ""
) -> str:
    """So long after the time that the event will bear, which may be ahead of the clock."""
    due = parse(transaction.due(event, not_before))
    return format_ns(min(due + seconds * SECOND_NS, LAST_NS))


def session_of(transaction: Transaction, agent_id: str) -> str:
    """The session with which an agent's claims end; a person's end by their time alone."""
    if is_person(agent_id):
        return ""
    found = session_queries.open_session(transaction.db, agent_id)
    return found.session_id if found else ""
