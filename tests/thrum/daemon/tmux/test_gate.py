"""A line is free where it is seen to be, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests import panes
from thrum.daemon.nudges import words
from thrum.daemon.tmux import gate
from thrum.daemon.tmux.guard import HANDS_OFF_S, Client, Facts
from thrum.daemon.tmux.panes import Pane
from thrum.runtimes.screens.shown import Cursor, Shown

HERE = Path("/repo/.thrum")
PANE = Pane("$1", "%1", 0, 0, False, False, 7, 90, "api", "claude", "/repo", str(HERE), "%1")
RULE = "─" * 30


def facts(shown: Shown | None, **otherwise: object) -> Facts:
    return replace(Facts(PANE, (), HERE, shown), **otherwise)


def line(text: str) -> Shown:
    rows = ("● done", RULE, *f"❯ {text}".split("\n"), RULE)
    return Shown(rows, Cursor(2, 2 + len(text)))


@pytest.mark.parametrize("pane", panes.every(), ids=lambda each: each.id)
def test_only_idle_screens_are_free(pane: panes.Pane) -> None:
    against = gate.free(pane.runtime)(facts(pane.shown))
    assert (against == "") == pane.name.startswith("idle")
    assert gate.holding(pane.runtime, words.is_nudge)(facts(pane.shown))


def test_whatever_else_is_against_it_counts_first() -> None:
    idle = facts(line(""))
    free = gate.free("claude")
    assert free(idle) == ""
    assert "shell" in free(replace(idle, pane=replace(PANE, command="-zsh")))
    assert "ended" in free(replace(idle, pane=replace(PANE, is_dead=True)))
    assert "copy mode" in free(replace(idle, pane=replace(PANE, is_in_mode=True)))
    assert "not one of" in free(replace(idle, pane=replace(PANE, owner="/other/.thrum")))
    assert "gone" in free(replace(idle, pane=None))
    assert "types" in free(replace(idle, clients=(Client("$1", HANDS_OFF_S - 1),)))
    assert free(replace(idle, clients=(Client("$2", 0), Client("$1", 50)))) == ""
    assert free(replace(idle, shown=None))
    assert gate.free("nobody-knows")(idle)


def test_our_word_is_known_in_the_line() -> None:
    said = words.nudge(["nux", "dag"])
    holding = gate.holding("claude", words.is_nudge)
    assert holding(facts(line(said))) == ""
    assert holding(facts(line(f"{said[:40]}\n  {said[40:]}"))) == ""
    for other in ("", "Z", f"Z{said}", f"{said}Z", said[:-3]):
        assert holding(facts(line(other)))
    busy = line(said)
    assert holding(facts(replace(busy, rows=("✻ Working…", *busy.rows[1:]))))
    assert "types" in holding(facts(line(said), clients=(Client("$1", 1),)))
