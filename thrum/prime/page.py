"""The text: sections one after another, those that matter most first where there is little room.

What the others said is data and stands on lines of its own, cut and without control characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from thrum import preamble
from thrum.cli.render.ids import ShortIds
from thrum.cli.render.text import cut, one_line, visible
from thrum.cli.render.times import ago
from thrum.plurals import counted
from thrum.prime.facts import Colleague, Facts, Mail

MOST: Final = 2_000
"""Bytes of everything but the agent's own notes and the session before."""

SNAPSHOT_HEADING: Final = "# Previous Session Context"
"""Scripts of older programs look for this line."""

_COLLEAGUES: Final = 8
_CLAIMS: Final = 8
_LINE: Final = 100
_FILES: Final = 5
_REMEDY: Final = 300


class Section(NamedTuple):
    """A part of the page.

    Attributes:
        text: its lines.
        brief: one line that takes their place where they do not fit; empty if nothing shall.
    """

    text: str
    brief: str = ""


Part = Callable[[Facts, int], Section | None]


def compose(facts: Facts, now_ns: int, most: int = MOST, whole: int | None = None) -> str:
    """The page.

    Args:
        facts: what is known.
        now_ns: the clock, for ages.
        most: bytes for everything before the notes and the session before.
        whole: characters for all of it, where somebody else would cut what is longer.
    """
    blocks = _fitting(sections(facts, now_ns), most)
    for text, brief in _kept(facts):
        used = sum(len(block) + 1 for block in blocks)
        fits = whole is None or used + len(text) <= whole
        blocks.append(text if fits else brief)
    return "".join(_parted(blocks))


def is_needless(facts: Facts) -> bool:
    """Whether a page would tell an agent nothing that it could act on.

    It works here alone, has no mail and no text of anybody, and nothing is wrong.
    """
    if facts.me is None or not facts.me.session or facts.team or facts.unread:
        return False
    usual = facts.instructions in {"", preamble.default(facts.me.name)}
    texts = (facts.remedy, facts.duties, facts.project, facts.notes, facts.snapshot)
    return usual and not facts.reminders and not any(text.strip() for text in texts)


def shows_snapshot(facts: Facts, text: str) -> bool:
    """Whether a page holds the session before, and not only a word of it."""
    return bool(facts.snapshot.strip()) and SNAPSHOT_HEADING in text.splitlines()


def sections(facts: Facts, now_ns: int) -> dict[str, Section]:
    """Everything before the notes, in the order in which it is read; what is empty is left out."""
    found = {name: part(facts, now_ns) for name, part in _PARTS.items()}
    return {name: section for name, section in found.items() if section}


def _fitting(found: dict[str, Section], most: int) -> list[str]:
    """The texts that fit.

    Who the agent is comes first, in any case. Then each has its one line, as far as these fit;
    then each its whole text, as far as that fits beside the lines of the others.
    """
    myself = found["myself"].text
    chosen = {"myself": myself if _size(myself) <= most else _clipped(myself, most)}

    def choose(name: str, text: str) -> None:
        trial = chosen | {name: text}
        if text and sum(_size(each) for each in trial.values()) <= most:
            chosen[name] = text

    by_rank = sorted(found, key=_RANK.index)
    for name in by_rank:
        choose(name, found[name].brief)
    for name in by_rank:
        choose(name, found[name].text)
    return [chosen[name] for name in found if name in chosen]


def _parted(blocks: list[str]) -> Iterator[str]:
    """The blocks, with an empty line around those that have a heading."""
    before = ""
    for block in blocks:
        if before and (block.startswith("#") or before.startswith("#")):
            yield "\n"
        yield block
        before = block


def _size(text: str) -> int:
    """Bytes that a block takes, with an empty line behind it."""
    return len(text.encode(errors="replace")) + 1


def _clipped(text: str, most: int) -> str:
    return text.encode(errors="replace")[: most - 2].decode(errors="ignore").rstrip() + "\n"


