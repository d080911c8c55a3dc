"""A cancellation that somebody asked for passes, any other is a failure."""

from __future__ import annotations

import anyio
import pytest

from thrum.daemon.service.stray import Stray, told_apart


def test_what_was_asked_for_passes() -> None:
    async def run() -> bool:
        with anyio.CancelScope() as outer, anyio.CancelScope(), told_apart():
            outer.cancel()
            await anyio.sleep_forever()
        with anyio.move_on_after(0.001) as late, told_apart():
            await anyio.sleep_forever()
        return outer.cancelled_caught and late.cancelled_caught

    assert anyio.run(run)


def test_what_nobody_asked_for_is_a_failure() -> None:
    async def run() -> None:
        with anyio.CancelScope(), told_apart():
            raise anyio.get_cancelled_exc_class()

    with pytest.raises(Stray):
        anyio.run(run)


def test_other_failures_and_results_are_left_alone() -> None:
    async def run() -> None:
        with told_apart():
            await anyio.sleep(0)
        with told_apart():
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        anyio.run(run)
