"""The marks of every runtime, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from thrum.runtime_names import canonical
from thrum.runtimes.screens import claude, codex, gemini, opencode, others, qwen
from thrum.runtimes.screens.marks import Marks

MARKS: Final[Mapping[str, Marks]] = {
    each.runtime: each
    for each in (
        claude.MARKS,
        codex.MARKS,
        gemini.MARKS,
        opencode.MARKS,
        qwen.MARKS,
        others.AUGGIE,
        others.CURSOR,
        others.KIRO_CLI,
    )
}


def of(runtime: str) -> Marks:
    """The marks of a runtime by one of its names; none for one that nobody knows."""
    return MARKS.get(canonical(runtime), Marks(runtime))