def _kept(facts: Facts) -> list[tuple[str, str]]:
    """The notes and the session before, each with the line that else takes its place."""
    found = []
    if facts.notes.strip():
        text = f"# Session Context\n\n{visible(facts.notes).strip()}\n"
        size = counted(len(facts.notes), "character")
        found.append((text, f"Notes of yours: {size}, `thrum context show --session`\n"))
    if facts.snapshot.strip():
        text = _snapshot(facts.snapshot)
        size = counted(len(facts.snapshot), "character")
        found.append((text, f"What the session before said: {size}, `thrum prime` shows it\n"))
    return found


def _line(text: str, room: int = _LINE) -> str:
    """What others wrote, on one line of so many columns; marks that take none are bounded too."""
    return cut(one_line(text[: 4 * room])[:room], room)


def _myself(facts: Facts, now_ns: int) -> Section | None:
    lines = []
    if facts.remedy:
        lines.append(f"Thrum: {_line(facts.remedy, _REMEDY)}")
    if facts.me:
        me = facts.me
        line = f"Agent: @{_line(me.name)}"
        about = ", ".join(_line(each, 40) for each in (me.role, me.module) if each)
        line += f" ({about})" if about else ""
        since = ago(me.since, now_ns)
        if me.session:
            line += f", session {_line(me.session[-6:])}" + (f" since {since}" if since else "")
        lines.append(line)
        if me.intent:
            lines.append(f"Intent: {_line(me.intent)}")
        if not me.session and not facts.remedy:
            lines.append("Session: none; `thrum session start` begins one")
    elif facts.why_nobody:
        lines.append(f"Agent: {_line(facts.why_nobody, _REMEDY)}")
    elif not facts.remedy:
        lines.append(
            "Agent: not registered; `thrum quickstart NAME --role ROLE --module MODULE` does it"
        )
    return _section(lines)


def _inbox(facts: Facts, now_ns: int) -> Section | None:
    if facts.total is None:
        return None
    if not facts.unread:
        said = f"{counted(facts.total, 'message')}, all read" if facts.total else "empty"
        return _section([f"Inbox: {said}"])
    head = f"Inbox: {facts.unread} unread of {facts.total}"
    brief = f"{head}: `thrum inbox --unread`\n"
    if not facts.mail:
        return Section(brief, brief)
    lines = [head]
    short = ShortIds(each.id for each in facts.mail)
    lines += [f"  {_mail(each, short, now_ns)}" for each in facts.mail]
    more = facts.unread - len(facts.mail)
    if more > 0:
        lines.append(f"  and {more} more: `thrum inbox --unread`")
    lines.append('  `thrum message get ID` shows all of it, `thrum reply ID "text"` answers')
    return _section(lines, brief)


def _mail(mail: Mail, short: ShortIds, now_ns: int) -> str:
    age = ago(mail.at, now_ns)
    head = f"{_line(short(mail.id), 40)} @{_line(mail.sender, 40)}{f' {age}' * bool(age)}: "
    return head + _line(mail.text, max(20, _LINE - len(head)))


def _team(facts: Facts, _now_ns: int) -> Section | None:
    if facts.team is None:
        return None
    if not facts.team:
        return _section(["Team: nobody else"])
    active = sum(each.is_active for each in facts.team)
    head = f"Team: {counted(len(facts.team), 'other')}, {active} active"
    lines = [head]
    shown = sorted(facts.team, key=_urgency)[:_COLLEAGUES]
    lines += [f"  {_colleague(each)}" for each in shown]
    if len(facts.team) > len(shown):
        lines.append(f"  and {len(facts.team) - len(shown)} more: `thrum team`")
    return _section(lines, f"{head}: `thrum team`\n")


def _urgency(colleague: Colleague) -> int:
    """Who is stuck comes first, who is not there last; among equals the order is kept."""
    return {"stuck": 0, "blocked": 0, "offline": 2}.get(colleague.state, 1)


