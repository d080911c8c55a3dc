"""Choices of dialogs: which there are, and which allows no more than what is asked for."""

from __future__ import annotations

import pytest

from thrum.runtimes.screens import choices


def test_choices_stand_in_frames_and_behind_arrows() -> None:
    rows = [
        "│ › 1. Yes, allow once   │",
        "│   2. Always allow        │",
        "┃ ● 3. No (esc)",
        " [4] d",
    ]
    assert choices.of(rows) == [
        ("1", "Yes, allow once", True),
        ("2", "Always allow", False),
        ("3", "No (esc)", True),
        ("4", "d", False),
    ]
    assert choices.of(["1.5 seconds", "10. ten", "see 1. there", "v1. x", ""]) == []


@pytest.mark.parametrize(
    "text",
    [
        "Yes, and don't ask again for commands that start with `touch`",
        "Yes, and always allow access to repo/ from this project",
        "Always allow run 'touch *' commands for this user",
        "Allow for this session",
        "Yes, allow all edits during this session (shift+tab)",
        "Yes, and auto-accept edits",
        "Allow in this conversation",
        "Yes, from now on",
        "Approve and remember",
        "Run everything",
        "Yes, and whatever comes next",
    ],
)
def test_what_allows_for_longer_is_no_way_to_allow(text: str) -> None:
    assert choices.number([choices.Choice("1", text, is_chosen=True)], allowing=True) == ""


@pytest.mark.parametrize(
    "text", ["Yes", "Yes, proceed (y)", "Yes, allow once", "Allow once", "Run"]
)
def test_what_allows_once(text: str) -> None:
    assert choices.Choice("1", text, is_chosen=False).allows


@pytest.mark.parametrize(
    "text",
    ["No", "No, and tell Claude what to do differently", "No, suggest changes (esc)", "Deny"],
)
def test_what_denies(text: str) -> None:
    assert choices.Choice("1", text, is_chosen=False).denies
    assert not choices.Choice("1", text, is_chosen=False).allows


def test_of_two_that_allow_nobody_knows_which() -> None:
    rows = [" 1. Yes", " 2. Yes, run it", " 3. No"]
    assert choices.number(choices.of(rows), allowing=True) == ""
    assert choices.number(choices.of(rows), allowing=False) == "3"


def test_a_menu_has_an_arrow_and_two_choices() -> None:
    assert choices.is_menu(choices.of(["❯ 1. a", "  2. b"]))
    assert not choices.is_menu(choices.of(["1. a", "2. b"]))
    assert not choices.is_menu(choices.of(["❯ 1. a"]))
