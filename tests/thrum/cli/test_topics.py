"""Texts about what several commands share."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from thrum.cli import table
from thrum.cli.environment import VARIABLES
from thrum.cli.topics import TOPICS

ROOT = Path(__file__).parents[3]


def test_the_help_of_the_program_names_every_topic() -> None:
    assert table.LEARN["thrum help TOPIC"].split(", ") == list(TOPICS)
    assert not set(TOPICS) & {*table.COMMANDS, *table.GROUPS}


@pytest.mark.parametrize("name", TOPICS)
def test_a_topic_names_only_commands_and_pages_that_exist(name: str) -> None:
    text = TOPICS[name].text
    assert TOPICS[name].summary
    for line in re.findall(r"`thrum ([a-z -]+)", text):
        words = line.split()
        known = [*table.COMMANDS, *table.GROUPS]
        assert not words or any(" ".join(words[:n]) in known for n in (1, 2)), line
    for page in re.findall(r"docs/[a-z-]+\.md", text):
        assert (ROOT / page).is_file(), page


def test_every_variable_is_told() -> None:
    text = TOPICS["environment"].text
    assert all(f"{names}: {meaning}" in text for names, meaning in VARIABLES.items())
    assert "daemon status" in TOPICS["exit-codes"].text
