"""What a pane asks leave for is answered once, whenever the daemon is killed meanwhile."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from tests.integration.answering import answered, pause_s
from tests.integration.conftest import World, eventually
from tests.tmux import NEEDED, Tmux
from tests.tui import Tui

pytestmark = NEEDED
KEYS = {"allow": "1", "deny": "3"}
FLAGS = ("--name", "erin", "--role", "tester", "--module", "api", "--runtime", "claude")


class Room:
    """Erin's session, in which a program asks, and the lead, who answers."""

    def __init__(self, world: World) -> None:
        world.remote()
        self.world, self.main = world, world.clone("main")
        world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=self.main)
        world.settle(self.main, "lead", "--role", "coordinator", shares=False)
        world.git("worktree", "add", "-q", "../api", cwd=self.main)
        world.thrum(self.main, "tmux", "create", "api", "--cwd", "../api", *FLAGS)
        person = Tmux(world.root, Path(world.environment["HOME"]))
        self.program = Tui(person, "=api:", world.root / "tui")
        self.program.begin()
        eventually(lambda: self.program.shows("it is done"))

    @property
    def waiting(self) -> list[str]:
        """The ids of what waits for an answer."""
        found = self.world.thrum(self.main, "prompts", "--json").json["prompts"]
        return [str(each["id"]) for each in found]

    def asks(self) -> str:
        """Has the program ask, each time the same; the id of the question."""
        self.program.order("ask")
        eventually(lambda: self.waiting, 60)
        (found,) = self.waiting
        return found

    def is_over(self) -> bool:
        """Whether the program goes on; whatever is asked of the lead is answered."""
        for each in self.waiting:
            # Somebody else may have answered meanwhile, or the dialog is gone.
            self.world.thrum(self.main, "prompts", "approve", each, check=False)
        return self.program.shows("for shortcuts") and not self.waiting


def killed(room: Room, rounds: int) -> None:
    """The daemon is killed while two answer; what was said to be the answer is what was typed."""
    chance = random.Random(rounds)
    found = Counter[str]()
    for number in range(rounds):
        waits, before = room.asks(), len(room.program.noted)
        granted = answered(room.world, room.main, "lead", waits, pause_s(chance))
        found[granted or "nobody"] += 1
        room.world.thrum(room.main, "daemon", "start")
        eventually(room.is_over, 60)
        typed = room.program.noted[before:]
        assert [mode for mode, _ in typed] == ["dialog"], (number, typed)
        assert typed[0][1] in ({KEYS[granted]} if granted else set(KEYS.values())), (granted, typed)
        late = room.world.thrum(room.main, "prompts", "approve", waits, check=False)
        assert late.code == 1
    assert room.waiting == []
    print(f"told that theirs is the answer: {dict(found)}")


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_kills_at_thirty_moments_type_no_answer_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room(world)
    monkeypatch.chdir(room.main)
    killed(room, 30)
