"""Commands as Typer sees them, which writes their help."""

from __future__ import annotations

import inspect
from typing import Any

import typer

from thrum.cli import signature, table
from thrum.cli.context import Context
from thrum.cli.signature import Command


def command(name: str, function: Command, context: Context | None = None) -> Any:
    """The Typer command of a function whose first parameter is the context.

    Typer sees the other parameters only.
    """
    hints = signature.hints(function, typer)
    own = list(inspect.signature(function).parameters.values())[1:]

    def bound(**values: Any) -> int | None:
        if context is None:
            raise RuntimeError("a command without a context is only there to be described")
        return function(context, **values)

    described: Any = bound
    described.__name__ = function.__name__
    described.__doc__ = function.__doc__
    described.__annotations__ = {p.name: hints[p.name] for p in own}
    described.__signature__ = inspect.Signature([p.replace(annotation=hints[p.name]) for p in own])
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name.rpartition(" ")[2], add_help_option=False)(described)
    return typer.main.get_command(app)


def help_text(name: str, function: Command, columns: int) -> str:
    """The help of one command; the flags of every command are named at its end."""
    made = command(name, function)
    context = made.make_context(
        f"thrum {name}", [], resilient_parsing=True, max_content_width=min(columns, 100)
    )
    return f"{made.get_help(context).strip()}\n\n{table.GLOBAL_SHORT}"
