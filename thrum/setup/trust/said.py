"""What a file of a runtime says, for whoever only reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from thrum import git_place
from thrum.setup import json_text


def document(file: Path, decode: Callable[[str], Any] = json_text.decode) -> dict[str, Any]:
    """The keys and values in a file; none where there is no file, or nothing in it.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no such text, or holds something else.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}
    found = decode(text) if text.strip() else {}
    if not isinstance(found, dict):
        raise ValueError(f"{file} holds no keys")
    return found


def at(found: Mapping[str, Any], *keys: str) -> Any:
    """The value at the end of the way, None where there is none."""
    value: Any = found
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def trees(root: Path) -> Iterator[Path]:
    """The work tree, then the one of its repository that was there first, if that is another."""
    yield root
    place = git_place.at(root)
    main = place.main_worktree if place else None
    if main and main != root:
        yield main
