"""Lines of ours in texts for agents, and whether they can be typed."""

from __future__ import annotations

import re
import shlex

from thrum.cli import arguments, signature
from thrum.cli.options import Options
from thrum.cli.table import COMMANDS

MEANT = {"NAME": "nux", "ROLE": "tester", "MODULE": "engine", "ID": "8PBN1", "@name": "@nux"}
"""What somebody types who reads these words."""


def typed(text: str) -> list[str]:
    """Every line of ours in a text: between backticks, or in a block of code."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    spans = re.findall(r"`([^`\n]*\bthrum [^`\n]*)`", prose)
    lines = [line for block in blocks for line in block.splitlines()]
    return [
        part[part.index("thrum ") :]
        for line in (*spans, *lines)
        for part in re.split(r" && | \| ", line)
        if "thrum " in part
    ]


def understood(line: str) -> str:
    """The command that a line runs.

    Raises:
        ThrumError: it would be refused.
    """
    # `a|b` stands for either.
    words = [MEANT.get(word, word).partition("|")[0] for word in shlex.split(line)]
    name, rest = arguments.find_command(words[1:], Options())
    if name == "help":
        return name
    parameters = signature.parameters(signature.load(COMMANDS[name]))
    values = arguments.bind(rest, parameters, Options())
    for each in parameters:
        known = each.takes.words
        assert not known or values[each.name] in (each.default, *known), line
    return name
