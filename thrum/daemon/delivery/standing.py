"""Why a message that is stored waits for an agent of this clone. Pure.

The first line that holds counts:

| of the agent is known                                  | the message waits for    | since       |
|--------------------------------------------------------|--------------------------|-------------|
| it lives elsewhere, or is behind a bridge              | nobody here knows        |             |
| the guard against loops holds the message back         | `LOOP`                   | it does so  |
| it listens (``thrum wait``, MCP)                       | nothing: it comes at once|             |
| a session is idle and is woken now                     | nothing: it comes at once|             |
| a session of a runtime is in a turn                    | `TURN`                   | it began    |
| one asks for leave                                     | `LEAVE`                  | it asked    |
| one is idle, and its pane is told of mail              | `LINE`                   | it is       |
| one is idle                                            | `PERSON`                 | it is       |
| it is a person                                         | `LOOKS`                  |             |
| it has no open session                                 | `ASLEEP`                 | it ended    |
| its pane is told of mail, and no hook was ever seen    | `LINE`                   |             |
| its hooks were seen, but no session of it is known     | `TURN`                   | not known   |
| no hook of it was ever seen                            | `LOOKS`                  |             |

Sessions of a runtime that gave their last sign before the agent's session ended are over: their
program was killed, and could not say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from thrum import held
from thrum.daemon.delivery.sitting import Doing, Sitting

_HELD_BY: Final = (
    (Doing.BUSY, held.TURN),
    (Doing.ASKING, held.LEAVE),
    (Doing.IDLE, held.PERSON),
)
"""Of several sessions the one that gets it first says what it waits for."""


class Standing(NamedTuple):
    """What a message waits for, a token of `thrum.held`, and since when; 0 if nobody knows."""

    held: str = ""
    since_ns: int = 0


class Known(Struct, frozen=True, kw_only=True):
    """What is known of a recipient.

    Attributes:
        is_here: whether it is an agent or a person of this clone.
        is_person: whether it is a person.
        loop_ns: since when the guard against loops holds the message back; 0 if it does not.
        is_listening: whether somebody waits for its mail and is told at once.
        is_woken: whether a session of it is idle, and somebody waits to wake it.
        is_told: whether word of mail is typed into its pane.
        sittings: its sessions of runtimes.
        has_hooks: whether a hook of it was ever seen.
        asleep_ns: when its last session ended; 0 if one is open.
    """

    is_here: bool = True
    is_person: bool = False
    loop_ns: int = 0
    is_listening: bool = False
    is_woken: bool = False
    is_told: bool = False
    sittings: Sequence[Sitting] = ()
    has_hooks: bool = False
    asleep_ns: int = 0


def standing(known: Known) -> Standing:
    """What a stored message waits for, as the table says."""
    if not known.is_here:
        return Standing()
    if known.loop_ns:
        return Standing(held.LOOP, known.loop_ns)
    if known.is_listening or known.is_woken:
        return Standing()
    going_on = [each for each in known.sittings if each.heard_ns > known.asleep_ns]
    for doing, token in _HELD_BY:
        since = [each.since_ns for each in going_on if each.doing is doing]
        if since:
            is_told = known.is_told and doing is Doing.IDLE
            return Standing(held.LINE if is_told else token, max(since))
    if known.is_person:
        return Standing(held.LOOKS)
    if known.asleep_ns:
        return Standing(held.ASLEEP, known.asleep_ns)
    unseen = held.LINE if known.is_told else held.LOOKS
    return Standing(held.TURN if known.has_hooks else unseen)
