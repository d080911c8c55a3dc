"""Who follows what, and what is told; the daemon's pushes are tried with the real server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anyio
import pytest

from thrum.errors import ThrumError
from thrum.mcp import watching
from thrum.mcp.outside import Me, Outside
from thrum.mcp.resources import INBOX, TEAM
from thrum.mcp.watching import Watcher


class Place:
    """A team that changes, and a daemon that is away for those who listen.

    Attributes:
        looks: how often the team was looked at.
        tries: how often somebody wanted to listen.
        told: which resources were said to have changed.
    """

    def __init__(self) -> None:
        self.members: list[dict[str, Any]] = [{"agent_id": "nux", "role": "tester"}]
        self.looks = 0
        self.tries = 0
        self.told: list[str] = []
        self.is_away = False

    def call(self, method: str, params: Mapping[str, object], timeout: float | None = None) -> Any:
        assert method == "team.list"
        self.looks += 1
        if self.is_away:
            raise ThrumError("daemon_down", "nobody answers")
        return {"members": [dict(each) for each in self.members]}

    def connect(self) -> Any:
        self.tries += 1
        raise ThrumError("daemon_down", "nobody answers")

    async def tell(self, uri: str) -> None:
        self.told.append(uri)

    def watcher(self) -> Watcher:
        outside = Outside(
            me=lambda: Me("furiosa", "implementer"),
            call=self.call,
            connect=self.connect,
            prime=str,
            random_hex=str,
            monotonic=lambda: 0.0,
            now_ns=lambda: 0,
        )
        return Watcher(outside, self.tell)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "LOOK_S", 0.01)


async def until_looked(place: Place, more: int = 3) -> None:
    upto = place.looks + more
    while place.looks < upto:
        await anyio.sleep(0.01)


def test_a_change_of_the_team_is_told_once_to_those_who_follow_it() -> None:
    async def watch() -> None:
        place = Place()
        watcher = place.watcher()
        async with anyio.create_task_group() as group:
            group.start_soon(watcher.run)
            await anyio.sleep(0.05)
            assert place.looks == 0  # nobody follows it
            watcher.follow(TEAM)
            await until_looked(place)
            assert place.told == []
            place.members.append({"agent_id": "max", "role": "dev"})
            await until_looked(place)
            assert place.told == [TEAM]
            place.is_away = True
            await until_looked(place)
            place.is_away = False
            place.members.pop()
            await until_looked(place)
            assert place.told == [TEAM, TEAM]  # also of what changed while nobody could look
            watcher.leave(TEAM)
            assert not watcher.is_followed(TEAM)
            group.cancel_scope.cancel()

    anyio.run(watch)


def test_who_follows_twice_follows_until_both_have_left() -> None:
    watcher = Place().watcher()
    watcher.follow(INBOX)
    watcher.follow(INBOX)
    watcher.leave(INBOX)
    assert watcher.is_followed(INBOX)
    watcher.leave(INBOX)
    watcher.leave(INBOX)
    assert not watcher.is_followed(INBOX)
    watcher.follow(INBOX)
    assert watcher.is_followed(INBOX)


def test_a_daemon_that_is_away_is_tried_again() -> None:
    async def watch() -> None:
        place = Place()
        watcher = place.watcher()
        async with anyio.create_task_group() as group:
            group.start_soon(watcher.run)
            watcher.follow(INBOX)
            while place.tries < 3:
                await anyio.sleep(0.01)
            group.cancel_scope.cancel()
        assert place.told == []

    anyio.run(watch)
