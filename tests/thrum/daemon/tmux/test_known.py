"""Prompts are known of the program that showed them."""

from __future__ import annotations

from msgspec.structs import replace

from tests.thrum.daemon.tmux.test_guard import PANE
from thrum.daemon.tmux.known import MOST, KnownPrompts


def test_a_prompt_is_that_of_the_program_in_the_pane() -> None:
    known = KnownPrompts()
    known.keep(PANE, "$ ")
    known.keep(PANE, "~ $ ")
    assert known.of(PANE) == "~ $ "
    assert known.of(replace(PANE, pid=PANE.pid + 1)) == ""


def test_it_has_a_bound() -> None:
    known = KnownPrompts()
    for number in range(MOST + 1):
        known.keep(replace(PANE, pid=number), "$ ")
    assert [known.of(replace(PANE, pid=each)) for each in (0, 1, MOST)] == ["", "$ ", "$ "]
