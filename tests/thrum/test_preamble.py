"""What an agent is told at first can be done."""

from __future__ import annotations

import re

from thrum import preamble
from thrum.cli.table import COMMANDS


def test_it_names_the_agent_and_only_commands_that_there_are() -> None:
    text = preamble.default("furiosa")
    assert "@furiosa" in text.splitlines()[0]
    assert "{" not in text
    told = [words for line in re.findall(r"`thrum ([^`]*)`", text) if (words := line.split())]
    assert len(told) > 4
    for words in told:
        assert words[0] in COMMANDS or " ".join(words[:2]) in COMMANDS, words


def test_a_name_is_taken_as_it_is() -> None:
    assert "@{0} {agent}" in preamble.default("{0} {agent}")
