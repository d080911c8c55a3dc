"""Commands of tmux as words, and how they are written so that nothing in a word is interpreted.

On a line that a client in control mode sends, tmux would expand variables, tildes, braces and
comments, and a line ends where it ends; between single quotes it does none of that. On a command
line of its own it takes a word that ends with a semicolon for the end of a command.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from thrum.errors import ThrumError

Command = Sequence[str]
"""A command of tmux, as words."""

_UNQUOTABLE: Final = re.compile("['\\x01-\\x1f\\x7f]")
_CONTROL: Final = re.compile("[\\x00-\\x1f\\x7f-\\x9f\u2028\u2029]")


def line(commands: Sequence[Command]) -> bytes:
    """The line for control mode that runs the commands one after another, until one fails.

    Raises:
        ThrumError: ``invalid_params``, a word holds what no argument can.
    """
    return " ; ".join(quoted(each) for each in commands).encode() + b"\n"


def quoted(command: Command) -> str:
    """A command as one text, for a line or as an argument of another command.

    Raises:
        ThrumError: ``invalid_params``.
    """
    return " ".join(_quoted(_sound(word)) for word in command)


def arguments(commands: Sequence[Command]) -> list[str]:
    """The commands as arguments of the program.

    Raises:
        ThrumError: ``invalid_params``.
    """
    found: list[str] = []
    for command in commands:
        found += [";"] if found else []
        found += [f"{w[:-1]}\\;" if w.endswith(";") else w for w in map(_sound, command)]
    return found


def literal(text: str) -> str:
    """A text in a format, where ``#`` has a meaning."""
    return text.replace("#", "##")


def has_control(text: str) -> bool:
    """Whether some of it would be a key, not text: the end of a line, an escape, an interrupt."""
    return _CONTROL.search(text) is not None


def _sound(word: str) -> str:
    try:
        word.encode()
    except UnicodeEncodeError:
        raise ThrumError("invalid_params", f"{word[:40]!r} is no text") from None
    if "\0" in word:
        raise ThrumError("invalid_params", f"{word[:40]!r} holds a NUL")
    return word


def _quoted(word: str) -> str:
    return "'" + _UNQUOTABLE.sub(lambda found: f"'\"\\{ord(found[0]):03o}\"'", word) + "'"
