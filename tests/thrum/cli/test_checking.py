"""Every flag of every command: a value that cannot be one is refused before anybody is asked."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.rows import row
from tests.thrum.cli.fitting import RIGHT
from thrum.cli import checking, options, signature, table
from thrum.cli.signature import Parameter
from thrum.cli.takes import Syntax
from thrum.errors import ThrumError

WRONG: Final[dict[Syntax, tuple[str, ...]]] = {
    "pair": ("nocolon", ":value", "type:", ""),
    "duration": ("soon", "5", "", "1w", "5 m"),
    "moment": ("someday", "2026-13-01", "0d", ""),
    "name": ("Two Words", "everyone", "-x", "a" * 65, ""),
    "role": ("two words", "all", "a/b", ""),
    "member role": ("two words", "**", ""),
    "module": ("two words", "a/b", "-x", ""),
    "somebody": ("@", " ", ""),
}
OPEN: Final = {"TEXT", "PATH", "ID", "HOST", "METHOD", "TYPE", "JSON", "true|false"} | {
    "NAME",
    "SESSION",
    "NAME=VALUE",
    "CRON",
    "WHAT",
    "QUERY",
}
"""What flags take of which nobody can tell whether it is right before it is looked up."""

FLAGS: Final = [
    (name, each)
    for name, entry in table.COMMANDS.items()
    for each in signature.parameters(signature.load(entry))
    if not (each.is_switch or each.is_number)
]
CHECKED: Final = [(n, each) for n, each in FLAGS if each.takes.is_closed or each.takes.syntax]
"""A number is refused as well; tests/thrum/cli/test_app.py says so."""


def label(value: object) -> str | None:
    return value.label if isinstance(value, Parameter) else None


def bad(parameter: Parameter) -> tuple[str, ...]:
    """Values that it cannot take."""
    if parameter.takes.is_closed:
        first = parameter.takes.words[0]
        return (f"{first}x", first.upper(), "", "no such word")
    assert parameter.takes.syntax
    return WRONG[parameter.takes.syntax]


def test_a_value_that_cannot_be_one_is_not_understood(world: Any) -> None:
    for name, parameter in CHECKED:
        with row(f"{name} {parameter.label}"):
            for value in bad(parameter):
                words = [f"{parameter.flags[0]}={value}"] if parameter.flags else ["--", value]
                ran = world.run(*name.split(), *words, "--json") if parameter.flags else None
                ran = ran or world.run("--json", *name.split(), *words)
                assert (ran.code, ran.error["kind"], ran.out) == (2, "usage", ""), (value, ran.err)
            assert world.daemon.requests == []


def test_every_flag_has_a_set_or_a_syntax_or_is_open_on_purpose() -> None:
    """A new flag says which."""
    for name, parameter in FLAGS:
        takes = parameter.takes
        is_open = takes.called in {*OPEN, "TYPE:VALUE"} or "runtime" in takes.kinds
        assert takes.is_closed or takes.syntax or is_open, (name, parameter.label)
        assert takes.called != "TYPE:VALUE" or takes.syntax == "pair", (name, parameter.label)


@pytest.mark.parametrize("flag", ["--role", "--module"])
def test_so_is_that_of_a_flag_of_every_command(world: Any, flag: str) -> None:
    syntax = options.VALUES[flag].syntax
    assert syntax
    for value in WRONG[syntax]:
        for line in ((f"{flag}={value}", "inbox"), ("send", "hi", flag, value)):
            ran = world.run(*line)
            assert (ran.code, ran.err[:7]) == (2, "Error: "), line
    assert world.daemon.requests == []


@pytest.mark.parametrize("syntax", RIGHT)
def test_syntaxes(syntax: Syntax) -> None:
    for value in RIGHT[syntax]:
        checking.demand(syntax, value, "--x")
    for value in WRONG[syntax]:
        with pytest.raises(ThrumError) as refused:
            checking.demand(syntax, value, "--x")
        assert refused.value.kind == "usage"
        assert "--x" in refused.value.message


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["send", "hi", "--format", "makdown"], "did you mean markdown?"),
        (["team", "demons"], "VIEW is local or daemons, not 'demons'; did you mean daemons?"),
        (["agent", "set-status", "blcoked"], "did you mean blocked?"),
        (["completion", "bahs"], "did you mean bash?"),
        (
            ["sync", "worktree", "o"],
            "ACTION is status, on or off, not 'o'; did you mean off or on?",
        ),
        (["whoami", "--field", "agentid"], "did you mean agent_id?"),
        (["wait", "--timeout", "soon"], "write it as 30s, 5m, 1h30m or 2d"),
        (["session", "heartbeat", "--add-scope", "engine"], "as in module:auth"),
    ],
)
def test_what_was_meant_is_told(world: Any, argv: list[str], says: str) -> None:
    ran = world.run(*argv)
    assert (ran.code, says in ran.err) == (2, True), ran.err
