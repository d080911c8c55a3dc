"""Which worktrees are looked at again, and when."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import anyio
import msgspec
import pytest

from thrum.daemon.callers.looker import Looker
from thrum.daemon.callers.looker import silent as refusal
from thrum.daemon.work.following import AT_ONCE, FILES_S, RECORDS_SHARE, SHARE, Following, Pace
from thrum.daemon.work.records import Stamp


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def looker() -> Iterator[Looker]:
    made = Looker()
    yield made
    made.close()


class Deaf(Looker):
    """Gets no answer of some places."""

    silent: set[str] = msgspec.field(default_factory=set)

    async def ask(self, place: str, question: Callable[[], Any], limit_s: float = 0) -> Any:
        if place in self.silent:
            raise refusal(place)
        return question()


def test_only_those_that_moved_are_named(looker: Looker) -> None:
    stamps: dict[str, Stamp] = {"/a": (1,), "/b": (1,), "/c": ()}

    async def run() -> None:
        following = Following(looker, Clock(), lambda worktree: stamps[worktree])
        assert await following.moved(stamps) == set(), "nothing is known to have moved at first"
        assert sorted(following.worktrees) == ["/a", "/b", "/c"]
        assert await following.moved(stamps) == set()
        stamps["/b"], stamps["/c"] = (2,), (1,)
        assert await following.moved(stamps) == {"/b", "/c"}
        assert await following.moved(stamps) == set()
        stamps["/a"] = ()
        assert await following.moved(["/a", "/a"]) == {"/a"}
        assert following.worktrees == ["/a"]
        stamps["/b"] = (3,)
        assert await following.moved(stamps) == set(), "it was left out for a while"

    anyio.run(run)


def test_one_that_does_not_answer_has_not_moved_and_is_not_forgotten() -> None:
    looker = Deaf()
    stamps: dict[str, Stamp] = {"/a": (1,), "/b": (1,)}

    async def run() -> None:
        following = Following(looker, Clock(), lambda worktree: stamps[worktree])
        await following.moved(stamps)
        looker.silent = {"/a"}
        stamps["/a"] = stamps["/b"] = (2,)
        assert await following.moved(stamps) == {"/b"}
        looker.silent = set()
        assert await following.moved(stamps) == {"/a"}

    anyio.run(run)


@pytest.mark.parametrize("took_s", [0.0, 0.01, FILES_S / SHARE, 0.5, 8.0])
@pytest.mark.parametrize(
    ("kind", "least_s", "share"), [("files", FILES_S, SHARE), ("records", 0, RECORDS_SHARE)]
)
def test_looks_are_the_more_seldom_the_longer_they_take(
    looker: Looker, took_s: float, kind: str, least_s: float, share: float
) -> None:
    clock = Clock()
    pace: Pace = getattr(Following(looker, clock), kind)
    assert pace.is_time(), "the first is due at once"
    clock.now += took_s
    pace.done()
    pause = max(least_s, share * took_s)
    clock.now += 0.9 * pause
    assert pace.is_time() is (pause == 0)
    clock.now += 0.11 * pause
    assert pace.is_time()
    assert pace.is_time(), "one that failed is done again"


@pytest.mark.parametrize("count", [1, AT_ONCE, 5 * AT_ONCE])
def test_few_are_asked_for_at_once_and_all_are(count: int) -> None:
    class Counting(Deaf):
        now: int = 0
        most: int = 0

        async def ask(self, place: str, question: Callable[[], Any], limit_s: float = 0) -> Any:
            self.now += 1
            self.most = max(self.most, self.now)
            await anyio.lowlevel.checkpoint()
            self.now -= 1
            return await super().ask(place, question, limit_s)

    async def run() -> None:
        looker, stamp = Counting(), 1
        worktrees = [f"/{number}" for number in range(count)]
        looker.silent = {"/0"}
        following = Following(looker, Clock(), lambda _: (stamp,))
        await following.moved(worktrees)
        stamp = 2
        assert await following.moved(worktrees) == set(worktrees[1:])
        assert looker.most <= AT_ONCE

    anyio.run(run)
