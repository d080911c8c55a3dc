"""Claims, as lines."""

from __future__ import annotations

from typing import Any, Final

from thrum.cli.render.table import Column
from thrum.cli.render.text import one_line
from thrum.cli.render.times import span
from thrum.clock import parse

Row = dict[str, Any]

_MINUTE_NS: Final = 60 * 1_000_000_000

COLUMNS: Final = (
    Column("WHAT", 8, weight=3),
    Column("WHOSE", 6),
    Column("LASTS", 6),
    Column("NOTE", 8, leaves=1, weight=2),
)
MORE: Final = (*COLUMNS[:2], Column("STATE", 6), *COLUMNS[2:])


def cells(row: Row, now_ns: int, *, is_all: bool) -> list[str]:
    """One claim as a row of a table; is_all: with its state, for one that may have ended."""
    mark = " (shared)" if row.get("shared") else ""
    what = f"{one_line(str(row.get('what', '?')))}{mark}"
    whose = f"@{one_line(str(row.get('agent_id', '?')))}"
    note = one_line(str(row.get("note") or ""))
    is_held = row.get("state") == "held"
    left = _left(row, now_ns) if is_held else ""
    return [what, whose, *([state(row)] if is_all else ()), left, note]


def state(row: Row) -> str:
    """How it stands with a claim, and how it came to that."""
    said = one_line(str(row.get("state") or "?"))
    if said == "held":
        return said if row.get("confirmed") else "unconfirmed"
    if said == "lost":
        return said
    why = one_line(str(row.get("end_reason") or ""))
    by = f" by @{one_line(str(row['ended_by']))}" if row.get("ended_by") else ""
    return f"{said}{f' ({why})' if why and why != said else ''}{by}"


def lasts(row: Row, now_ns: int) -> str:
    """For how long, as the end of a sentence."""
    return f"for {_left(row, now_ns)}"


def brief(row: Row) -> str:
    """What it is and whose, in a few words."""
    return f"{one_line(str(row.get('what', '?')))} (@{one_line(str(row.get('agent_id', '?')))})"


def held_by(row: Row, now_ns: int) -> str:
    """Who has it, for how long, and what he says of it."""
    who, what = one_line(str(row.get("agent_id"))), one_line(str(row.get("what")))
    note = one_line(str(row.get("note") or ""))
    shared = " with others" if row.get("shared") else ""
    said = f"@{who} has {what}{shared} {lasts(row, now_ns)}"
    return f"{said}: {note}" if note else said


def _left(row: Row, now_ns: int) -> str:
    try:
        left = parse(str(row.get("until"))) - now_ns
    except ValueError:
        return "?"
    minutes = -(-left // _MINUTE_NS)
    return span(minutes * 60_000 if minutes > 1 else max(left, 0) // 1_000_000)
