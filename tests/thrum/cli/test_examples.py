"""Every command has examples, and each of them can be typed."""

from __future__ import annotations

import re
import shlex

from tests.rows import row
from thrum.cli import arguments, examples, signature, table
from thrum.cli.options import Options

LINES = [each.line for name in table.COMMANDS for each in examples.of(name)]


def test_a_command_has_two_examples_that_use_it() -> None:
    for name in table.COMMANDS:
        with row(name):
            found = examples.of(name)
            assert len(found) >= 2
            assert len({each.line for each in found}) == len(found)
            for each in found:
                assert each.does
                assert "\n" not in each.does
            assert sum(name in [used for used, _ in calls(each.line)] for each in found) >= 1


def calls(line: str) -> list[tuple[str, list[str]]]:
    """The commands of ours on a line of a shell, with the words behind them."""
    found = []
    for part in re.split(r" && | \|\| | \| |<\(", line):
        words = shlex.split(part.partition(" > ")[0].rstrip(")"), comments=False)
        while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
            words.pop(0)
        if words[:1] == ["thrum"]:
            found.append(arguments.find_command(words[1:], Options()))
    return found


def test_an_example_is_understood() -> None:
    for line in LINES:
        with row(line):
            used = calls(line)
            assert used, "it names none of our commands"
            for command, rest in used:
                parameters = signature.parameters(signature.load(table.COMMANDS[command]))
                values = arguments.bind(rest, parameters, Options())
                for each in parameters:
                    given, known = values[each.name], each.takes.words
                    if given == each.default or not each.takes.is_closed:
                        continue
                    assert {*(given if isinstance(given, list) else [given])} <= {*known}, (
                        line,
                        each.name,
                    )


def test_nothing_else_has_examples() -> None:
    assert set(examples.EXAMPLES) | set(examples.ALIASES) == set(table.COMMANDS)
    assert not set(examples.EXAMPLES) & set(examples.ALIASES)
