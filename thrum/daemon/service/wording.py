"""How an error is told to people who read `health` and the log."""

from __future__ import annotations


def in_words(error: BaseException) -> str:
    """An error in one line; where a task group wrapped a single one, that one."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    text = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
