"""Asking a person."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.cli.steps.confirming import confirmed
from thrum.errors import ThrumError


@pytest.mark.parametrize(
    ("typed", "yes"),
    [("y\n", True), ("YES\n", True), (" y ", True), ("\n", False), ("", False), ("yep\n", False)],
)
def test_only_yes_is_yes(world: Any, typed: str, yes: bool) -> None:
    context = world.context([], terminal=True, stdin=typed)
    assert confirmed(context, "Go \x1b[2J\non?", yes=False, otherwise="no") is yes
    end = "" if typed.endswith("\n") else "\n"
    assert context.stderr.getvalue() == f"Go \\x1b[2J on? [y/N] {end}"


@pytest.mark.parametrize("terminal", [True, False])
def test_nobody_is_asked_what_the_line_says(world: Any, terminal: bool) -> None:
    context = world.context([], terminal=terminal, stdin="n\n")
    assert confirmed(context, "Go?", yes=True, otherwise="no")
    assert context.stderr.getvalue() == ""


def test_a_program_is_not_asked(world: Any) -> None:
    with pytest.raises(ThrumError, match="it is final") as caught:
        confirmed(world.context([], stdin="y\n"), "Go?", yes=False, otherwise="it is final")
    assert (caught.value.kind, caught.value.hint) == ("usage", "add --yes to do it")
