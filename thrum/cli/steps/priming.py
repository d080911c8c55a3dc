"""Gathering what an agent is told at the start of a session, from the daemon as far as it is there.

Whatever is missing, the rest is told: without a daemon the files say who this is and what was kept,
without an identity how to get one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from thrum import contexts, git_place, preamble
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.render.times import span
from thrum.errors import ThrumError
from thrum.prime import project
from thrum.prime.facts import Colleague, Facts, Mail, Self, Work

Answer = dict[str, Any]

MAIL: Final = 5
"""Messages that are shown with their first words."""

_PATIENCE_S: Final = 3.0
_AWAY: Final = frozenset({"daemon_down", "no_answer", "timed_out", "system"})


class Gathered:
    """The facts, and what a program may want besides.

    Attributes:
        facts: what the page is made of.
        page: the daemon's answer to ``team.overview``; empty where it gave none.
        inbox: its answer about what is unread; likewise.
        agent: the name of the agent; empty where this is nobody.
    """

    def __init__(self, facts: Facts, agent: str = "") -> None:
        self.facts = facts
        self.page: Answer = {}
        self.inbox: Answer = {}
        self.agent = agent


def gather(context: Context) -> Gathered:
    """Everything that is known here and now; whatever fails is left out or named."""
    try:
        place = context.place
    except ThrumError as error:
        return Gathered(Facts(remedy=_said(error)))
    found = _who(context)
    try:
        _ask(context, found)
    except ThrumError as error:
        if error.kind not in _AWAY:
            raise
        found.facts = replace(found.facts, remedy=_said(error))
    found.facts = replace(found.facts, work=_work(context, found.page))
    if found.agent:
        role = found.facts.me.role if found.facts.me else ""
        local = contexts.Contexts(place.root)
        shared = contexts.Contexts(place.repository)
        stem = contexts.stem_of(found.agent)
        written = _text(local, stem + contexts.PREAMBLE)
        found.facts = replace(
            found.facts,
            instructions=written or preamble.default(found.agent),
            project=project.for_role(_text(shared, contexts.PROJECT), role),
            notes=_text(local, stem),
        )
    return found


def _who(context: Context) -> Gathered:
    """Which agent this shell is, by the files or the daemon."""
    try:
        found = context.speaker
    except ThrumError as error:
        is_nobody = error.kind == "identity" and not any(context.evidence.here)
        return Gathered(Facts(why_nobody="" if is_nobody else _said(error)))
    identity = found.identity
    intent = identity.intent if identity else ""
    session = identity.session_id if identity else ""
    me = Self(found.agent_id, found.role, found.module, session=session, intent=intent)
    return Gathered(Facts(me=me), found.agent_id)


def _ask(context: Context, found: Gathered) -> None:
    """Fills in what the daemon knows.

    Raises:
        ThrumError: it is away, or refuses.
    """
    page = context.call("team.overview", {"caller_agent_id": found.agent}, timeout=_PATIENCE_S)
    found.page = page if isinstance(page, dict) else {}
    facts = replace(
        found.facts,
        team=tuple(_colleague(row) for row in found.page.get("team") or ()),
        daemon=_daemon(found.page.get("health") or {}),
    )
    agent: Answer = found.page.get("agent") or {}
    if agent and agent.get("agent_id") == found.agent:
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
        if facts.unread:
            facts = replace(facts, mail=_mail(context, found))
    found.facts = facts


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
            str((row.get("body") or {}).get("content") or ""),
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


def _text(kept: contexts.Contexts, stem: str) -> str:
    """What a file of the folder says; a file that cannot be read is as good as none here."""
    try:
        found = kept.read(stem)
    except ThrumError:
        return ""
    return found.content.decode(errors="replace") if found else ""


def _said(error: ThrumError) -> str:
    return one_line(f"{error.message}; {error.hint}" if error.hint else error.message)
