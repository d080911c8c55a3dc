"""Asking a person before something that cannot be taken back."""

from __future__ import annotations

from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.steps import questioning
from thrum.errors import ThrumError


def confirmed(context: Context, question: str, *, yes: bool, otherwise: str) -> bool:
    """Whether the person at the terminal says yes; only y and yes are a yes.

    Args:
        context: the world of the command.
        question: what is asked, without the question mark's choices.
        yes: whether the line says it already (``--yes``, in every command that asks).
        otherwise: what is refused where nobody sits, as a sentence.

    Raises:
        ThrumError: ``usage``, there is no terminal to ask on.
        KeyboardInterrupt: Ctrl-C was typed.
    """
    if yes:
        return True
    if not context.stdin_is_terminal:
        raise ThrumError("usage", otherwise, "add --yes to do it")
    said = questioning.answer(context, f"{one_line(question)} [y/N]")
    return (said or "").lower() in {"y", "yes"}
