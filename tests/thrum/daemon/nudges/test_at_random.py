"""Whatever happens in a session, and in whatever order: no key lands where it does not belong, and
each message is told of once."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable

import pytest

from tests.thrum.daemon.nudges.conftest import Told
from tests.thrum.daemon.nudges.person import Person, attached
from tests.tmux import NEEDED
from thrum.daemon.nudges import words
from thrum.daemon.tmux import guard, typist

pytestmark = NEEDED
ERASE = "\x15"
"""The key of a person who takes back what stands in the line."""

MODES = ("idle", "idle", "idle", "busy", "dialog", "gate", "menu", "strange")


class Play:
    """Steps at random, from a seed."""

    def __init__(self, told: Told, person: Person, seed: int) -> None:
        self.told, self.person, self.chance = told, person, random.Random(seed)
        self.sent: list[str] = []
        self.steps: list[Callable[[], object]] = [
            self.type,
            self.clear,
            self.clear,
            self.mode,
            self.mode,
            self.size,
            self.copy,
            self.send,
            self.rest,
        ]

    def type(self) -> None:
        self.person.type("Z" * self.chance.randint(1, 3))

    def clear(self) -> None:
        self.person.type(ERASE)

    def is_clear(self) -> bool:
        """Whether the line was emptied while it was there."""
        self.clear()
        time.sleep(0.2)
        mode, text = self.told.tui.noted[-1]
        return mode == "idle" and text.endswith(ERASE)

    def mode(self) -> None:
        self.told.tui.order(self.chance.choice(MODES))

    def size(self) -> None:
        width, height = self.chance.choice([(80, 24), (100, 30), (132, 43), (200, 50)])
        self.told.tmux.do("resize-window", "-t", "=api:", "-x", str(width), "-y", str(height))

    def copy(self) -> None:
        self.told.tmux.do("copy-mode", "-t", "=api:")
        time.sleep(self.chance.uniform(0, 0.2))
        self.told.tmux.do("copy-mode", "-q", "-t", "=api:")

    def send(self) -> None:
        self.sent += [self.told.send() for _ in range(self.chance.randint(1, 2))]

    def rest(self) -> None:
        """Long enough for a word, now and then."""
        self.clear()
        if self.chance.random() < 0.5:
            self.told.tui.order("idle")
        time.sleep(self.chance.choice([0.0, 0.1, 0.5, 2.5]))

    def go(self, steps: int) -> None:
        for _ in range(steps):
            self.chance.choice(self.steps)()
        self.send()
        self.told.tmux.do("copy-mode", "-q", "-t", "=api:")
        self.told.tui.order("idle")
        self.told.come(self.is_clear)


def told_of(said: str) -> int:
    """Of how many messages a line tells."""
    found = re.match(r"(\d+) new messages|New message", said)
    assert found and words.is_nudge(said), said
    return int(found[1] or 1)


def plays(told: Told, seed: int, steps: int) -> None:
    with attached(told.tmux, "api") as person:
        told.come(lambda: told.tmux.do("list-clients", "-t", "=api").count("\n") >= 0)
        play = Play(told, person, seed)
        play.go(steps)
        told.come(lambda: all(told.ways(each) == [("offered", "pane")] for each in play.sent))
        # What was typed is offered; the program may take a moment to read it.
        told.come(lambda: sum(map(told_of, told.tui.said)) >= len(play.sent))
    lines = [line.replace("Z", "") for line in told.tui.said]
    assert lines == told.tui.said, "a line was ended that was not ours alone"
    assert sum(map(told_of, told.tui.said)) == len(play.sent)
    asked = [each for each in told.tui.noted if each[0] in {"dialog", "gate", "menu", "strange"}]
    assert [text for _, text in asked if text.strip(f"Z{ERASE}")] == []


def hasten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has nobody wait for long for hands at the keys, or for a word that was taken back."""
    monkeypatch.setattr(guard, "HANDS_OFF_S", 1)
    monkeypatch.setattr(typist, "_UNSEEN_S", 3.0)


@pytest.mark.parametrize("look", ["claude", "codex"])
def test_no_key_lands_elsewhere(told: Told, monkeypatch: pytest.MonkeyPatch, look: str) -> None:
    hasten(monkeypatch)
    told.look = look
    told.open()
    plays(told, seed=7, steps=100)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(10))
def test_no_key_lands_elsewhere_for_long(
    told: Told, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    hasten(monkeypatch)
    plays(told, seed, steps=100)
