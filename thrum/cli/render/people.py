"""Agents, sessions and the team as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from thrum.cli.render.ids import ShortIds
from thrum.cli.render.paint import NONE, Paint
from thrum.cli.render.table import Colour, Column, table
from thrum.cli.render.text import cut, cut_middle, cut_start, one_line, pad, width
from thrum.cli.render.times import ago, ago_words
from thrum.plurals import counted

Row = dict[str, Any]

MANY: Final = 12
"""From here on members get a line instead of a block."""

MOST_PAIRS: Final = 5
"""Scopes and refs that a session's line names; of more it says how many."""

LONGEST_PAIR: Final = 40
FILES: Final = 8
"""Changed files that a block shows."""
BRIEF: Final = 160
"""Columns that what somebody is doing may take in a list for programs."""
_PATH: Final = 40


def _text(row: Row, key: str) -> str:
    return one_line(str(row.get(key) or ""))


_AGENTS: Final = (
    Column("AGENT", 12, weight=3, cut=cut_middle),
    Column("ROLE/MODULE", 10),
    Column("SEEN", 4),
)


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
    return table(_AGENTS, lines, is_plain=is_plain, columns=columns)


_CONTEXTS: Final = (
    Column("AGENT", 12, weight=3, cut=cut_middle),
    Column("SESSION", 6, leaves=6),
    Column("BRANCH", 10, leaves=1, cut=cut_start),
    Column("COMMITS", 3, leaves=3),
    Column("FILES", 3, leaves=2),
    Column("SEEN", 4, leaves=5),
    Column("TASK", 8, leaves=4),
    Column("INTENT", 14, weight=3),
)


def contexts(rows: Sequence[Row], now_ns: int, *, is_plain: bool, columns: int) -> str:
    """What each session works on, a line each; nothing is counted where nobody looked."""
    short = ShortIds(str(row.get("session_id", "")) for row in rows)
    lines = []
    for row in rows:
        commits = len(row.get("unmerged_commits") or ())
        files = len({*(row.get("changed_files") or ()), *(row.get("uncommitted_files") or ())})
        looked = str(row.get("git_updated_at") or "")
        task = _text(row, "current_task")
        counts = [str(commits), str(files)]
        if is_plain:
            counts = [counted(commits, "commit"), counted(files, "file")]
        lines.append(
            [
                f"@{_text(row, 'agent_id')}",
                one_line(short(str(row.get("session_id", "?")))),
                _text(row, "branch"),
                *(counts if looked else ["", ""]),
                ago(looked or str(row.get("intent_updated_at") or ""), now_ns),
                f"({task})" if task and is_plain else task,
                _brief(_text(row, "intent")) if is_plain else _text(row, "intent"),
            ]
        )
    return table(_CONTEXTS, lines, is_plain=is_plain, columns=columns)


_DAEMONS: Final = (Column("DAEMON", 12), Column("HOST", 4), Column("AGENTS", 6))


def daemons(rows: Sequence[Row], *, is_plain: bool, columns: int) -> str:
    """How many agents each daemon has; for people their sum as well."""
    counts = [int(row.get("agent_count") or 0) for row in rows]
    lines = [
        [
            _text(row, "daemon_id"),
            _text(row, "hostname"),
            counted(count, "agent") if is_plain else str(count),
        ]
        for row, count in zip(rows, counts, strict=True)
    ]
    if not is_plain:
        lines.append(["total", "", str(sum(counts))])
    return table(_DAEMONS, lines, is_plain=is_plain, columns=columns)


_SESSIONS: Final = (
    Column("SESSION", 6),
    Column("AGENT", 12, weight=3, cut=cut_middle),
    Column("BEGAN", 4, leaves=3),
    Column("ENDED", 4),
    Column("WHY", 5, leaves=2),
    Column("ABOUT", 10, leaves=1),
    Column("INTENT", 14, weight=3),
)


def sessions(rows: Sequence[Row], now_ns: int, *, is_plain: bool, columns: int) -> str:
    """One session per line: id, agent, when, how it ended, scopes and refs, what for."""
    if is_plain:
        return _session_lines(rows, now_ns)
    short = ShortIds(str(row.get("session_id", "")) for row in rows)
    lines = []
    for row in rows:
        ended, why = str(row.get("ended_at") or ""), _text(row, "end_reason")
        lines.append(
            [
                one_line(short(str(row.get("session_id", "?")))),
                f"@{_text(row, 'agent_id')}",
                ago(str(row.get("started_at", "")), now_ns),
                (ago(ended, now_ns) or "ended") if ended else "open",
                why if ended and why != "normal" else "",
                _pairs(row)[1:-1],
                _text(row, "intent"),
            ]
        )
    return table(_SESSIONS, lines, is_plain=False, columns=columns)


