"""Groups as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from thrum.cli.render.table import Column, table
from thrum.cli.render.text import one_line
from thrum.cli.render.times import ago_words
from thrum.plurals import counted

_GROUPS: Final = (Column("GROUP", 12), Column("MEMBERS", 7), Column("FOR", 10, weight=2))


def listing(rows: Sequence[Mapping[str, Any]], *, is_plain: bool, columns: int) -> str:
    """One group per line: name, number of members, what it is for."""
    lines = []
    for row in rows:
        count = int(row.get("member_count") or 0)
        lines.append(
            [
                f"@{one_line(str(row.get('name')))}",
                counted(count, "member") if is_plain else str(count),
                one_line(str(row.get("description") or "")),
            ]
        )
    return table(_GROUPS, lines, is_plain=is_plain, columns=columns)


def info(group: Mapping[str, Any], now_ns: int) -> str:
    """A group in full."""
    made = ago_words(str(group.get("created_at")), now_ns)
    by = one_line(str(group.get("created_by") or ""))
    name, purpose = str(group.get("name")), str(group.get("description") or "")
    lines = [
        one_line(f"@{name} {purpose}"),
        f"made {made}" + (f" by @{by}" if by else ""),
    ]
    lines += [member(each) for each in group.get("members") or ()] or ["no members"]
    return "\n".join(lines)


def member(row: Mapping[str, Any]) -> str:
    """``@furiosa``, ``role tester``, ``everybody``."""
    kind, value = row.get("member_type"), one_line(str(row.get("member_value")))
    if kind == "agent":
        return f"@{value}"
    return "everybody" if value == "*" else f"{one_line(str(kind))} {value}"
