"""``thrum overview`` and ``thrum status``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from thrum.cli.commands.team import with_life
from thrum.cli.context import Context
from thrum.cli.lacking import Gaps
from thrum.cli.render import people
from thrum.cli.render.claims import brief
from thrum.cli.render.text import cut, one_line
from thrum.cli.render.times import ago_words, span
from thrum.cli.steps import gathering, starting
from thrum.errors import ThrumError
from thrum.plurals import counted, listed

if TYPE_CHECKING:
    from thrum.cli.render.paint import Paint

Answer = dict[str, Any]

MOST_CLAIMS: Final = 8
"""Claims that the page shows."""

MOST_NAMED: Final = 3
"""Monitors that are told by name."""

TEAM: Final = 20
"""Colleagues that the page shows, those whose work was seen last first."""


def overview(context: Context) -> None:
    """Yourself, the team and your inbox, on one page."""
    gaps = Gaps(context)
    page = _page(context, gaps)
    context.document(page | gaps.warnings)
    lines = [*_self(page.get("agent"), context.now_ns()), *_work(page), ""]
    others = [with_life(row) for row in page.get("team") or ()]
    text = _fitted(context, lines) + "\n"
    if others:
        shown = [{**row, "status": _status(row)} for row in others[:TEAM]]
        how: Answer = {"is_plain": context.is_plain, "columns": context.columns, "me": ""}
        text += people.roster(shown, context.now_ns(), **how, paint=context.paint)
        if len(others) > TEAM:
            text += f"and {len(others) - TEAM} more: thrum team\n"
        text += "\n"
    rest = [
        *_claim_lines(page),
        *_inbox_lines(page.get("inbox")),
        *_monitor_lines(page),
        *_sync_lines(page),
    ]
    context.say(text + _fitted(context, rest))
    if not gaps.tell():
        starting.version_note(context, page["health"])


def status(context: Context) -> None:
    """Yourself, your inbox and the daemon, in detail."""
    gaps = Gaps(context)
    page = _page(context, gaps)
    page.pop("team", None)
    sync: Answer | None = gaps.ask("sync.status")
    if sync is not None:
        page["sync"] = sync
    notes = _notes(context, gaps, page.get("agent"))
    if notes:
        page["context"] = notes
    context.document(page | gaps.warnings)
    lines = [*_self(page.get("agent"), context.now_ns()), *_work(page)]
    lines += [*_note_lines(notes, context.now_ns()), *_inbox_lines(page.get("inbox"))]
    lines += _daemon_lines(page["health"])
    from thrum.cli.commands.sync import text

    if sync is not None:
        exchange = text(sync, context.now_ns(), is_brief=True)
        lines += ["Sync:", *(f"  {line}" for line in exchange.splitlines())]
    context.say(_fitted(context, lines))
    if not gaps.tell():
        starting.version_note(context, page["health"])


def _fitted(context: Context, lines: list[str]) -> str:
    """The lines, cut to the terminal, never for a program; in the colours of what they say."""
    fitted = (line if context.is_plain else cut(line, context.columns) for line in lines)
    return "\n".join(_coloured(context.paint, line) for line in fitted)


def _coloured(paint: Paint, line: str) -> str:
    """The line in the colour of its fact; what the exchange says is set in, and has its own."""
    name = line.partition(": ")[0]
    is_unread = name == "Inbox" and " unread of " in line
    colours = {
        "You": paint.you,
        "State": paint.bad,
        "Trouble": paint.bad,
        "Monitors": paint.bad if " dead" in line else str,
        "  Last error": paint.bad,
        "Held back": paint.doubtful,
        "  Held back": paint.doubtful,
    }
    return paint.unread(line) if is_unread else colours.get(name, str)(line)


def _page(context: Context, gaps: Gaps) -> Answer:
    """The first page as the daemon gives it; without an agent where nobody is registered."""
    try:
        claim = context.caller.agent_id
    except ThrumError as error:
        if error.kind != "identity":
            raise
        claim = ""
    page: Answer | None = gaps.ask("team.overview", {"caller_agent_id": claim})
    return gathering.page(gaps, claim) if page is None else page


def _status(colleague: Answer) -> str:
    return "offline" if colleague.get("live") is False else "active"


def _notes(context: Context, gaps: Gaps, agent: Answer | None) -> Answer | None:
    """Whether there are notes for the next session, and how large and old they are.

    Notes that cannot be read are no reason to keep back everything else.
    """
    if agent is None or context.toplevel is None:
        return None
    wanted = {"agent_name": agent.get("agent_id"), "repo_path": str(context.toplevel)}
    try:
        answer: Answer | None = gaps.ask("context.show", {**wanted, "include_preamble": False})
    except ThrumError as error:
        if error.kind not in {"not_allowed", "not_found", "too_large", "storage"}:
            raise
        return {"has_context": False, "error": error.message}
    keys = ("has_context", "size", "updated_at", "found_in", "was_cleared")
    return None if answer is None else {key: answer[key] for key in keys if key in answer}


def _note_lines(notes: Answer | None, now_ns: int) -> list[str]:
    if notes and notes.get("error"):
        return [f"Context: {one_line(str(notes['error']))}"]
    if notes and notes.get("was_cleared"):
        return ["Context: cleared; thrum context show --versions lists earlier ones"]
    if not notes or not notes.get("has_context"):
        return []
    facts = [counted(int(notes.get("size") or 0), "byte")]
    if notes.get("updated_at"):
        facts.append(f"saved {ago_words(str(notes['updated_at']), now_ns)}")
    if notes.get("found_in"):
        facts.append(f"from {one_line(str(notes['found_in']))}")
    return [f"Context: {', '.join(facts)}"]


def _work(page: Answer) -> list[str]:
    """What the caller works on, as its last sign of life said."""
    work: Answer = page.get("work_context") or {}
    commits, changed = work.get("unmerged_commits") or (), work.get("changed_files") or ()
    open_files = work.get("uncommitted_files") or ()
    counts = [
        said
        for found, said in (
            (commits, f"{counted(len(commits), 'commit')} ahead"),
            (changed, f"{counted(len(changed), 'file')} changed"),
            (open_files, f"{len(open_files)} uncommitted"),
        )
        if found
    ]
    task = one_line(str(work.get("current_task") or ""))
    says = people.state(work)
    lines = [f"State: {says}"] if says else []
    lines += [f"Task: {task}"] if task else []
    return lines + ([f"Work: {', '.join(counts)}"] if counts else [])


def _daemon_lines(health: Answer) -> list[str]:
    if not health:
        return []
    identity = health.get("identity")
    about: Answer = identity if isinstance(identity, dict) else {}
    up = span(int(health.get("uptime_ms") or 0))
    facts = [
        ("Daemon", f"running for {up}, version {health.get('version')}"),
        *(("Trouble", str(problem)) for problem in health.get("problems") or ()),
        ("Web page", health.get("address")),
        ("Daemon id", about.get("daemon_id")),
        ("Repository", about.get("repo_path")),
        ("Remote", about.get("git_origin_url")),
    ]
    return [f"{name}: {one_line(str(value))}" for name, value in facts if value]


def _sync_lines(page: Answer) -> list[str]:
    """How the exchange stands, what stays here because of the remote, and where the page is."""
    from thrum.cli.commands.sync import held_back, state

    health: Answer = page["health"]
    held = held_back(int(health.get("held") or 0))
    address = str(health.get("address") or "")
    return [
        f"Sync: {one_line(state(health))}",
        *([f"Held back: {held}"] if held else []),
        *([f"Web page: {one_line(address)}"] if address else []),
    ]


def _claim_lines(page: Answer) -> list[str]:
    """What is somebody's for a while."""
    known = page.get("claims") or ()
    if not known:
        return []
    shown = [brief(each) for each in known[:MOST_CLAIMS]]
    more = f" and {len(known) - MOST_CLAIMS} more: thrum claims" if len(known) > MOST_CLAIMS else ""
    return [f"Claims: {', '.join(shown)}{more}"]


