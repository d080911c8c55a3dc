"""When a full session is restarted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from thrum.daemon.delivery.given import Seat
from thrum.daemon.delivery.service import Delivery
from thrum.daemon.delivery.sitting import Doing, Sitting
from thrum.daemon.restart.restarting import Asked
from thrum.daemon.restart.service import Full, Restart
from thrum.daemon.restart.turns import AUTO_KEY, NOTICE_NS, STILL_NS, Turns, is_over
from thrum.errors import ThrumError
from thrum.identity import files
from thrum.runtimes import registry
from thrum.snapshots.seeking import Transcript

TOLD = 1_000_000_000_000
LATER = TOLD + 2 * NOTICE_NS


@pytest.mark.parametrize(
    ("doing", "since_ns", "now_ns", "over"),
    [
        (Doing.IDLE, TOLD + NOTICE_NS, LATER, True),
        (Doing.IDLE, TOLD - NOTICE_NS, TOLD + NOTICE_NS, True),
        # The notice may wake it yet; or it ended its turn only now, and mail has it go on.
        (Doing.IDLE, TOLD - NOTICE_NS, TOLD + NOTICE_NS - 1, False),
        (Doing.IDLE, LATER - STILL_NS + 1, LATER, False),
        (Doing.BUSY, TOLD, LATER, False),
        (Doing.ASKING, TOLD, LATER, False),
        (Doing.ENDED, TOLD, LATER, False),
    ],
)
def test_a_turn_is_over(doing: Doing, since_ns: int, now_ns: int, over: bool) -> None:
    assert is_over(Sitting(doing=doing, since_ns=since_ns), TOLD, now_ns) is over


class Desk:
    """Furiosa, whose session is full and lives in tmux; and what is restarted."""

    def __init__(self, node: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.node, self.asked = node, list[Asked]()
        self.refusal: ThrumError | None = None
        service = node.parts.service(Restart)
        self.turns = Turns(service)
        node.agent("furiosa")
        self.home: Path = node.homes["furiosa"]
        self.says(tmux_session="tank:0.0")
        transcript = Transcript(self.home / "x", registry.adapter("claude"), "s1", "hook")
        self.found = Full(Seat("furiosa", "claude", "s1"), self.home, 90.0, transcript)
        self.sitting = node.parts.service(Delivery).sitting(self.found.seat)
        self.sitting.since_ns = 1
        monkeypatch.setattr(service, "restart", self._restart)

    def says(self, **about: object) -> None:
        files.write(files.folder(self.home), "furiosa", "2026-01-01T00:00:00Z", **about)

    async def _restart(self, asked: Asked) -> None:
        self.asked.append(asked)
        if self.refusal is not None:
            raise self.refusal

    def later(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Lets the time pass in which the notice may wake it."""
        now_ns = self.node.parts.now_ns() + NOTICE_NS
        monkeypatch.setattr(self.node.parts.setting.clock, "now_ns", lambda: now_ns)

    def take(self) -> None:
        anyio.run(self.turns.take, self.found)

    def look(self) -> int:
        """How often a restart was asked for so far."""
        anyio.run(self.turns.look)
        return len(self.asked)


@pytest.fixture
def desk(node: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    made = Desk(node, monkeypatch)
    node.parts.config.set(AUTO_KEY, True)
    return made


def test_it_is_restarted_once_when_its_turn_has_ended(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.sitting.doing = Doing.BUSY
    desk.take()
    desk.later(monkeypatch)
    assert desk.look() == 0
    desk.sitting.doing = Doing.IDLE
    assert desk.look() == 1
    # As if it had asked itself: it was told a while ago, and is not asked once more.
    assert desk.asked[0] == Asked("tank", by="furiosa")
    assert desk.look() == 1


def test_while_somebody_types_there_it_waits(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.refusal = ThrumError("conflict", "somebody types")
    desk.take()
    desk.later(monkeypatch)
    assert [desk.look(), desk.look()] == [1, 2]
    desk.refusal = ThrumError("not_found", "it is gone")
    assert [desk.look(), desk.look()] == [3, 3]


@pytest.mark.parametrize("why", ["off", "no tmux", "ended"])
def test_it_is_left_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    if why == "off":
        desk.node.parts.config.set(AUTO_KEY, False)
    desk.take()
    desk.later(monkeypatch)
    if why == "no tmux":
        desk.says(tmux_session="")
    if why == "ended":
        desk.sitting.doing = Doing.ENDED
    assert desk.look() == 0
    desk.says(tmux_session="tank:0.0")
    desk.sitting.doing = Doing.IDLE
    assert desk.look() == 0  # it is not looked at again
