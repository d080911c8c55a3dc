"""The text: sections in the order of their importance, each whole or not at all.

What the others said is data and stands on lines of its own, cut and without control characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from thrum.cli.render.ids import ShortIds
from thrum.cli.render.text import cut, one_line, visible
from thrum.cli.render.times import ago
from thrum.plurals import counted
from thrum.prime.facts import Colleague, Facts, Mail

MOST: Final = 2_000
"""Characters of everything but the agent's own notes and the session before."""

SNAPSHOT_HEADING: Final = "# Previous Session Context"
"""Scripts of older programs look for this line."""

_COLLEAGUES: Final = 12
_LINE: Final = 100
_FILES: Final = 5


class Section(NamedTuple):
    """A part of the page.

    Attributes:
        name: what it is called where it had to be left out.
        text: its lines.
        otherwise: the command that shows what was left out.
    """

    name: str
    text: str
    otherwise: str = ""


def compose(facts: Facts, now_ns: int, most: int = MOST) -> str:
    """The page.

    Args:
        facts: what is known.
        now_ns: the clock, for ages.
        most: characters for everything before the notes and the session before.
    """
    head = _fitting(list(sections(facts, now_ns)), most)
    rest = [Section("notes", f"# Session Context\n\n{visible(facts.notes).strip()}\n")]
    blocks = [*head, *(each.text for each in rest if facts.notes.strip())]
    if facts.snapshot.strip():
        blocks.append(_snapshot(facts.snapshot))
    return "\n".join(blocks)


def sections(facts: Facts, now_ns: int) -> Iterator[Section]:
    """Everything before the notes, the most important first; what is empty is left out."""
    parts: tuple[Callable[[Facts, int], Section | None], ...] = (
        _myself,
        _inbox,
        _team,
        _git,
        _daemon,
        _reminders,
        _instructions,
        _project,
    )
    for part in parts:
        found = part(facts, now_ns)
        if found:
            yield found


def _fitting(found: list[Section], most: int) -> list[str]:
    """The texts that fit, with a line about those that do not; the first is always there."""
    kept: list[Section] = []
    left: list[Section] = []
    for section in found:
        trial = [*kept, section]
        rest = [each for each in found if each not in trial and each.otherwise]
        room = most - len(_left_out([*left, *rest]))
        fits = sum(len(each.text) + 1 for each in trial) <= room
        (kept if fits or not kept else left).append(section)
    texts = [section.text for section in kept]
    line = _left_out(left)
    return [*texts, line] if line else texts


def _left_out(left: Iterable[Section]) -> str:
    named = [f"{each.name} (`{each.otherwise}`)" for each in left if each.otherwise]
    return f"Left out for length: {', '.join(named)}\n" if named else ""


def _myself(facts: Facts, now_ns: int) -> Section | None:
    lines = []
    if facts.remedy:
        lines.append(f"Thrum: {facts.remedy}")
    if facts.me:
        me = facts.me
        line = f"Agent: @{one_line(me.name)} ({one_line(me.role)}, {one_line(me.module)})"
        since = ago(me.since, now_ns)
        if me.session:
            line += f", session {me.session[-6:]}" + (f" since {since}" if since else "")
        lines.append(line)
        if me.intent:
            lines.append(f"Intent: {cut(one_line(me.intent), _LINE)}")
        if not me.session and not facts.remedy:
            lines.append("Session: none; `thrum session start` begins one")
    elif facts.why_nobody:
        lines.append(f"Agent: {one_line(facts.why_nobody)}")
    elif not facts.remedy:
        lines.append(
            "Agent: not registered; `thrum quickstart NAME --role ROLE --module MODULE` does it"
        )
    return _section("identity", lines)


