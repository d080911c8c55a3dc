"""Where bytes come from that a person hands to a command: a file or standard input."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from thrum.cli.context import Context
from thrum.errors import ThrumError

WRITER_LIMIT_S: Final = 10.0
"""Seconds that a named pipe waits for somebody to write into it."""


def of_file(context: Context, file: str, most: int) -> bytes:
    """What a file, a device or a pipe holds.

    Args:
        context: the world of the command.
        file: a path from the working directory; ``~`` is the home.
        most: the bytes that it may hold; never more than that is read.

    Raises:
        ThrumError: ``usage``, no path; ``not_found``, it cannot be read; ``too_large``.
    """
    if not file:
        raise ThrumError("usage", "the path of the file is empty", "give --file PATH")
    # A name that only begins like somebody's home is one as well.
    path = context.path(file)
    try:
        with open(path, "rb", opener=_at_once) as opened:
            handle = opened.fileno()
            if stat.S_ISFIFO(os.fstat(handle).st_mode):
                _await_writer(path, handle)
            os.set_blocking(handle, True)
            return _within(opened.read(most + 1), most, str(path))
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise ThrumError("not_found", f"{path} cannot be read: {said}") from error


def _at_once(path: str, flags: int) -> int:
    """Opens it without waiting: a named pipe that nobody writes into would not even open."""
    return os.open(path, flags | os.O_NONBLOCK)


def _await_writer(path: Path, handle: int) -> None:
    import select

    poll = select.poll()
    poll.register(handle, select.POLLIN)
    if not poll.poll(WRITER_LIMIT_S * 1000):
        raise ThrumError(
            "timed_out", f"nobody writes into the pipe {path}", "start its writer first"
        )


def of_stdin(context: Context, most: int) -> bytes:
    """What standard input holds.

    Args:
        context: the world of the command.
        most: the bytes that it may hold; never more than that is read.

    Raises:
        ThrumError: ``too_large``; ``usage``, it is text that no encoding takes.
    """
    buffer = getattr(context.stdin, "buffer", None)
    try:
        read = context.stdin.read(most + 1).encode() if buffer is None else buffer.read(most + 1)
    except UnicodeError as error:
        raise ThrumError("usage", "standard input is not valid UTF-8") from error
    return _within(bytes(read), most, "standard input")


def _within(content: bytes, most: int, what: str) -> bytes:
    if len(content) > most:
        raise ThrumError(
            "too_large",
            f"{what} holds more than {most:,} bytes",
            "keep less, and commit long texts to the repository",
        )
    return content