def _session_lines(rows: Sequence[Row], now_ns: int) -> str:
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
    told = [cut(each, LONGEST_PAIR) for each in said if not each.startswith("worktree:")]
    rest = [f"+{len(told) - MOST_PAIRS}"] if len(told) > MOST_PAIRS else []
    return f"[{' '.join([*told[:MOST_PAIRS], *rest])}]" if told else ""


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


def state(member: Row) -> str:
    """What an agent says of itself where somebody should know: ``blocked``, ``stuck``."""
    says = _text(member, "agent_status")
    return "" if says in _UNREMARKABLE else says


def pane(member: Row) -> str:
    """How it stands with the session of tmux that an agent lives in."""
    says = _text(member, "tmux_state")
    return f"tmux {says}" if says else ""


_UNREMARKABLE: Final = frozenset({"", "working", "idle"})


def position(member: Row) -> str:
    """Role and module."""
    return f"{_text(member, 'role')}/{_text(member, 'module')}"


def _is_me(member: Row, me: str) -> bool:
    return bool(me) and member.get("agent_id") == me


def _life_colour(member: Row, paint: Paint) -> Colour:
    return paint.doubtful if life(member) == "stale" else str


def member_line(member: Row, now_ns: int, me: str = "", paint: Paint = NONE) -> str:
    """A member of the team on one line, with what is worth knowing."""
    unread = int(member.get("inbox_unread") or 0)
    branch, alive = _text(member, "branch"), life(member)
    name = _name(member, me)
    parts = [
        mark(member),
        paint.you(name) if _is_me(member, me) else name,
        position(member),
        ago(str(member.get("last_seen") or ""), now_ns),
        _life_colour(member, paint)(f"[{alive}]" if alive else ""),
        f"[{pane(member)}]" if pane(member) else "",
        paint.bad(f"[{state(member)}]" if state(member) else ""),
        f"[{branch}]" if branch else "",
        paint.unread(f"{unread} unread" if unread else ""),
        _elsewhere(member, now_ns),
        _held(member),
    ]
    head = " ".join(part for part in parts if part)
    doing = _brief(_doing(member))
    return f"{head}: {doing}" if doing else head


def _held(member: Row) -> str:
    """What it has for itself, in a few words."""
    claims = [one_line(str(each)) for each in member.get("claims") or ()]
    return f"[has {_brief(', '.join(claims))}]" if claims else ""


def _elsewhere(member: Row, now_ns: int) -> str:
    """On which machine, and as of when its work is told, where nobody here could look."""
    host = _host(member)
    return f"on {host}{_as_of(member, now_ns)}" if host else ""


def _as_of(member: Row, now_ns: int) -> str:
    age = ago_words(_text(member, "git_updated_at"), now_ns) if member.get("git_updated_at") else ""
    return f", as of {age}" if age and age != "just now" else ""


def _host(member: Row) -> str:
    """The machine of an agent of another clone."""
    return "" if member.get("is_local") else _text(member, "hostname")


def _brief(text: str) -> str:
    """As much of it as a list may hold; `thrum ping` shows all."""
    return cut(text, BRIEF)


def _doing(member: Row) -> str:
    intent, task = _text(member, "intent"), _text(member, "current_task")
    return " ".join(part for part in (intent, f"({task})" if task else "") if part)


_ROSTER: Final = (
    Column("  AGENT", 14, weight=3, cut=cut_middle),
    Column("STATE", 5, leaves=1),
    Column("NEW", 3),
    Column("SEEN", 4, leaves=4),
    Column("ROLE", 8, leaves=3),
    Column("HOST", 4, leaves=5),
    Column("BRANCH", 10, leaves=2, cut=cut_start),
    Column("INTENT", 14, weight=3),
)


def roster(
    members: Sequence[Row],
    now_ns: int,
    *,
    is_plain: bool,
    columns: int,
    me: str,
    paint: Paint = NONE,
) -> str:
    """A line for each member; for people in columns."""
    if is_plain:
        return "".join(member_line(member, now_ns, me, paint) + "\n" for member in members)
    lines = [
        [
            f"{mark(member)} {_name(member, me)}",
            " ".join(filter(None, (state(member), life(member), pane(member)))),
            str(member.get("inbox_unread") or ""),
            ago(str(member.get("last_seen") or ""), now_ns),
            _text(member, "role"),
            _host(member),
            _text(member, "branch"),
            _doing(member),
        ]
        for member in members
    ]
    colours = [_roster_colours(member, me, paint) for member in members]
    return table(_ROSTER, lines, is_plain=False, columns=columns, colours=colours)


def _roster_colours(member: Row, me: str, paint: Paint) -> dict[int, Colour]:
    """What colours the cells for name, state and unread mail."""
    says, found = state(member), dict[int, Colour]()
    if paint.is_on:
        found[2] = paint.unread
        if says or life(member):
            found[1] = paint.bad if says else _life_colour(member, paint)
        if _is_me(member, me):
            found[0] = paint.you
    return found


