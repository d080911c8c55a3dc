"""Where an agent is at home by its registrations: one rule, the same on every replica.

A registration that moves the agent bears a number, one more than that of the move before. The move
with the highest number counts; of several with the same number, made by clones that did not know of
each other, the last one. Clocks decide only between those. Registrations without a number come from
where the agent already lives, or from a program that knows of no moves: they change who it is, but
never where, and once it has moved those of other clones no longer count.
"""

from __future__ import annotations

from collections.abc import Sequence

from thrum.daemon.projection.apply.stored import key
from thrum.events import AgentRegister


def last_move(registrations: Sequence[AgentRegister]) -> AgentRegister | None:
    """The registration that brought the agent to where it is at home; None if it never moved."""
    moves = (each for each in registrations if each.moves)
    return max(moves, key=lambda each: (each.moves, key(each)), default=None)


def counting(registrations: Sequence[AgentRegister]) -> list[AgentRegister]:
    """Those that say who the agent is: all until its last move, then those of its home."""
    move = last_move(registrations)
    if move is None:
        return list(registrations)
    return [
        each
        for each in registrations
        if key(each) <= key(move) or each.origin_daemon == move.origin_daemon
    ]
