"""Asking until there is an answer."""

from __future__ import annotations

import asyncio

import anyio
import pytest

from thrum.daemon.service.clock import SystemClock
from thrum.daemon.telegram.bot_api import Away, Contended, Limited, RefusedThere, WrongToken
from thrum.daemon.telegram.patience import CONTENDED_S, LONGEST_PAUSE_S, WRONG_TOKEN_S, Patience
from thrum.errors import ThrumError


class Quick(SystemClock):
    """Lets every pause pass at once, and knows how long it would have been."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    async def wait(self, event: anyio.Event, seconds: float) -> bool:
        self.pauses.append(seconds)
        return False


def insisted(*failures: Exception) -> tuple[Quick, Patience]:
    clock = Quick()
    patience = Patience(clock)
    left = list(failures)

    async def ask() -> str:
        if left:
            raise left.pop(0)
        return "done"

    assert asyncio.run(patience.insist("x", ask)) == "done"
    return clock, patience


def test_pauses_grow_to_a_minute_and_an_answer_ends_the_trouble() -> None:
    clock, patience = insisted(*[Away("gone")] * 8)
    assert clock.pauses == [1, 2, 4, 8, 16, 32, LONGEST_PAUSE_S, LONGEST_PAUSE_S]
    assert patience.trouble == ""


def test_each_reason_has_its_pause() -> None:
    clock, _ = insisted(Limited(7), Contended("another"), WrongToken("no bot"))
    assert clock.pauses == [7, CONTENDED_S, WRONG_TOKEN_S]


def test_what_would_be_refused_again_is_not_asked_again() -> None:
    for error in (RefusedThere("no"), ThrumError("not_allowed", "no")):
        with pytest.raises(type(error), match="no"):
            insisted(error)
    clock, _ = insisted(ThrumError("storage", "full"))
    assert clock.pauses == [1]
