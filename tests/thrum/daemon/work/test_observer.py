"""Asking for a look: each worktree once, with a limit for everything."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from thrum.daemon.work import observer as module
from thrum.daemon.work.deadline import Deadline, Expired
from thrum.daemon.work.observer import Observer
from thrum.daemon.work.reading import GitWork, Reader


class Held(Reader):
    """Looks only when it is let; remembers where it looked, and on which threads."""

    def __init__(self, repository: Path) -> None:
        super().__init__(repository)
        self.begun, self.let = threading.Event(), threading.Semaphore(0)
        self.looks: list[str] = []
        self.threads: set[int] = set()

    def read(self, worktree: str, deadline: Deadline | None = None) -> GitWork:
        self.looks.append(worktree)
        self.threads.add(threading.get_ident())
        self.begun.set()
        assert self.let.acquire(timeout=20)
        if worktree == "slow":
            raise Expired
        if worktree == "odd":
            raise RuntimeError("a defect")
        return GitWork(branch=worktree)


@pytest.fixture
def held(tmp_path: Path) -> Held:
    return Held(tmp_path)


def observer(held: Held, tmp_path: Path) -> Observer:
    return Observer(tmp_path, make=lambda _: held)


async def begun(held: Held) -> None:
    await asyncio.to_thread(held.begun.wait, 20)


def test_many_who_ask_share_one_look(held: Held, tmp_path: Path) -> None:
    watching = observer(held, tmp_path)

    async def run() -> list[Any]:
        first = asyncio.create_task(watching.look("a"))
        await begun(held)
        # The look that goes on may have missed what these know of.
        later = [asyncio.create_task(watching.look(name)) for name in "abababab"]
        await asyncio.sleep(0)
        held.let.release(20)
        return await asyncio.gather(first, *later)

    found = asyncio.run(run())
    assert [each.branch for each in found] == ["a", *"abababab"]
    assert held.looks == ["a", "a", "b"]
    assert len(held.threads) == 1
    assert threading.get_ident() not in held.threads
    assert watching.close(20)


def test_who_waits_too_long_gets_nothing_and_holds_up_nobody(held: Held, tmp_path: Path) -> None:
    watching = observer(held, tmp_path)

    async def run() -> tuple[Any, Any]:
        patient = asyncio.create_task(watching.look("a"))
        hasty = await watching.look("a", limit_s=0.01)
        held.let.release(5)
        return hasty, await patient

    hasty, patient = asyncio.run(run())
    assert hasty is None
    assert patient.branch == "a"
    assert watching.close(20)


def test_a_look_that_fails_ends_by_itself(held: Held, tmp_path: Path) -> None:
    watching = observer(held, tmp_path)
    held.let.release(5)

    async def run() -> list[Any]:
        return [await watching.look(name) for name in ("slow", "odd", "a")]

    slow, odd, fine = asyncio.run(run())
    assert (slow, odd) == (None, None)
    assert fine.branch == "a"
    assert watching.close(20)


def test_past_the_bound_nobody_looks(
    held: Held, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    watching = observer(held, tmp_path)

    async def run() -> list[Any]:
        first = asyncio.create_task(watching.look("a"))
        await begun(held)
        later = [asyncio.create_task(watching.look(name)) for name in "bcdb"]
        await asyncio.sleep(0)
        held.let.release(20)
        return await asyncio.gather(first, *later)

    found = asyncio.run(run())
    assert [each and each.branch for each in found] == ["a", "b", "c", None, "b"]
    assert watching.close(20)


def test_closing_answers_who_waits(held: Held, tmp_path: Path) -> None:
    watching = observer(held, tmp_path)

    async def run() -> list[Any]:
        asked = [asyncio.create_task(watching.look("a"))]
        await begun(held)
        asked.append(asyncio.create_task(watching.look("b")))
        await asyncio.sleep(0)
        assert not watching.close(0.01)
        held.let.release(5)
        return [*await asyncio.gather(*asked), await watching.look("c")]

    first, second, third = asyncio.run(run())
    assert first.branch == "a"
    assert (second, third) == (None, None)
    assert watching.close(20)
