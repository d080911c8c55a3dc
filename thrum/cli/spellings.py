"""Spellings of a flag that scripts for an older program use: read, but neither shown nor offered.

``yes: Annotated[bool, typer.Option("--yes", help="do not ask"), older("--force")]``
"""

from __future__ import annotations

from typing import NamedTuple


class Older(NamedTuple):
    """The flags that mean the same as the declared one."""

    flags: tuple[str, ...]


def older(*flags: str) -> Older:
    """These flags."""
    return Older(flags)
