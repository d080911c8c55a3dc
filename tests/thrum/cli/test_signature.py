"""Our reading of a line against Typer's, for every command."""

from __future__ import annotations

from typing import Any

import typer

from tests.rows import row
from tests.thrum.cli import fitting
from thrum.cli import arguments, signature, table, typed
from thrum.cli.options import Options


def samples(name: str) -> list[list[str]]:
    """Lines that give a command every one of its flags and as many positionals as it takes."""
    given = signature.parameters(signature.load(table.COMMANDS[name]))
    needed = [fitting.value(each, "word") for each in given if each.required and not each.flags]
    lines = [needed]
    for each in given:
        for flag in each.flags:
            value = fitting.value(each, "a:b")
            another = each.takes.words[-1] if each.takes.is_closed else f"{value}2"
            lines.append([*needed, flag] if each.is_switch else [*needed, flag, value])
            if each.is_list:
                lines.append([*needed, flag, value, flag, another])
            if not each.is_switch and flag.startswith("--"):
                lines.append([f"{flag}={value}", *needed])
    return lines


def test_typer_reads_the_same_values() -> None:
    for name in table.COMMANDS:
        with row(name):
            function = signature.load(table.COMMANDS[name])
            for line in samples(name):
                ours = arguments.bind(line, signature.parameters(function), Options())
                theirs: dict[str, Any] = (
                    typed.command(name, function).make_context(name, list(line)).params
                )
                assert {k: v or None for k, v in ours.items()} == {
                    k: (list(v) if isinstance(v, tuple) else v) or None for k, v in theirs.items()
                }, line


def test_every_parameter_is_declared_and_explained() -> None:
    for name in table.COMMANDS:
        with row(name):
            function = signature.load(table.COMMANDS[name])
            assert function.__doc__
            for hint in list(signature.hints(function, typer).values()):
                info = getattr(hint, "__metadata__", (None,))[0]
                assert info is None or info.help


def test_no_two_commands_mean_something_else_by_one_short_flag() -> None:
    meanings: dict[str, set[str]] = {}
    for entry in table.COMMANDS.values():
        for each in signature.parameters(signature.load(entry)):
            for flag in each.flags:
                if len(flag) == 2:
                    meanings.setdefault(flag, set()).add(each.flags[0])
    assert all(len(names) == 1 for names in meanings.values()), meanings
