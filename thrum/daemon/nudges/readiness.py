"""Whether an agent's mail is to be told of now, by all that is known but the screen. Pure.

All of it counts, the longest most:

| of the agent is known                              | nothing is typed        |
|----------------------------------------------------|-------------------------|
| somebody waits to wake a session of it, or listens | until that has changed  |
| mail has begun too many turns of it in a row       | until that has changed  |
| a hook of a session asks for it right now          | until a moment later    |
| a session gave a sign, in a turn or asking         | until that is stale     |
| a person pressed a key there just now              | until a moment later    |
| something was written in its pane just now         | until that was quiet    |
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from thrum.daemon.delivery.sitting import STALE_S, Doing, Sitting

ASKED_S: Final = 1.0
"""Seconds after which it is looked again where a hook brings mail just then."""


class Doubts(Struct, frozen=True, kw_only=True):
    """What is known of an agent.

    Attributes:
        sittings: its sessions of runtimes.
        is_woken: whether somebody waits to begin a turn of one.
        is_listening: whether somebody reads its mail as it comes.
        hands_off_s: seconds for which a person's key there counts still.
        quiet_for: seconds since something was written in its pane.
        waited: seconds for which its mail has been due.
    """

    sittings: Sequence[Sitting]
    is_woken: bool
    is_listening: bool
    hands_off_s: float
    quiet_for: float
    waited: float


def pause(doubts: Doubts, now: float, quiet_s: float, deadline_s: float) -> float:
    """Seconds for which nothing is typed; infinite while only something that happens changes that.

    Args:
        doubts: what is known.
        now: the clock that only goes forward.
        quiet_s: seconds of quiet that are wanted; negative for none.
        deadline_s: seconds after which none are any more; negative likewise.
    """
    going_on = [each for each in doubts.sittings if each.doing is not Doing.ENDED]
    latest = going_on[-1] if going_on else None
    if doubts.is_woken or doubts.is_listening or (latest and not latest.may_begin_turn()):
        return math.inf
    asked = [ASKED_S for each in going_on if each.asked]
    busy = [each.sign_at + STALE_S - now for each in going_on if each.doing is not Doing.IDLE]
    is_gated = quiet_s >= 0 and deadline_s >= 0 and doubts.waited < deadline_s
    quiet = min(quiet_s - doubts.quiet_for, quiet_s) if is_gated else 0.0
    return max(0.0, quiet, doubts.hands_off_s, *asked, *busy)


def brought(sittings: Sequence[Sitting]) -> frozenset[str]:
    """The ids of what comes by itself: it is on its way, or comes with the first turn."""
    going_on = [each for each in sittings if each.doing is not Doing.ENDED]
    found: set[str] = set()
    return frozenset(found.union(*(each.on_the_way | each.lay for each in going_on)))
