"""How worktrees are shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from thrum.cli.render.table import Column, table
from thrum.cli.render.text import cut_start, one_line

_LAYOUT: Final = (
    Column("WORKTREE", 12, cut=cut_start, weight=2),
    Column("BRANCH", 10),
    Column("HEAD", 7, leaves=1),
    Column("AGENT", 8),
    Column("STATUS", 7, leaves=2),
    Column("NOTE", 8, leaves=3),
)


def worktrees(rows: Sequence[Mapping[str, Any]], *, is_plain: bool, columns: int) -> str:
    """A line for each worktree.

    Args:
        rows: as ``thrum worktree list --json`` has them.
        is_plain: whether a program reads.
        columns: of the terminal.
    """
    lines = [
        (
            one_line(str(row["path"])),
            one_line(str(row["branch"])) or "(no branch)",
            str(row["head"]),
            f"@{one_line(str(row['agent']))}" if row.get("agent") else "",
            one_line(str(row.get("status") or "")),
            one_line(", ".join(_notes(row))),
        )
        for row in rows
    ]
    return table(_LAYOUT, lines, is_plain=is_plain, columns=columns)


def _notes(row: Mapping[str, Any]) -> list[str]:
    """What is out of the ordinary."""
    notes = [str(row[key]) for key in ("unfinished", "gone") if row.get(key)]
    return [*notes, *(["locked"] if row.get("locked") else [])]
