"""What a search found: a line that says what it is, and one that shows why."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from thrum.cli.render.ids import ShortIds
from thrum.cli.render.messages import READ, UNREAD, doubt
from thrum.cli.render.paint import NONE, Paint
from thrum.cli.render.text import cut, one_line, visible
from thrum.cli.render.times import ago

_SPACE: Final = re.compile(r"\s+")
_LONGEST_NAME: Final = 24
_MARKS: Final = {"context": "context of", "snapshot": "snapshot of"}


def lines(rows: Sequence[Mapping[str, Any]], now_ns: int, me: str, paint: Paint = NONE) -> str:
    """What was found, in its order.

    Args:
        me: the agent who reads.
        paint: marks what was asked for.
    """
    short = ShortIds(str(row.get("id", "")) for row in rows)
    return "\n".join(f"{_header(row, short, now_ns, me)}\n  {_why(row, paint)}" for row in rows)


def _header(row: Mapping[str, Any], short: ShortIds, now_ns: int, me: str) -> str:
    author = cut(f"@{one_line(str(row.get('agent_id') or '?'))}", _LONGEST_NAME)
    when = ago(str(row.get("created_at", "")), now_ns)
    if row.get("kind") in _MARKS:
        return f"{READ} {_MARKS[row['kind']]} {author} {when}"
    to = ", ".join(_name(str(each), me) for each in row.get("to") or ())
    parts = [
        UNREAD if row.get("unread") else READ,
        cut(one_line(short(str(row.get("id", "?")))), 26),
        doubt(row),
        author,
        cut(f"to {to}", _LONGEST_NAME) if to else "",
        when,
    ]
    return " ".join(part for part in parts if part)


def _name(name: str, me: str) -> str:
    if name == "everyone":
        return name
    return "you" if me and name == me else f"@{one_line(name.removeprefix('@'))}"


def _why(row: Mapping[str, Any], paint: Paint) -> str:
    """The snippet on one line, with what was asked for in bold where colours may be."""
    found = []
    for piece in row.get("snippet") or ():
        text = _SPACE.sub(" ", visible(str(piece.get("text", ""))))
        found.append(paint.unread(text) if piece.get("mark") else text)
    return "".join(found).strip()
