"""Questions to the person at the terminal: a line on stderr, and a line of answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from thrum.cli.render.text import one_line, wrap
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.cli.context import Context

GARBAGE: Final = "\ufffd"
"""What somebody has typed whose terminal sends no UTF-8; no answer to anything."""


def answer(context: Context, question: str) -> str | None:
    """What the person types, without the spaces around it; None at the end of input.

    Whatever comes, the next text begins on a line of its own.

    Raises:
        KeyboardInterrupt: Ctrl-C was typed.
    """
    context.stderr.write(f"{question} ")
    context.stderr.flush()
    line = ""
    try:
        line = context.stdin.readline()
    except UnicodeDecodeError:
        line = f"{GARBAGE}\n"
    finally:
        if not line.endswith("\n"):
            context.stderr.write("\n")
    return line.strip() if line else None


def insisted(context: Context, label: str, default: str, check: Callable[[str], str]) -> str:
    """An answer that fits; the question comes again until there is one.

    Args:
        context: the world of the command.
        label: what is asked for.
        default: what no text stands for.
        check: gives the answer back, or raises a `ThrumError` that says what is wrong with it.

    Raises:
        ThrumError: ``usage``, the input ended.
        KeyboardInterrupt: Ctrl-C was typed.
    """
    while True:
        text = answer(context, f"  {label} [{default}]:")
        if text is None:
            hint = "with --non-interactive nobody is asked"
            raise ThrumError("usage", "no answer came, and nothing was done", hint)
        try:
            return check(text or default)
        except ThrumError as refused:
            tell(context, refused.message, indent="  ")


def tell(context: Context, text: str, *, indent: str = "") -> None:
    """Writes a sentence for who is asked, in lines that the terminal has room for."""
    room = max(context.columns - len(indent), 20)
    for line in wrap(one_line(text), room):
        context.stderr.write(f"{indent}{line}\n")
