"""Reading a small file that anybody may have put there.

Whoever reads it must not be stopped by what it is: a pipe that nobody writes to, a device without
an end, or text that is nested deeper than the parser goes.
"""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any, Final

MOST: Final = 1_048_576
"""Bytes that such a file may have."""


def text(path: Path) -> str:
    """The text of the file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no regular file, has more than `MOST` bytes, or is no UTF-8.
    """
    with open(path, "rb", opener=_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError("it is no regular file")
        data = file.read(MOST + 1)
    if len(data) > MOST:
        raise ValueError(f"it has more than {MOST:,} bytes")
    return data.decode()


def _at_once(path: str, flags: int) -> int:
    """Opens it; a pipe would wait for its writer unless told not to."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def json_object(path: Path) -> dict[str, Any]:
    """The JSON object that the file holds.

    Raises:
        OSError: it cannot be read.
        ValueError: as `text`, or it holds something else.
    """
    try:
        found = json.loads(text(path))
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
