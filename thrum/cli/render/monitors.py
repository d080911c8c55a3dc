"""Monitors and what they reported, as people and programs read them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final

from thrum.cli.render.table import Column, table
from thrum.cli.render.text import one_line
from thrum.cli.render.times import ago, ago_words, second
from thrum.plurals import counted

_COLUMNS: Final = (
    Column("NAME", 8, weight=2),
    Column("STATUS", 7),
    Column("TARGET", 8),
    Column("UPTIME", 6, leaves=1),
    Column("PID", 5, leaves=3),
    Column("SCHEDULE", 8, leaves=2),
    Column("COMMAND", 8, leaves=4, weight=3),
    Column("ID", 8, leaves=5),
    Column("TROUBLE", 10, weight=3),
)

Row = Mapping[str, Any]


def listed(rows: Sequence[Row], now_ns: int, *, is_plain: bool, columns: int) -> str:
    """Monitors, a line each."""
    lines = [_line(row, now_ns) for row in rows]
    return table(_COLUMNS, lines, is_plain=is_plain, columns=columns)


def _line(row: Row, now_ns: int) -> list[str]:
    return [
        _text(row, "name"),
        _text(row, "status"),
        _text(row, "target"),
        ago(str(row.get("running_since") or ""), now_ns),
        _text(row, "pid"),
        _text(row, "schedule"),
        command(row),
        _text(row, "id"),
        _text(row, "trouble"),
    ]


def command(row: Row) -> str:
    """The program and its arguments, as a shell would take them."""
    return one_line(shlex.join(str(each) for each in row.get("argv") or ()))


def in_full(row: Row, now_ns: int) -> str:
    """One monitor, a fact on each line."""
    env = " ".join(f"{key}={value}" for key, value in (row.get("env") or {}).items())
    undelivered = int(row.get("undelivered") or 0)
    facts = {
        "Monitor": f"{_text(row, 'name')} ({_text(row, 'id')})",
        "Status": _text(row, "status"),
        "Trouble": _text(row, "trouble"),
        "Not delivered": counted(undelivered, "report") if undelivered else "",
        "Command": command(row),
        "In": _text(row, "cwd"),
        "Environment": one_line(env),
        "Match": _text(row, "match") or "every line",
        "Target": _text(row, "target"),
        "Debounce": f"{_text(row, 'debounce_seconds')}s",
        "Schedule": _text(row, "schedule"),
        "Next run": second(_text(row, "next_run_at")),
        "Process": _process(row, now_ns),
        "Last run": _last_run(row, now_ns),
        "Started by": _text(row, "started_by"),
        "Created": ago_words(str(row.get("created_at") or ""), now_ns),
        "Output": _text(row, "output"),
    }
    return "".join(f"{name}: {fact}\n" for name, fact in facts.items() if fact)


def _process(row: Row, now_ns: int) -> str:
    if not row.get("pid"):
        return ""
    since = ago_words(str(row.get("running_since") or ""), now_ns)
    return f"{_text(row, 'pid')}, started {since}"


def _last_run(row: Row, now_ns: int) -> str:
    if not row.get("last_exit_at"):
        return ""
    when = ago_words(str(row["last_exit_at"]), now_ns)
    code = row.get("last_exit_code")
    how = "by a signal or not begun" if code == -1 else f"with {one_line(str(code))}"
    return f"ended {how}, {when}"


def reports(rows: Sequence[Row]) -> str:
    """What was reported, a line for each line of it, the moment before the first."""
    out = []
    for row in rows:
        first, *others = str(row.get("content") or "").split("\n")
        out.append(f"{second(str(row.get('created_at') or ''))} {one_line(first)}\n")
        out += [f"  {one_line(each)}\n" for each in others]
    return "".join(out)


def _text(row: Row, key: str) -> str:
    found = row.get(key)
    return one_line(str(found)) if found not in (None, "", 0) else ""
