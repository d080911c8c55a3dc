"""One word for one thing, and what older scripts write is read all the same."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.cli import arguments, signature, table
from thrum.cli.options import Options
from thrum.cli.signature import Parameter

EVERY: list[tuple[str, Parameter]] = [
    (name, each)
    for name, entry in table.COMMANDS.items()
    for each in signature.parameters(signature.load(entry))
]
OLDER = [(name, each, flag) for name, each in EVERY for flag in each.older]
DESTROYING = {
    *("message delete", "message archive", "message delete-by-agent", "group delete", "purge"),
    *("agent delete", "agent cleanup"),
}


def test_who_destroys_asks_unless_yes_is_said_and_nobody_else_has_that_flag() -> None:
    assert {name for name, each in EVERY if "--yes" in each.flags} >= DESTROYING
    assert {each.help for name, each in EVERY if "--yes" in each.flags} == {"do not ask"}
    assert not any({"--confirm", "--no-confirm"} & {*each.flags} for _, each in EVERY)


def test_a_dry_run_changes_nothing_and_force_is_no_yes() -> None:
    dry = {name for name, each in EVERY if "--dry-run" in each.flags}
    assert dry >= {"purge", "agent cleanup", "quickstart"}
    assert not {name for name, each in EVERY if "--force" in each.flags} & DESTROYING


@pytest.mark.parametrize(("name", "parameter", "flag"), OLDER)
def test_an_older_spelling_is_read_and_not_shown(
    world: Any, name: str, parameter: Parameter, flag: str
) -> None:
    given = signature.parameters(signature.load(table.COMMANDS[name]))
    needed = ["word" for each in given if each.required and not each.flags]
    value = [] if parameter.is_switch else ["7"]
    older = arguments.bind([*needed, flag, *value], given, Options())
    newer = arguments.bind([*needed, parameter.flags[0], *value], given, Options())
    assert older == newer
    assert flag not in world.run(*name.split(), "--help").out


def test_the_spellings_that_older_scripts_use() -> None:
    assert {(name, flag) for name, _, flag in OLDER} >= {
        ("message delete", "--force"),
        ("agent delete", "--force"),
        ("agent cleanup", "--force"),
        ("purge", "--confirm"),
        ("send", "--body-file"),
        ("inbox", "--limit"),
    }
