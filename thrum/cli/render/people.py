"""Agents, sessions and the team as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from thrum.cli.render.ids import ShortIds
from thrum.cli.render.text import counted, cut, one_line, pad, width
from thrum.cli.render.times import ago, ago_words

Row = dict[str, Any]

MANY: Final = 12
"""From here on members get a line instead of a block."""


def _text(row: Row, key: str) -> str:
    return one_line(str(row.get(key) or ""))


Column = tuple[str, int]
"""A heading, and the most columns that its cells may take of a terminal of 80."""


def grid(layout: Sequence[Column], lines: Sequence[Sequence[str]], columns: int) -> str:
    """Rows under headings; cells are cut at their column's bound and the last one at the edge."""
    rows = [[heading for heading, _ in layout], *lines]
    bounds = [max(most, most * columns // 80) for _, most in layout]
    widths = [
        min(most, max(map(width, cells)))
        for most, cells in zip(bounds, zip(*rows, strict=True), strict=True)
    ]
    out = []
    for row in rows:
        cells = [pad(cell, wide) for cell, wide in zip(row[:-1], widths[:-1], strict=True)]
        out.append(cut("  ".join([*cells, row[-1]]).rstrip(), columns) + "\n")
    return "".join(out)


_AGENTS: Final = (("AGENT", 24), ("ROLE/MODULE", 30), ("SEEN", 0))


def agents(rows: Sequence[Row], now_ns: int, *, is_plain: bool, columns: int) -> str:
    """One agent per line: name, role, module, when it was last seen."""
    lines = [
        [
            f"@{_text(row, 'agent_id')}",
            f"{_text(row, 'role')}/{_text(row, 'module')}",
            ago(str(row.get("last_seen_at") or row.get("registered_at") or ""), now_ns),
        ]
        for row in rows
    ]
    return table(lines, is_plain=True) if is_plain else grid(_AGENTS, lines, columns)


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


_CONTEXTS: Final = (
    ("AGENT", 16),
    ("SESSION", 8),
    ("BRANCH", 12),
    ("COMMITS", 7),
    ("FILES", 5),
    ("SEEN", 6),
    ("INTENT", 0),
)


def contexts(rows: Sequence[Row], now_ns: int, *, is_plain: bool, columns: int) -> str:
    """What each session works on, a line each."""
    short = ShortIds(str(row.get("session_id", "")) for row in rows)
    lines = []
    for row in rows:
        commits = len(row.get("unmerged_commits") or ())
        paths = {*(row.get("changed_files") or ()), *(row.get("uncommitted_files") or ())}
        seen = str(row.get("git_updated_at") or row.get("intent_updated_at") or "")
        counts = [counted(commits, "commit"), counted(len(paths), "file")]
        lines.append(
            [
                f"@{_text(row, 'agent_id')}",
                one_line(short(str(row.get("session_id", "?")))),
                _text(row, "branch"),
                *(counts if is_plain else [str(commits), str(len(paths))]),
                ago(seen, now_ns),
                _text(row, "intent"),
            ]
        )
    return table(lines, is_plain=True) if is_plain else grid(_CONTEXTS, lines, columns)


def sessions(rows: Sequence[Row], now_ns: int) -> str:
    """One session per line: id, agent, when, how it ended, scopes and refs, what for."""
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
            _pairs(row),
            _text(row, "intent"),
        ]
        lines.append(" ".join(part for part in parts if part) + "\n")
    return "".join(lines)


def _pairs(row: Row) -> str:
    """Scopes and refs as ``[type:value …]``, but for where the session works."""
    found = [*(row.get("scopes") or ()), *(row.get("refs") or ())]
    said = [f"{_text(each, 'type')}:{_text(each, 'value')}" for each in found]
    told = " ".join(each for each in said if not each.startswith("worktree:"))
    return f"[{told}]" if told else ""


def orphans(rows: Sequence[Row], now_ns: int) -> str:
    """One agent that is gone per line: why, where it was, and what goes with it."""
    lines = []
    for row in rows:
        seen = ago_words(str(row.get("last_seen_at") or ""), now_ns)
        parts = [
            f"○ @{_text(row, 'agent_id')}",
            f"{_text(row, 'role')}/{_text(row, 'module')}",
            f"seen {seen},",
            f"{counted(int(row.get('message_count') or 0), 'message')}:",
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


def life(member: Row) -> str:
    """``live`` or ``stale`` by the agent's process; nothing where that cannot be told."""
    live = member.get("live")
    return "" if live is None else "live" if live else "stale"


def member_line(member: Row, now_ns: int, me: str = "") -> str:
    """A member of the team on one line, with what is worth knowing."""
    unread = int(member.get("inbox_unread") or 0)
    branch, alive = _text(member, "branch"), life(member)
    parts = [
        mark(member),
        f"@{_text(member, 'agent_id')}{' (you)' if member.get('agent_id') == me else ''}",
        f"{_text(member, 'role')}/{_text(member, 'module')}",
        ago(str(member.get("last_seen") or ""), now_ns),
        f"[{alive}]" if alive else "",
        f"[{branch}]" if branch else "",
        f"{unread} unread" if unread else "",
        _elsewhere(member),
    ]
    head = " ".join(part for part in parts if part)
    doing = _doing(member)
    return f"{head}: {doing}" if doing else head


def _elsewhere(member: Row) -> str:
    host = _text(member, "hostname")
    return f"on {host}" if host and not member.get("is_local") else ""


def _doing(member: Row) -> str:
    intent, task = _text(member, "intent"), _text(member, "current_task")
    return " ".join(part for part in (intent, f"({task})" if task else "") if part)


_ROSTER: Final = (
    ("  AGENT", 18),
    ("ROLE", 9),
    ("SEEN", 6),
    ("PID", 5),
    ("NEW", 4),
    ("BRANCH", 12),
    ("INTENT", 0),
)


def roster(members: Sequence[Row], now_ns: int, *, is_plain: bool, columns: int, me: str) -> str:
    """A line for each member; for people in columns."""
    if is_plain:
        return "".join(member_line(member, now_ns, me) + "\n" for member in members)
    lines = [
        [
            f"{mark(member)} @{_text(member, 'agent_id')}",
            _text(member, "role"),
            ago(str(member.get("last_seen") or ""), now_ns),
            life(member),
            str(member.get("inbox_unread") or ""),
            _text(member, "branch"),
            _doing(member),
        ]
        for member in members
    ]
    return grid(_ROSTER, lines, columns)


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
    pid, alive = int(member.get("agent_pid") or 0), life(member)
    tmux, pane = _text(member, "tmux_session"), _text(member, "tmux_state")
    facts = [
        ("PID", f"{pid} [{alive}]" if pid and alive else str(pid or "")),
        ("Tmux", f"{tmux} [{pane}]" if tmux and pane else tmux),
        ("Session", f"{session[-6:]}, seen {seen}" if session else f"none, seen {seen}"),
        ("Task", _text(member, "current_task")),
        ("Branch", f"{branch} ({commits} ahead)" if branch and commits else branch),
        ("Worktree", _text(member, "worktree").rpartition("/")[2]),
        ("Runtime", _text(member, "runtime")),
        ("Host", "" if member.get("is_local") else _text(member, "hostname")),
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
    if is_plain or len(members) > MANY:
        return roster(members, now_ns, is_plain=is_plain, columns=columns, me=me)
    return "\n".join(member_block(member, now_ns, columns, me) for member in members)


def shared(totals: Row, columns: int) -> str:
    """How much mail went to everybody and to each group, on one line; nothing if none did."""
    counts = [("everybody", totals.get("broadcast_total") or 0)]
    counts += [(f"@{_text(each, 'name')}", each.get("total") or 0) for each in _groups(totals)]
    said = ", ".join(f"{count} to {name}" for name, count in counts if count)
    return cut(f"Shared: {said}", columns) + "\n" if said else ""


def _groups(totals: Row) -> Sequence[Row]:
    return totals.get("groups") or ()