def _monitor_lines(page: Answer) -> list[str]:
    """How many monitors run, and which do not."""
    known: Answer = page.get("monitors") or {}
    dead, stopped = known.get("dead") or (), known.get("stopped") or ()
    running = int(known.get("running") or 0)
    said = [
        *([f"{running} running"] if running else []),
        *([f"{_names(dead)} dead"] if dead else []),
        *([f"{_names(stopped)} stopped"] if stopped else []),
    ]
    if not said:
        return []
    more = ": thrum monitor list --all" if dead else ""
    return [f"Monitors: {', '.join(said)}{more}"]


def _names(found: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    shown, more = [one_line(str(each)) for each in found[:MOST_NAMED]], len(found) - MOST_NAMED
    return listed([*shown, f"{more} more"] if more > 0 else shown)


def _self(agent: Answer | None, now_ns: int) -> list[str]:
    if agent is None:
        return ["Not registered; thrum quickstart NAME --role ROLE --module MODULE does it."]
    began = agent.get("session_start")
    session = str(agent.get("session_id") or "")
    facts = [
        ("You", f"@{agent.get('agent_id')} ({agent.get('role')}/{agent.get('module')})"),
        ("Display", _display(agent)),
        ("Branch", str(agent.get("branch") or "")),
        ("Intent", str(agent.get("intent") or "")),
        (
            "Session",
            f"{session[-6:]}, started {ago_words(str(began), now_ns)}"
            if session
            else "none; thrum session start begins one",
        ),
    ]
    return [f"{name}: {one_line(value)}" for name, value in facts if value]


def _display(agent: Answer) -> str:
    """The agent's name for people; empty where it says its role and module once more."""
    display = str(agent.get("display") or "")
    position = [str(agent.get(key) or "").casefold() for key in ("role", "module")]
    words = re.sub(r"[()/,:]", " ", display.casefold()).split()
    return "" if words == [each for each in position if each] else display


def _inbox_lines(inbox: Answer | None) -> list[str]:
    if inbox is None:
        return []
    unread, total = inbox["unread"], inbox["total"]
    if unread:
        return [f"Inbox: {unread} unread of {total}: thrum inbox"]
    return [f"Inbox: {counted(total, 'message')}, all read" if total else "Inbox: empty"]
