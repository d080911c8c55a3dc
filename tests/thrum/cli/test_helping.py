"""Help as text that fits, and as a document."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rows import row
from thrum.cli import examples, helping, signature, table
from thrum.cli.examples import Example


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_help_is_wider_than_the_terminal(world: Any, columns: int) -> None:
    for name in ("", *table.GROUPS, *table.COMMANDS):
        out = world.run(*name.split(), "--help", columns=columns).out
        wide = [line for line in out.splitlines() if len(line) > min(columns, helping.WIDEST)]
        # One word that is longer than the terminal stays whole: it is there to be copied.
        assert [line for line in wide if len(line.split()) > 2] == [], name


def test_a_commands_help_has_examples_and_says_how_it_ends(world: Any) -> None:
    for name in table.COMMANDS:
        with row(name):
            out = world.run(*name.split(), "--help").out
            assert out.startswith(f"Usage: thrum {name}")
            for each in examples.of(name):
                assert f"$ {each.line.split()[0]}" in out
                assert f"# {each.does}" in out
            assert "Exit" in out or "exit" in out
            flat = " ".join(out.split())
            for parameter in signature.parameters(signature.load(table.COMMANDS[name])):
                assert all(flag in flat for flag in parameter.flags)
                assert " ".join(parameter.help.split()) in flat
            assert "<str>" not in out
            assert "<int" not in out


def test_a_long_example_goes_on_in_the_next_line_as_a_shell_reads_it() -> None:
    text = helping._example(Example("thrum send 'two words here' --to @somebody", "x"), 28)
    assert text == ("  $ thrum send \\\n    'two words here' --to \\\n    @somebody\n    # x\n")
    line = "thrum send 'a b' --to @nux"
    assert helping._example(Example(line, "x"), 80) == f"  $ {line}\n    # x\n"


def test_the_commands_as_a_document(world: Any) -> None:
    document = world.run("--json").document
    assert {each["name"] for each in document["commands"]} == set(table.COMMANDS) - {"complete"}
    assert {each["name"] for each in document["topics"]} >= {"addressing", "exit-codes"}
    assert document == world.run("--help", "--json").document
    assert {each["name"] for each in world.run("group", "--json").document["commands"]} == {
        f"group {word}" for word in table.subcommands("group")
    }


def test_a_command_as_a_document(world: Any) -> None:
    document = world.run("send", "--help", "--json").document
    assert document["name"] == "send"
    by_name = {each["name"]: each for each in document["parameters"]}
    assert by_name["--to"] | {"help": ""} == {
        "name": "--to",
        "flags": ["--to"],
        "takes": "WHO",
        "repeats": True,
        "required": False,
        "help": "",
    }
    assert by_name["--broadcast"]["takes"] == ""
    assert by_name["MESSAGE"]["flags"] == []
    assert len(document["examples"]) >= 2