def _name(member: Row, me: str) -> str:
    yourself = " (you)" if _is_me(member, me) else ""
    return f"@{_text(member, 'agent_id')}{yourself}"


def member_block(member: Row, now_ns: int, columns: int, me: str = "", paint: Paint = NONE) -> str:
    """A member of the team for people: a headline and what is known, each on its line."""
    branch = _text(member, "branch")
    intent = _text(member, "intent")
    headline = f"{mark(member)} {_name(member, me)}"
    headline += f" ({position(member)})"
    whole = f"{headline} — {intent}" if intent else headline
    fits = width(whole) <= columns
    seen = ago_words(str(member.get("last_seen") or ""), now_ns)
    session = _text(member, "session_id")
    commits = int(member.get("unmerged_commits") or 0)
    pid, alive = int(member.get("agent_pid") or 0), life(member)
    tmux, pane = _text(member, "tmux_session"), _text(member, "tmux_state")
    facts = [
        ("PID", f"{pid} [{alive}]" if pid and alive else str(pid or "")),
        ("Tmux", f"{tmux} [{pane}]" if tmux and pane else tmux),
        ("Session", f"{session[-6:]}, seen {seen}" if session else f"none, seen {seen}"),
        ("State", state(member)),
        ("Intent", "" if fits else intent),
        ("Task", _text(member, "current_task")),
        ("Claims", ", ".join(one_line(str(each)) for each in member.get("claims") or ())),
        ("Branch", f"{branch} ({commits} ahead)" if branch and commits else branch),
        ("Worktree", _text(member, "worktree").rpartition("/")[2]),
        ("Runtime", _text(member, "runtime")),
        ("Host", _elsewhere(member, now_ns).removeprefix("on ")),
        (
            "Inbox",
            f"{member.get('inbox_unread') or 0} unread / {member.get('inbox_total') or 0} total",
        ),
    ]
    told = {name: f"  {name + ':':<9} {value}" for name, value in facts if value}
    lines = [whole if fits else headline, *told.values()]
    changes = list(member.get("file_changes") or ())
    lines += [f"  {_file(change, columns - 2)}" for change in changes[:FILES]]
    if len(changes) > FILES:
        lines.append(f"  and {counted(len(changes) - FILES, 'file')} more")
    colours: dict[str, Colour] = {lines[0]: paint.you} if _is_me(member, me) else {}
    colours |= {told[name]: _fact_colour(name, member, paint) for name in told}
    # In colour when it is as wide as it shall be: what colours it takes no column.
    return "".join(colours.get(line, str)(cut(line, columns)) + "\n" for line in lines)


def _fact_colour(name: str, member: Row, paint: Paint) -> Colour:
    if name == "State":
        return paint.bad
    if name == "Inbox" and member.get("inbox_unread"):
        return paint.unread
    return _life_colour(member, paint) if name == "PID" else str


def _file(change: Row, columns: int) -> str:
    added, removed = int(change.get("additions") or 0), int(change.get("deletions") or 0)
    counts = f"+{added} -{removed}"
    room = max(min(_PATH, columns - len(counts) - 1), 1)
    return f"{pad(cut_start(_text(change, 'path'), room), room)} {counts}"


def team(
    members: Sequence[Row],
    now_ns: int,
    *,
    is_plain: bool,
    columns: int,
    me: str = "",
    paint: Paint = NONE,
) -> str:
    """All members: a line each for programs, and where there are many; a block each otherwise.

    Whoever was seen last comes first; who is away, or whose process has ended, last.
    """
    members = sorted(members, key=lambda member: _text(member, "last_seen"), reverse=True)
    members.sort(key=lambda member: mark(member) == "○")
    if is_plain or len(members) > MANY:
        how: Row = {"is_plain": is_plain, "columns": columns, "me": me, "paint": paint}
        return roster(members, now_ns, **how)
    return "\n".join(member_block(member, now_ns, columns, me, paint) for member in members)


def beyond(rows: Sequence[Row]) -> str:
    """How many agents of peers can be written to, in one line: what they do nobody knows here."""
    said = [
        f"{counted(int(row.get('agents') or 0), 'agent')} as @{_text(row, 'prefix')}:NAME"
        f"{'' if row.get('reached') else ' (its peer does not answer)'}"
        for row in rows
    ]
    return f"Behind peers: {', '.join(said)}; --all names them\n" if said else ""


def shared(totals: Row, columns: int) -> str:
    """How much mail went to everybody and to each group, on one line; nothing if none did."""
    counts = [("everybody", totals.get("broadcast_total") or 0)]
    counts += [(f"@{_text(each, 'name')}", each.get("total") or 0) for each in _groups(totals)]
    said = ", ".join(f"{count} to {name}" for name, count in counts if count)
    return cut(f"Shared: {said}", columns) + "\n" if said else ""


def _groups(totals: Row) -> Sequence[Row]:
    return totals.get("groups") or ()
