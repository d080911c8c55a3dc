"""Reading a small file that anybody may have put there.

Whoever reads it must not be stopped by what it is: a pipe that nobody writes to, a device without
an end, or text that is nested deeper than the parser goes.
"""

from __future__ import annotations

import errno
import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

MOST: Final = 1_048_576
"""Bytes that such a file may have."""


def data(path: Path, *, most: int, follows: bool = True) -> bytes:
    """The bytes of the file.

    Args:
        path: which.
        most: how many it may have.
        follows: as for `text`.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no regular file, or has more than that.
    """
    with opened(path, follows=follows) as file:
        found = file.read(most + 1)
    if len(found) > most:
        from thrum.plurals import counted  # which those who read what is right do not need

        raise ValueError(f"it has more than {counted(most, 'byte')}")
    return found


@contextmanager
def opened(path: Path, *, follows: bool = True) -> Iterator[BinaryIO]:
    """The file, of whatever size, open for its bytes.

    Args:
        path: which.
        follows: as for `text`.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no regular file.
    """
    with open(path, "rb", opener=_at_once if follows else _in_place) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is no regular file")
        yield file


def text(path: Path, *, follows: bool = True) -> str:
    """The text of the file.

    Args:
        path: which.
        follows: whether a link leads to it. What may have come with a branch says nothing of where
            its links lead to: that may be any file of whoever reads.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no regular file, has more than `MOST` bytes, or is no UTF-8.
    """
    return data(path, most=MOST, follows=follows).decode()


def _at_once(path: str, flags: int) -> int:
    """Opens it; a pipe would wait for its writer unless told not to."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def _in_place(path: str, flags: int) -> int:
    """Likewise, unless it is a link.

    Raises:
        ValueError: it is one.
    """
    try:
        return _at_once(path, flags | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise ValueError("it is no regular file") from None


def json_object(path: Path, *, follows: bool = True) -> dict[str, Any]:
    """The JSON object that the file holds.

    Args:
        path: which.
        follows: as for `text`.

    Raises:
        OSError: it cannot be read.
        ValueError: as `text`, or it holds something else.
    """
    try:
        found = json.loads(text(path, follows=follows))
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("it holds no JSON object")
    return found


def yaml_object(path: Path) -> dict[str, Any]:
    """The YAML mapping that the file holds; empty where it holds nothing but comments.

    Raises:
        OSError: it cannot be read.
        ValueError: as `text`, or it holds something else; see `thrum.yaml_text.parse`.
    """
    source = text(path)
    from thrum import yaml_text  # loads PyYAML, which few need

    return yaml_text.parse(source)
