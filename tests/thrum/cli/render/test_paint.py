"""Colours."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.cli.render.paint import NONE, Paint

MEANINGS = ("unread", "you", "good", "doubtful", "bad", "aside")


def test_each_meaning_has_a_colour_of_its_own_that_ends_with_the_text() -> None:
    painted = {getattr(Paint(is_on=True), each)("x") for each in MEANINGS}
    assert len(painted) == len(MEANINGS)
    assert all(each.startswith("\x1b[") and each.endswith("x\x1b[0m") for each in painted)
    assert {getattr(NONE, each)("x") for each in MEANINGS} == {"x"}
    assert {getattr(Paint(is_on=True), each)("") for each in MEANINGS} == {""}


@pytest.mark.parametrize(
    ("env", "terminal", "is_on"),
    [
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "xterm"}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, True),
        ({"TERM": "xterm", "CLICOLOR_FORCE": "1"}, False, True),
        ({"TERM": "xterm", "CLICOLOR_FORCE": "0"}, False, False),
        ({"TERM": "xterm", "CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_where_colours_are_used(
    world: Any, env: dict[str, str], terminal: bool, is_on: bool
) -> None:
    world.env |= env
    assert world.context([], terminal=terminal).paint.is_on is is_on


def test_json_is_never_coloured(world: Any) -> None:
    world.env |= {"TERM": "xterm", "CLICOLOR_FORCE": "1"}
    context = world.context([], terminal=True)
    context.options.json = True
    assert not context.paint.is_on
