"""The pages of documentation that come with the program."""

from __future__ import annotations

from pathlib import Path
from typing import Final

INSTALLED: Final = Path(__file__).parent / "guides"
"""Where a wheel has them."""

SOURCE: Final = Path(__file__).parents[1] / "docs"
"""Where they are written."""


def folder() -> Path:
    """Where the pages are."""
    return INSTALLED if INSTALLED.is_dir() else SOURCE


def names() -> list[str]:
    """What the pages are called, but for the list of them."""
    return sorted(path.stem for path in folder().glob("*.md") if path.stem != "README")


def find(word: str) -> Path | None:
    """The page that a word means: its name, or its file as texts cite it, ``docs/peers.md``."""
    name = word.removeprefix("docs/").removesuffix(".md")
    return folder() / f"{name}.md" if name in names() else None