def _inbox(facts: Facts, now_ns: int) -> Section | None:
    if facts.total is None:
        return None
    if not facts.unread:
        said = f"{counted(facts.total, 'message')}, all read" if facts.total else "empty"
        return _section("inbox", [f"Inbox: {said}"])
    lines = [f"Inbox: {facts.unread} unread of {facts.total}"]
    short = ShortIds(each.id for each in facts.mail)
    lines += [f"  {_mail(each, short, now_ns)}" for each in facts.mail]
    more = facts.unread - len(facts.mail)
    if more > 0 and facts.mail:
        lines.append(f"  and {more} more: `thrum inbox --unread`")
    lines.append('  `thrum message read ID` shows all of it, `thrum reply ID "text"` answers')
    return _section("inbox", lines, "thrum inbox --unread")


def _mail(mail: Mail, short: ShortIds, now_ns: int) -> str:
    age = ago(mail.at, now_ns)
    head = f"{one_line(short(mail.id))} @{one_line(mail.sender)}{f' {age}' * bool(age)}: "
    return head + cut(one_line(mail.text), max(20, _LINE - len(head)))


def _team(facts: Facts, _now_ns: int) -> Section | None:
    if facts.team is None:
        return None
    if not facts.team:
        return _section("team", ["Team: nobody else"])
    active = sum(each.is_active for each in facts.team)
    lines = [f"Team: {counted(len(facts.team), 'other')}, {active} active"]
    shown = sorted(facts.team, key=lambda each: _urgency(each))[:_COLLEAGUES]
    lines += [f"  {_colleague(each)}" for each in shown]
    if len(facts.team) > len(shown):
        lines.append(f"  and {len(facts.team) - len(shown)} more: `thrum team`")
    return _section("team", lines, "thrum team")


def _urgency(colleague: Colleague) -> int:
    """Who is stuck comes first, who is not there last; among equals the order is kept."""
    return {"stuck": 0, "blocked": 0, "offline": 2}.get(colleague.state, 1)


def _colleague(each: Colleague) -> str:
    state = f" {one_line(each.state)}" if each.state else ""
    doing = f": {one_line(each.doing)}" if each.doing else ""
    line = f"@{one_line(each.name)} {one_line(each.role)}/{one_line(each.module)}{state}{doing}"
    return cut(line, _LINE)


def _git(facts: Facts, _now_ns: int) -> Section | None:
    if not facts.work:
        return None
    work = facts.work
    said = [f"branch {one_line(work.branch)}" if work.branch else "no branch"]
    if work.unmerged:
        said.append(f"{counted(work.unmerged, 'commit')} not merged")
    if work.uncommitted:
        names = [one_line(each) for each in work.uncommitted[:_FILES]]
        more = len(work.uncommitted) - len(names)
        files = ", ".join(names) + (f" and {more} more" if more else "")
        said.append(f"uncommitted: {files}")
    return _section("git", [f"Git: {', '.join(said)}"], "git status")


def _daemon(facts: Facts, _now_ns: int) -> Section | None:
    return _section("daemon", [f"Daemon: {facts.daemon}"] if facts.daemon else [], "thrum status")


def _reminders(facts: Facts, _now_ns: int) -> Section | None:
    return _section("reminders", [visible(each) for each in facts.reminders])


def _instructions(facts: Facts, _now_ns: int) -> Section | None:
    if not facts.instructions.strip():
        return None
    text = f"# Agent Instructions\n\n{visible(facts.instructions).strip()}\n"
    return Section("instructions", text, "thrum context show --session")


def _project(facts: Facts, _now_ns: int) -> Section | None:
    if not facts.project.strip():
        return None
    text = f"# Project State\n\n{visible(facts.project).strip()}\n"
    return Section("project state", text, "thrum context show --project")


def _snapshot(text: str) -> str:
    return (
        f"{SNAPSHOT_HEADING}\n\n"
        "The session before this one was ended so that this one goes on with its work. What it said"
        " follows; a part named `## Resume Plan` says what is left to do.\n\n"
        f"{visible(text).strip()}\n"
    )


def _section(name: str, lines: list[str], otherwise: str = "") -> Section | None:
    text = "".join(f"{line}\n" for line in lines)
    return Section(name, text, otherwise) if text else None
