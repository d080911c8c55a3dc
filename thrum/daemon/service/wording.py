"""An error in one line, as people read it in `health` and in the log."""

from __future__ import annotations


def alone(error: BaseException) -> BaseException:
    """The error itself, where task groups did nothing but wrap it."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


def in_words(error: BaseException) -> str:
    """The error's class and the first line of what it says."""
    found = alone(error)
    text = str(found).partition("\n")[0]
    return f"{type(found).__name__}: {text}" if text else type(found).__name__
