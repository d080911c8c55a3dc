"""What an agent sent: to whom, and who has read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from thrum.cli.render import standing
from thrum.cli.render.messages import Row, body_text, plain_body, short_ids, target
from thrum.cli.render.table import Column, table
from thrum.cli.render.text import cut, one_line
from thrum.cli.render.times import ago

_SENT: Final = (
    Column("ID", 6),
    Column("TO", 8, weight=2),
    Column("SENT", 4, leaves=2),
    Column("READ", 4, leaves=1),
    Column("TEXT", 14, weight=4),
)


def plain(rows: Sequence[Row], now_ns: int) -> str:
    """For programs: a line of at most 58 characters, and the body."""
    short = short_ids(rows)
    return "\n".join(
        f"{cut(_head(row, short(str(row.get('message_id', '?'))), now_ns), 58)}\n"
        f"{plain_body(row)}\n"
        for row in rows
    )


def _head(row: Row, name: str, now_ns: int) -> str:
    moment = ago(str(row.get("created_at", "")), now_ns)
    to = f"to {_targets(row)}" if row.get("audiences") else ""
    head = " ".join(part for part in (one_line(name), to, moment) if part)
    read, rest = _read(row), standing.brief(_people(row))
    return ", ".join(part for part in (head, read and f"{read} read", rest) if part)


def columns(rows: Sequence[Row], now_ns: int, *, width: int) -> str:
    """For people: a line each, in columns."""
    short = short_ids(rows)
    lines = [
        [
            one_line(short(str(row.get("message_id", "?")))),
            _targets(row),
            ago(str(row.get("created_at", "")), now_ns),
            f"{_read(row)} {standing.brief(_people(row))}".strip(),
            one_line(body_text(row)),
        ]
        for row in rows
    ]
    return table(_SENT, lines, is_plain=False, columns=width)


def detailed(rows: Sequence[Row], now_ns: int) -> str:
    """Each with its body, and how far it came with everybody."""
    short = short_ids(rows)
    out = []
    for row in rows:
        head = _head(row, short(str(row.get("message_id", "?"))), now_ns)
        states = [
            f"@{one_line(str(each.get('agent_id', '')))} ({standing.full(each, now_ns)})"
            for each in _people(row)
        ]
        told = f"  {', '.join(states)}\n" if states else ""
        out.append(f"{head}\n{plain_body(row)}\n{told}")
    return "\n".join(out)


def _targets(row: Row) -> str:
    return ", ".join(one_line(target(each)) for each in row.get("audiences") or ())


def _read(row: Row) -> str:
    """``1/2``: so many of those it reached have read it; nothing where it reached nobody else."""
    people = _people(row)
    read = sum(1 for each in people if each.get("read_at"))
    return f"{read}/{len(people)}" if people else ""


def _people(row: Row) -> list[dict[str, Any]]:
    return [each for each in row.get("recipients") or () if isinstance(each, dict)]
