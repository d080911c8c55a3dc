"""Advice about what is not set up here."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from thrum import small_file

_MARK: Final = "<!-- BEGIN THRUM -->"
_KNOWS: Final = (
    ".claude/settings.json",
    ".claude/settings.local.json",
)
_KNOWS_AT_HOME: Final = (
    ".claude/settings.json",
    ".claude/plugins/installed_plugins.json",
)


def claude(root: Path, home: Path | None) -> str:
    """That Claude does not know of Thrum, where its files of the work tree and person show it.

    Empty where it does, or where nobody uses Claude: no ``CLAUDE.md`` is there.
    """
    instructions = _text(root / "CLAUDE.md")
    if not instructions or _MARK in instructions:
        return ""
    files = [root / name for name in _KNOWS]
    files += [home / name for name in _KNOWS_AT_HOME] if home else []
    if any("thrum" in _text(file) for file in files):
        return ""
    return "Tip: Claude does not know of Thrum here yet; `thrum setup --runtime claude` tells it."


def _text(path: Path) -> str:
    """What the file says; what cannot be read says nothing about Thrum."""
    try:
        return small_file.text(path)
    except (OSError, ValueError):
        return ""
