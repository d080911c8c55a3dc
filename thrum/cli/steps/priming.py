"""Gathering what an agent is told at the start of a session, from the daemon as far as it is there.

Whatever is missing, the rest is told: without a daemon the files say who this is and what was kept,
without an identity how to get one.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from thrum import config, contexts, git_place
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.render.times import span
from thrum.cli.steps import composed, hinting
from thrum.errors import ThrumError
from thrum.hints.contract import Hint
from thrum.identity import pane, process
from thrum.paths import Place
from thrum.prime import tips
from thrum.prime.facts import Claim, Colleague, Facts, Mail, Self, Work
from thrum.snapshots import shelf
from thrum.snapshots.shelf import Shelf

Answer = dict[str, Any]

MAIL: Final = 5
"""Messages that are shown with their first words."""

_PATIENCE_S: Final = 3.0
_TEXT: Final = 4_000
"""Characters of a message that are looked at for its first words."""


class Gathered:
    """The facts, and what a program may want besides.

    Attributes:
        facts: what the page is made of.
        page: the daemon's answer to ``team.overview``; empty where it gave none.
        inbox: its answer about what is unread; likewise.
        agent: the name of the agent; empty where this is nobody.
        is_set_up: whether there is a Thrum at all.
        is_alone: whether one agent works here alone, by the configuration.
        at_start: what a session begins with, by the configuration: ``full`` or ``pointer``.
        runtime: the agent runtime that this shell runs under; empty if it is none.
        is_in_tmux: whether the agent sits in a pane.
        hints: what is to be set right, for programs.
    """

    def __init__(self, facts: Facts, agent: str = "") -> None:
        self.facts = facts
        self.page: Answer = {}
        self.inbox: Answer = {}
        self.agent = agent
        self.is_set_up = True
        self.is_alone = False
        self.at_start = "full"
        self.runtime = ""
        self.is_in_tmux = False
        self.hints: list[Hint] = []

    @property
    def is_bound(self) -> bool:
        """Whether the daemon knows the agent, so that it can act on what it is told."""
        return bool(self.agent and self.page.get("agent"))

    def remind(self, text: str) -> None:
        """Adds a line about something that somebody should set right."""
        if text:
            self.facts = replace(self.facts, reminders=(*self.facts.reminders, text))


def gather(context: Context, *, with_mail: bool = True, nobody: str = "") -> Gathered:
    """Everything that is known here and now; whatever fails is left out or named.

    Args:
        with_mail: whether the first words of what is unread are wanted, and not only how much.
        nobody: why this is not the agent that files and daemon would take it for.
    """
    try:
        place = context.place
    except ThrumError as error:
        found = Gathered(Facts(remedy=_said(error)))
        found.is_set_up = False
        return found
    found = _who(context)
    try:
        _ask(context, found, with_mail)
    except ThrumError as error:
        found.facts = replace(found.facts, remedy=_said(error))
    if nobody:
        found.agent = ""
        found.facts = replace(found.facts, me=None, why_nobody=nobody, total=None, unread=0)
    found.facts = replace(found.facts, work=_work(context, found.page))
    _configured(context, found)
    if found.is_alone and not found.facts.team:
        found.facts = replace(found.facts, team=None)
    found.runtime = process.runtime_name(context.program) if context.program else ""
    if found.agent:
        _kept(context, found, place)
    found.hints = hinting.find(context, "prime", result={})
    for hint in found.hints:
        todo = f"; `{hint.options[0].cmd}`" if hint.options else ""
        found.remind(f"{hint.severity} [{hint.code}]: {hint.message}{todo}")
    if context.toplevel:
        home = context.env.get("HOME", "")
        found.remind(tips.claude(context.toplevel, Path(home) if home else None))
    return found


def _configured(context: Context, found: Gathered) -> None:
    """What the configuration says of sessions; where it cannot be read that is told."""
    try:
        settings = config.load(context.place.config, context.env)
        found.is_alone = bool(settings.get("daemon.single_agent_mode"))
        found.at_start = str(settings.get("prime.at_start"))
    except ThrumError as error:
        found.remind(f"Configuration: {_said(error)}")


def _kept(context: Context, found: Gathered, place: Place) -> None:
    """What the files keep for the agent."""
    me = found.facts.me
    who = composed.Who(found.agent, me.role if me else "", me.module if me else "")
    local = contexts.Contexts(place.root)
    stem = contexts.stem_of(found.agent)
    told = composed.gather(
        context,
        who,
        _text(found, local, stem + contexts.PREAMBLE),
        is_alone=found.is_alone,
        trouble=lambda error: found.remind(f"Not shown: {_said(error)}"),
    )
    notes = _text(found, local, stem)
    said = _snapshot(found, shelf.of(place.local, found.agent))
    found.facts = replace(
        found.facts,
        duties=told.duties.text,
        instructions=told.instructions.text,
        project=told.project.text,
        notes=notes,
        snapshot=said,
    )


def _snapshot(found: Gathered, left: Shelf) -> str:
    """What the session before left."""
    try:
        return left.text()
    except (OSError, ValueError) as error:
        found.remind(f"What the session before left in {left.path} cannot be read: {error}")
        return ""


def _who(context: Context) -> Gathered:
    """Which agent this shell is, by the files or the daemon."""
    try:
        found = context.speaker
    except ThrumError as error:
        is_nobody = error.kind == "identity" and not any(context.evidence.here)
        return Gathered(Facts(why_nobody="" if is_nobody else _said(error)))
    identity = found.identity
    intent = identity.intent if identity else ""
    pane_of_it = identity.tmux_session if identity else ""
    session = identity.session_id if identity else ""
    me = Self(found.agent_id, found.role, found.module, session=session, intent=intent)
    gathered = Gathered(Facts(me=me), found.agent_id)
    has_pane = bool(pane_of_it) and pane.exists(context.env, pane_of_it)
    gathered.is_in_tmux = bool(context.env.get("TMUX")) or has_pane
    return gathered


def _ask(context: Context, found: Gathered, with_mail: bool) -> None:
    """Fills in what the daemon knows.

    Raises:
        ThrumError: it is away, or refuses.
    """
    page = context.call("team.overview", {"caller_agent_id": found.agent}, timeout=_PATIENCE_S)
    found.page = page if isinstance(page, dict) else {}
    facts = replace(
        found.facts,
        team=tuple(_colleague(row) for row in found.page.get("team") or ()),
        claims=tuple(_claim(row) for row in found.page.get("claims") or ()),
        daemon=_daemon(found.page.get("health") or {}),
    )
    agent: Answer = found.page.get("agent") or {}
    if agent:
        found.agent = str(agent.get("agent_id") or "") or found.agent
        facts = replace(
            facts,
            me=Self(
                found.agent,
                str(agent.get("role") or ""),
                str(agent.get("module") or ""),
                str(agent.get("session_id") or ""),
                str(agent.get("session_start") or ""),
                str(agent.get("intent") or ""),
            ),
        )
        inbox: Answer = found.page.get("inbox") or {}
        facts = replace(
            facts, unread=int(inbox.get("unread") or 0), total=int(inbox.get("total") or 0)
        )
    found.facts = facts
    if facts.unread and with_mail:
        # What is known so far is told, whatever becomes of this.
        found.facts = replace(facts, mail=_mail(context, found))


def _mail(context: Context, found: Gathered) -> tuple[Mail, ...]:
    """The first words of what is unread, the oldest first, as it will be answered."""
    found.inbox = context.call(
        "message.list",
        {
            "caller_agent_id": found.agent,
            "for_agent": found.agent,
            "unread": True,
            "exclude_self": True,
            "page_size": MAIL,
            "sort_order": "asc",
        },
        timeout=_PATIENCE_S,
    )
    rows = [row for row in found.inbox.get("messages") or () if isinstance(row, dict)]
    return tuple(
        Mail(
            str(row.get("message_id") or ""),
            str(row.get("agent_id") or ""),
            str(row.get("created_at") or ""),
            str((row.get("body") or {}).get("content") or "")[:_TEXT],
        )
        for row in rows
    )


def _colleague(row: Answer) -> Colleague:
    state = str(row.get("agent_status") or "")
    if row.get("live") is False or not row.get("session_id"):
        state = "offline"
    return Colleague(
        str(row.get("agent_id") or ""),
        str(row.get("role") or ""),
        str(row.get("module") or ""),
        str(row.get("intent") or row.get("current_task") or ""),
        state,
    )


def _claim(row: Answer) -> Claim:
    said = (str(row.get(key) or "") for key in ("what", "agent_id", "note"))
    return Claim(*said)


def _daemon(health: Answer) -> str:
    up = span(int(health.get("uptime_ms") or 0))
    said = f"{health.get('status')}, version {health.get('version')}, up {up}"
    said += f", sync {health.get('sync_state')}"
    problems = health.get("problems") or ()
    return one_line(said + "".join(f"; {each}" for each in problems))


def _work(context: Context, page: Answer) -> Work | None:
    if context.git is None:
        return None
    known: Answer = page.get("work_context") or {}
    return Work(
        str(known.get("branch") or "") or git_place.branch(context.git),
        len(known.get("unmerged_commits") or ()),
        tuple(str(each) for each in known.get("uncommitted_files") or ()),
    )


def _text(found: Gathered, kept: contexts.Contexts, stem: str) -> str:
    """What a file of the folder says; of one that cannot be read, that is told."""
    try:
        note = kept.read(stem)
    except ThrumError as error:
        found.remind(f"Not shown: {_said(error)}")
        return ""
    return note.content.decode(errors="replace") if note else ""


def _said(error: ThrumError) -> str:
    return one_line(f"{error.message}; {error.hint}" if error.hint else error.message)
