"""Where the text of a message comes from: the line, standard input or a file; exactly one."""

from __future__ import annotations

from typing import Final

from thrum.cli.context import Context
from thrum.cli.steps import source
from thrum.errors import ThrumError

_MOST: Final = 64 * 1024 * 1024
"""Bytes that are read at all; what a message may hold is for the daemon's configuration to say."""
_CONVERT: Final = "messages are UTF-8; convert it first"


def read(context: Context, text: str | None, *, stdin: bool, file: str | None) -> str:
    """The body; of standard input and files one newline at the end is not part of it.

    Raises:
        ThrumError: ``usage``, none or several sources, or no UTF-8; and what `source` raises.
    """
    stdin = stdin or text == "-"
    typed = None if text == "-" else text
    given = [typed is not None, stdin, file is not None]
    if sum(given) != 1:
        raise ThrumError(
            "usage",
            "there is no text" if not any(given) else "the text comes from more than one place",
            "give it as an argument, with --stdin (or '-'), or with --file PATH; one of them",
        )
    if typed is not None:
        return _typed(typed)
    return _without_newline(_from_stdin(context) if stdin else _from_file(context, str(file)))


def _typed(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ThrumError("usage", "the text is not valid UTF-8", _CONVERT) from None
    return text


def _from_stdin(context: Context) -> str:
    return _decoded(source.of_stdin(context, _MOST), "standard input")


def _from_file(context: Context, file: str) -> str:
    return _decoded(source.of_file(context, file, _MOST), file)


def _decoded(content: bytes, what: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise ThrumError("usage", f"{what} is not valid UTF-8", _CONVERT) from None


def _without_newline(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")
