"""The help of a command, as Typer writes it."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
import typer

from thrum.cli import takes, typed
from thrum.cli.context import Context


def greet(
    context: Context,
    name: Annotated[str, typer.Argument(help="whom"), takes.AGENT],
    loud: Annotated[bool, typer.Option("--loud", help="shout")] = False,
) -> int:
    """Say hello.

    To somebody.
    """
    context.say(name.upper() if loud else name)
    return 3


def test_the_help_has_all_that_is_declared() -> None:
    text = typed.help_text("be greet", greet, 80)
    assert text.startswith("Usage: thrum be greet")
    for part in ("Say hello.", "To somebody.", "whom", "--loud", "shout"):
        assert part in text
    assert "context" not in text


@pytest.mark.parametrize("columns", [40, 80, 300])
def test_the_help_fits(columns: int) -> None:
    text = typed.help_text("greet", greet, columns)
    assert max(len(line) for line in text.splitlines()) <= columns


def test_a_command_with_a_context_runs(world: Any) -> None:
    context = world.context([])
    command = typed.command("greet", greet, context)
    assert command.main(["nux", "--loud"], standalone_mode=False) == 3
    assert context.stdout.getvalue() == "NUX\n"


def test_a_command_without_one_is_only_described() -> None:
    with pytest.raises(RuntimeError, match="described"):
        typed.command("greet", greet).main(["nux"], standalone_mode=False)
