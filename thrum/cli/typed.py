"""Commands as Typer sees them, which writes their help."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any, Final

import typer

from thrum.cli import signature
from thrum.cli.context import Context
from thrum.cli.signature import Command, Parameter

_FLAGS: Final = 30
"""Columns that flags with their values take at most."""


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
    """What a command takes, in at most so many columns."""
    made = command(name, function)
    ours = {each.name: each for each in signature.parameters(function)}
    for each in made.params:
        _describe(each, ours[each.name])
    context = made.make_context(f"thrum {name}", [], resilient_parsing=True, terminal_width=columns)
    formatter = context.make_formatter()
    # Flags take a third of the width at most; beside a longer one its meaning would have no room.
    formatter.write_dl = partial(formatter.write_dl, col_max=min(columns // 3, _FLAGS))
    made.format_help(context, formatter)
    text: str = formatter.getvalue()
    return f"{text.strip()}\n"


def _describe(shown: Any, parameter: Parameter) -> None:
    """Has Typer call values what people call them, where it would name types of Python."""
    record = (_spelled(parameter), _meaning(parameter))
    usage = [_in_usage(parameter)] if not parameter.flags else []
    shown.get_help_record = lambda _context: record
    shown.get_usage_pieces = lambda _context: usage


def _in_usage(parameter: Parameter) -> str:
    word = f"{parameter.label}..." if parameter.is_list else parameter.label
    return word if parameter.required else f"[{word}]"


def _spelled(parameter: Parameter) -> str:
    if not parameter.flags:
        return parameter.label
    # The short one first, as everywhere.
    flags = ", ".join(sorted(parameter.flags, key=len))
    return flags if parameter.is_switch else f"{flags} {parameter.placeholder}"


def _meaning(parameter: Parameter) -> str:
    default = parameter.default
    if parameter.is_switch or not parameter.flags or default in (None, ""):
        return parameter.help
    return f"{parameter.help}  [default: {default}]"