def _colleague(each: Colleague) -> str:
    about = "/".join(_line(word, 24) for word in (each.role, each.module) if word)
    words = [f"@{_line(each.name, 40)}", about, _line(each.state, 12)]
    line = " ".join(word for word in words if word)
    return cut(line + (f": {_line(each.doing)}" if each.doing else ""), _LINE)


def _claims(facts: Facts, _now_ns: int) -> Section | None:
    if not facts.claims:
        return None
    me = facts.me.name if facts.me else ""
    head = f"Claims: {counted(len(facts.claims), 'thing')} that somebody has for himself"
    lines = [f"{head}; `thrum claim PATH` has you be the one"]
    for each in facts.claims[:_CLAIMS]:
        whose = "you" if each.whose == me else f"@{_line(each.whose, 40)}"
        note = f": {_line(each.note)}" if each.note else ""
        lines.append(cut(f"  {_line(each.what, 60)} {whose}{note}", _LINE))
    if len(facts.claims) > _CLAIMS:
        lines.append(f"  and {len(facts.claims) - _CLAIMS} more: `thrum claims`")
    return _section(lines, f"{head}: `thrum claims`\n")


def _git(facts: Facts, _now_ns: int) -> Section | None:
    if not facts.work:
        return None
    work = facts.work
    said = [f"branch {_line(work.branch, 60)}" if work.branch else "no branch"]
    if work.unmerged:
        said.append(f"{counted(work.unmerged, 'commit')} not merged")
    brief = f"Git: {', '.join(said)}\n"
    if work.uncommitted:
        names = [_line(each, 60) for each in work.uncommitted[:_FILES]]
        more = len(work.uncommitted) - len(names)
        files = ", ".join(names) + (f" and {more} more" if more else "")
        said.append(f"uncommitted: {files}")
    return _section([f"Git: {', '.join(said)}"], brief)


def _daemon(facts: Facts, _now_ns: int) -> Section | None:
    return _section([f"Daemon: {_line(facts.daemon, _REMEDY)}"] if facts.daemon else [])


def _reminders(facts: Facts, _now_ns: int) -> Section | None:
    return _section([_line(each, _REMEDY) for each in facts.reminders])


def _duties(facts: Facts, _now_ns: int) -> Section | None:
    return _block("Your Role", facts.duties, "Your role: `thrum prime --max-bytes 6000`\n")


def _instructions(facts: Facts, _now_ns: int) -> Section | None:
    brief = "Instructions: `thrum help`\n"
    return _block("Agent Instructions", facts.instructions, brief)


def _project(facts: Facts, _now_ns: int) -> Section | None:
    brief = "Project state: `thrum context show --project`\n"
    return _block("Project State", facts.project, brief)


def _block(title: str, text: str, brief: str) -> Section | None:
    if not text.strip():
        return None
    return Section(f"# {title}\n\n{visible(text).strip()}\n", brief)


_PARTS: Final[dict[str, Part]] = {
    "myself": _myself,
    "inbox": _inbox,
    "team": _team,
    "claims": _claims,
    "git": _git,
    "daemon": _daemon,
    "reminders": _reminders,
    "duties": _duties,
    "instructions": _instructions,
    "project": _project,
}
"""In the order in which they are read."""

_RANK: Final = (
    "myself",
    "inbox",
    "duties",
    "instructions",
    "team",
    "claims",
    "git",
    "reminders",
    "daemon",
    "project",
)
"""In the order in which they get room."""


def _snapshot(text: str) -> str:
    return (
        f"{SNAPSHOT_HEADING}\n\n"
        "What was said before this session began, or before it was compacted: the work that it"
        " goes on with. A part named `## Resume Plan` says what is left to do.\n\n"
        f"{visible(text).strip()}\n"
    )


def _section(lines: list[str], brief: str = "") -> Section | None:
    text = "".join(f"{line}\n" for line in lines)
    return Section(text, brief) if text else None
