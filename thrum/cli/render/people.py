"""Agents, sessions and the team as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from thrum.cli.render.ids import ShortIds
from thrum.cli.render.text import cut, one_line, pad, width
from thrum.cli.render.times import ago, ago_words

Row = dict[str, Any]


def _text(row: Row, key: str) -> str:
    return one_line(str(row.get(key) or ""))


def agents(rows: Sequence[Row], now_ns: int, *, is_plain: bool) -> str:
    """One agent per line: name, role, module, when it was last seen."""
    lines = [
        [
            f"@{_text(row, 'agent_id')}",
            f"{_text(row, 'role')}/{_text(row, 'module')}",
            ago(str(row.get("last_seen_at") or row.get("registered_at") or ""), now_ns),
        ]
        for row in rows
    ]
    return table(lines, is_plain=is_plain)


def table(lines: Sequence[Sequence[str]], *, is_plain: bool, columns: int = 120) -> str:
    """Rows of cells: one space between them, or columns of equal width for people."""
    if is_plain:
        return "".join(" ".join(cell for cell in line if cell) + "\n" for line in lines)
    widths = [max(width(cell) for cell in column) for column in zip(*lines, strict=True)]
    out = []
    for line in lines:
        cells = [pad(cell, wide) for cell, wide in zip(line, widths, strict=True)]
        out.append(cut("  ".join(cells).rstrip(), columns) + "\n")
    return "".join(out)


def sessions(rows: Sequence[Row], now_ns: int) -> str:
    """One session per line: id, agent, when, how it ended, what for."""
    short = ShortIds(str(row.get("session_id", "")) for row in rows)
    lines = []
    for row in rows:
        ended = row.get("ended_at")
        state = f"ended {ago_words(str(ended), now_ns)} ({_text(row, 'end_reason')})"
        parts = [
            one_line(short(str(row.get("session_id", "?")))),
            f"@{_text(row, 'agent_id')}",
            f"started {ago_words(str(row.get('started_at', '')), now_ns)}",
            state if ended else "open",
            _text(row, "intent"),
        ]
        lines.append(" ".join(part for part in parts if part) + "\n")
    return "".join(lines)


def orphans(rows: Sequence[Row], now_ns: int) -> str:
    """One agent that is gone per line: why, where it was, and what goes with it."""
    lines = []
    for row in rows:
        seen = ago_words(str(row.get("last_seen_at") or ""), now_ns)
        count = int(row.get("message_count") or 0)
        parts = [
            f"○ @{_text(row, 'agent_id')}",
            f"{_text(row, 'role')}/{_text(row, 'module')}",
            f"seen {seen},",
            f"{count} message{'' if count == 1 else 's'}:",
            _text(row, "reason"),
            f"({_text(row, 'worktree')})" if row.get("worktree") else "",
        ]
        lines.append(" ".join(part for part in parts if part) + "\n")
    return "".join(lines)


def mark(member: Row) -> str:
    """● at work, ⊙ reserved, ○ away."""
    if member.get("reserved"):
        return "⊙"
    return "●" if member.get("status") == "active" else "○"


def member_line(member: Row, now_ns: int, me: str = "") -> str:
    """A member of the team on one line, with what is worth knowing."""
    unread = int(member.get("inbox_unread") or 0)
    branch = _text(member, "branch")
    parts = [
        mark(member),
        f"@{_text(member, 'agent_id')}{' (you)' if member.get('agent_id') == me else ''}",
        f"{_text(member, 'role')}/{_text(member, 'module')}",
        ago(str(member.get("last_seen") or ""), now_ns),
        f"[{branch}]" if branch else "",
        f"{unread} unread" if unread else "",
        "" if member.get("is_local", True) else f"on {_text(member, 'hostname')}",
    ]
    head = " ".join(part for part in parts if part)
    intent = _text(member, "intent")
    task = _text(member, "current_task")
    return head + (f": {intent}" if intent else "") + (f" ({task})" if task else "")


def member_block(member: Row, now_ns: int, columns: int, me: str = "") -> str:
    """A member of the team for people: a headline and what is known, each on its line."""
    branch = _text(member, "branch")
    intent = _text(member, "intent")
    headline = f"{mark(member)} @{_text(member, 'agent_id')}"
    headline += " (you)" if member.get("agent_id") == me else ""
    headline += f" ({_text(member, 'role')}/{_text(member, 'module')})"
    headline += f" — {intent}" if intent else ""
    seen = ago_words(str(member.get("last_seen") or ""), now_ns)
    session = _text(member, "session_id")
    commits = int(member.get("unmerged_commits") or 0)
    facts = [
        ("Session", f"{session[-6:]}, seen {seen}" if session else f"none, seen {seen}"),
        ("Task", _text(member, "current_task")),
        ("Branch", f"{branch} ({commits} ahead)" if branch and commits else branch),
        ("Worktree", _text(member, "worktree").rpartition("/")[2]),
        ("Runtime", _text(member, "runtime")),
        ("Host", "" if member.get("is_local", True) else _text(member, "hostname")),
        (
            "Inbox",
            f"{member.get('inbox_unread') or 0} unread / {member.get('inbox_total') or 0} total",
        ),
    ]
    lines = [headline, *(f"  {name + ':':<9} {value}" for name, value in facts if value)]
    lines += [f"  {_file(change)}" for change in member.get("file_changes") or ()]
    return "".join(cut(line, columns) + "\n" for line in lines)


def _file(change: Row) -> str:
    added, removed = int(change.get("additions") or 0), int(change.get("deletions") or 0)
    return f"{pad(_text(change, 'path'), 40)} +{added} -{removed}"


def team(members: Sequence[Row], now_ns: int, *, is_plain: bool, columns: int, me: str = "") -> str:
    """All members: a line each for programs, and where there are many; a block each otherwise."""
    if is_plain:
        return "".join(member_line(member, now_ns, me) + "\n" for member in members)
    if len(members) > 12:
        lines = (cut(member_line(member, now_ns, me), columns) for member in members)
        return "".join(f"{line}\n" for line in lines)
    return "\n".join(member_block(member, now_ns, columns, me) for member in members)
