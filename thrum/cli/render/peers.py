"""Peers, as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from thrum.cli.render.table import Column, table
from thrum.cli.render.text import one_line
from thrum.cli.render.times import second

_COLUMNS: Final = (
    Column("NAME", 8, weight=2),
    Column("ADDRESS", 15),
    Column("CROSSES", 7),
    Column("LAST SYNC", 9),
    Column("LAST SEQ", 8, leaves=1),
    Column("TROUBLE", 10, weight=3),
)

_SIGNS: Final = {"ok": "✓", "wrong": "✗"}

Row = Mapping[str, Any]


def listed(rows: Sequence[Row], *, is_plain: bool, columns: int) -> str:
    """Peers, a line each."""
    keys = (
        "name",
        "address",
        "effective_scope",
        "last_sync",
        "last_synced_seq",
        "trouble",
    )
    lines = [[_text(row, key) for key in keys] for row in rows]
    return table(_COLUMNS, lines, is_plain=is_plain, columns=columns)


def lost(row: Row) -> str:
    """What to do where a peer was not found again; empty where it was."""
    if not row.get("reconcile_status"):
        return ""
    return f"{_text(row, 'name')} was not found again: thrum peer repair {_text(row, 'name')}"


def in_full(row: Row) -> str:
    """One peer, a fact on each line."""
    facts = {
        "Peer": f"{_text(row, 'name')} ({_text(row, 'daemon_id')})",
        "Address": f"{_text(row, 'address')} ({_text(row, 'transport')})",
        "Machine": _text(row, "node"),
        "Paired": second(_text(row, "paired_at")),
        "Token": "yes" if row.get("has_token") else "none: pair again",
        "Gives": _given(row),
        "Agents": _known(row),
        "Last sync": f"{_text(row, 'last_sync')}, up to its {_text(row, 'last_synced_seq')}",
        "Trouble": _text(row, "trouble"),
    }
    width = max(map(len, facts)) + 2
    return "\n".join(f"{name + ':':<{width}}{fact}" for name, fact in facts.items() if fact)


def _given(row: Row) -> str:
    """What either side gives the other."""
    given, theirs = _text(row, "scope"), _text(row, "their_scope")
    crosses = _text(row, "effective_scope")
    if not theirs or theirs == given:
        return given
    return f"{given}; it gives {theirs}, so {crosses} crosses"


def _known(row: Row) -> str:
    """How its agents are called here."""
    if not row.get("proxy_prefix"):
        return ""
    names = ", ".join(map(str, row.get("remote_agents") or ())) or "all of them"
    return one_line(f"@{row['proxy_prefix']}:NAME ({names})")


def examined(row: Row) -> str:
    """One peer, and what was found about it, with what to do."""
    last = f"last sync {_text(row, 'last_sync')}"
    head = f"{_text(row, 'name')} ({_text(row, 'daemon_id')}), {last}"
    return "\n".join([head, *(f"  {line}" for line in findings(row.get("findings") or ()))])


def findings(rows: Sequence[Row]) -> list[str]:
    """What was found, a line each, and below it what to do."""
    lines = []
    for row in rows:
        lines.append(f"{_SIGNS.get(_text(row, 'level'), '·')} {_text(row, 'text')}")
        if row.get("todo"):
            lines.append(f"    → {_text(row, 'todo')}")
    return lines


def _text(row: Row, key: str) -> str:
    value = row.get(key)
    return "" if value is None else one_line(str(value))
