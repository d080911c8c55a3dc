"""Runs one command line in a `Context` and says how it ended.

Exit codes: 0 done, 1 failed, 2 not understood. Only the module of the command that the line names
is loaded, and Typer only when there is a command to run.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from thrum.cli import arguments, commands
from thrum.cli.arguments import Flag, Shape
from thrum.cli.context import Context
from thrum.cli.options import Options
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE: Final = 0
FAILED: Final = 1
USAGE: Final = 2
INTERRUPTED: Final = 130


def run(context: Context) -> int:
    """Runs the command; never raises, except when told to show defects."""
    # Known before the line is read, because a line that cannot be read must be refused in JSON too.
    context.options.json = "--json" in context.argv
    try:
        return _run(context)
    except ThrumError as error:
        return refuse(context, error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:
        if context.env.get("THRUM_DEBUG"):
            raise
        return refuse(context, _defect(error))
    finally:
        context.hang_up()


def _defect(error: Exception) -> ThrumError:
    if isinstance(error, OSError):
        return ThrumError("internal", f"the system refuses: {error}")
    return ThrumError(
        "internal",
        f"this is a defect of thrum: {type(error).__name__}: {error}",
        "set THRUM_DEBUG=1 to see where",
    )


def refuse(context: Context, error: ThrumError) -> int:
    """Writes the refusal to stderr and returns the exit code that goes with it."""
    if context.options.json:
        from thrum.cli.render.document import document_text

        about = {"code": error.code, "kind": error.kind, "message": error.message}
        if error.hint:
            about["hint"] = error.hint
        context.stderr.write(document_text({"error": about}, indent=False))
    else:
        from thrum.cli.render.text import visible

        hint = f"; {error.hint}" if error.hint else ""
        context.stderr.write(f"Error: {visible(error.message + hint)}\n")
    return USAGE if error.kind == "usage" else FAILED


def _run(context: Context) -> int:
    context.options = Options()
    context.options.json = "--json" in context.argv
    name, words = arguments.find_command(context.argv, context.options)
    if context.options.version and not name:
        name = "version"
    entry = commands.COMMANDS.get(name)
    if entry is None:
        _refuse_words(name, words)
        return _print(context, commands.group_help(name) if name else commands.program_help())
    function = getattr(importlib.import_module(f"thrum.cli.{entry.module}"), entry.function)
    command = typed(name, function, context)
    args = arguments.arrange(words, shape(command), context.options)
    if context.options.help:
        return _print(context, help_text(name, command, context.columns))
    return _invoke(command, name, args)


def _refuse_words(name: str, words: Sequence[str]) -> None:
    if words:
        place = f"`thrum {name}`" if name else "`thrum`"
        raise ThrumError("usage", f"{place} needs a command before {words[0]}", "see --help")


def _print(context: Context, text: str) -> int:
    context.stdout.write(text)
    return DONE


def typed(name: str, function: Callable[..., int | None], context: Context | None) -> Any:
    """The Typer command of a function whose first parameter is the context.

    Typer sees the other parameters only; the context is bound here and not looked up anywhere.
    """
    import inspect
    import typing

    import typer

    hints = typing.get_type_hints(function, include_extras=True)
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


def shape(command: Any) -> Shape:
    """What a Typer command takes, in the words of `arguments`."""
    flags: dict[str, Flag] = {}
    fewest, most, names = 0, 0, []
    unlimited = False
    for parameter in command.params:
        if parameter.param_type_name == "argument":
            names.append((parameter.metavar or parameter.name).upper())
            fewest += 1 if parameter.required else 0
            unlimited = unlimited or parameter.nargs == -1
            most += 1
            continue
        long = next((opt for opt in parameter.opts if opt.startswith("--")), parameter.opts[0])
        flag = Flag(long, not parameter.is_flag, bool(parameter.multiple))
        flags |= dict.fromkeys(parameter.opts, flag)
    return Shape(flags, fewest, None if unlimited else most, " ".join(names))


def help_text(name: str, command: Any, columns: int) -> str:
    """The help of one command; the flags of every command are named at its end."""
    context = command.make_context(
        f"thrum {name}", [], resilient_parsing=True, max_content_width=min(columns, 100)
    )
    own = command.get_help(context).strip()
    return f"{own}\n\n{commands.GLOBAL_SHORT}"


def _invoke(command: Any, name: str, args: list[str]) -> int:
    """Lets Typer convert the values and call the function."""
    try:
        with command.make_context(f"thrum {name}", args) as context:
            return int(command.invoke(context) or DONE)
    except ThrumError:
        raise
    except Exception as error:
        # Typer's refusals share this method in every version; their class moved between versions.
        words = getattr(error, "format_message", None)
        if words is None:
            raise
        raise ThrumError("usage", str(words()).rstrip("."), "see --help") from error
