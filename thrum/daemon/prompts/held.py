"""A question whose hook waits for an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import anyio
from msgspec import Struct, field

from thrum.daemon.delivery.given import Seat


def _nothing(_is_answered: bool) -> None:
    """Nobody is held up."""


class Question(NamedTuple):
    """What a hook asks.

    Attributes:
        seat: which session asks.
        tool: what the agent wants to use.
        details: for what.
        asks_meanwhile: whether the runtime's own dialog is open while the hook waits.
        is_helper: whether a helper of the session asks, whose turn is not the session's.
    """

    seat: Seat
    tool: str
    details: str
    asks_meanwhile: bool
    is_helper: bool


class Decision(NamedTuple):
    """The answer, and whose it is."""

    is_allowed: bool
    by: str


class Held(Struct, eq=False):
    """One that waits.

    Attributes:
        question: what was asked.
        message_id: of the message that told of it.
        until: when the hook goes on without an answer, by the clock that only goes forward.
        release: called once nobody waits any more, with whether there was an answer.
        decision: the answer; None while there is none.
        done: set when there is one, or will be none.
    """

    question: Question
    message_id: str
    until: float
    release: Callable[[bool], None] = _nothing
    decision: Decision | None = None
    done: anyio.Event = field(default_factory=anyio.Event)

    def ends(self, decision: Decision | None = None) -> None:
        """Notes the answer, or that there will be none; the first word counts."""
        if not self.done.is_set():
            self.decision = decision
            self.done.set()
