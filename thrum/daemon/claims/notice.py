"""Telling both of two who claimed the same in two clones, each by its own daemon, once."""

from __future__ import annotations

from typing import Final

from thrum.claims.life import LONGEST_NS
from thrum.daemon.projection.queries.claims import Claim, Contest
from thrum.daemon.saying import send_once
from thrum.daemon.transaction import Transaction

LOST: Final = "lost"
STANDS: Final = "stands"


def send(
    transaction: Transaction, contest: Contest, which: str, author: str, message_id: str
) -> None:
    """Sends the notice, unless it was sent before.

    Args:
        transaction: where it is sent.
        contest: who wanted what.
        which: of whose claim: the one that is lost or the one that stands.
        author: under which name the daemon speaks.
        message_id: for the notice.
    """
    lost, winner = contest.lost.claim, contest.winner.claim
    send_once(
        transaction,
        message_id,
        author=author,
        key=f"claim {which} {lost.claim_id} {winner.claim_id}",
        within_ns=LONGEST_NS,
        to=[(lost if which == LOST else winner).agent_id],
        text=text_of_lost(lost, winner) if which == LOST else text_of_winner(lost, winner),
    )


def text_of_lost(lost: Claim, winner: Claim) -> str:
    """What is said to who lost."""
    who = winner.agent_id
    return (
        f"Your claim to `{lost.what}` is lost: @{who} claimed `{winner.what}` in another clone"
        f" before you did, until {minute(winner.until)}.{_note(winner)} Speak with @{who} before"
        f" you go on, or wait for it with `thrum claim {lost.what} --wait 10m`."
    )


def text_of_winner(lost: Claim, winner: Claim) -> str:
    """What is said to whose claim stands."""
    return (
        f"@{lost.agent_id} claimed `{lost.what}` in another clone without knowing of your claim to"
        f" `{winner.what}`, which was earlier and stands.{_note(lost)} @{lost.agent_id} is told."
    )


def _note(claim: Claim) -> str:
    return f" @{claim.agent_id} notes: “{claim.note}”." if claim.note else ""


def minute(moment: str) -> str:
    """A moment for people, in UTC."""
    return f"{moment[:10]} {moment[11:16]} UTC"
