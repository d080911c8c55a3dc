"""Telling both sides and a person, once, that an exchange is held."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from thrum.clock import format_ns
from thrum.daemon.loops.exchange import HOUR_NS, Exchange
from thrum.daemon.projection.queries import agents as agent_queries
from thrum.daemon.rpc.rights import COORDINATOR
from thrum.daemon.saying import send_once
from thrum.daemon.transaction import Transaction
from thrum.names import is_person

MOST_TOLD: Final = 10
"""People or coordinators who are told besides the parties."""

_DAY_NS: Final = 24 * HOUR_NS


def send(transaction: Transaction, found: Exchange, author: str, message_id: str) -> str:
    """Sends the notice unless it was sent before; its id.

    It answers what was said last, so a person's answer to it stands in the thread, too.

    Args:
        transaction: where it is sent.
        found: the exchange, which is held.
        author: who says it: the supervisor.
        message_id: for the notice.
    """
    in_charge = agent_queries.in_charge(transaction.db, COORDINATOR)
    return send_once(
        transaction,
        message_id,
        author=author,
        key=f"loop {found.id} {found.told_by}",
        within_ns=_DAY_NS,
        to=[*sorted(found.parties), *_people(in_charge, found)],
        text=text(found),
        reply_to=found.told_by,
    )


def _people(in_charge: Iterable[str], found: Exchange) -> list[str]:
    """People; where there are none, coordinators who take no part."""
    known = sorted(set(in_charge) - found.parties)
    return [each for each in known if is_person(each)][:MOST_TOLD] or known[:MOST_TOLD]


def text(found: Exchange) -> str:
    """What is said."""
    names = " and ".join(f"@{each}" for each in sorted(found.parties))
    until = format_ns(found.since_ns + HOUR_NS)[11:16]
    return (
        f"{names} have answered each other {found.answers} times without a person's word or a"
        " commit. What they write to each other is still stored and stands in their inboxes, but is"
        " brought to their sessions only when a person writes to one of them, one of them commits,"
        f" somebody types `thrum loops release {found.id}`, or at {until} UTC. If there is nothing"
        " new to say, stop; if you wait for a decision, say which one to a person."
    )
