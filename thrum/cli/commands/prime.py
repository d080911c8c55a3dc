"""``thrum prime``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli.context import Context
from thrum.cli.steps import handing, priming
from thrum.cli.steps.priming import Gathered
from thrum.prime import page

if TYPE_CHECKING:
    import typer

_RECENT: Final = 5


def prime(
    context: Context,
    max_bytes: Annotated[
        int,
        typer.Option(min=200, help="for everything before the notes and the session before"),
    ] = page.MOST,
    keep_snapshot: Annotated[
        bool, typer.Option("--keep-snapshot", help="let the next session have it as well")
    ] = False,
) -> None:
    """What you need to begin: who you are, what waits for you, what to type.

    What a session before this one left, to be gone on with, is shown once and then gone.
    """
    found = priming.gather(context)
    text = page.compose(found.facts, context.now_ns(), max_bytes)
    with handing.over(context, found, is_shown=not keep_snapshot):
        context.document(_document(context, found))
        context.say(text)


def _document(context: Context, found: Gathered) -> dict[str, Any]:
    """The answer for programs, in the older program's shape."""
    facts, given = found.facts, found.page
    agent: dict[str, Any] = given.get("agent") or {}
    document: dict[str, Any] = {
        "identity": agent or None,
        "session": _session(agent),
        "agents": _agents(found),
        "messages": _messages(found),
        "work_context": _work(found),
        "sync_state": _sync(given.get("health") or {}),
        "repo_path": str(context.toplevel) if context.toplevel else None,
        "runtime": found.runtime or _used_here(context) or None,
        "single_agent_mode": found.is_alone or None,
        "tmux_mode": found.is_in_tmux or None,
        "restart_snapshot": facts.snapshot or None,
        "saved_session_context": facts.notes or None,
        "hints": [each.tree() for each in found.hints] or None,
        "error": facts.remedy or facts.why_nobody or None,
    }
    return {key: value for key, value in document.items() if value is not None}


def _used_here(context: Context) -> str:
    """The first runtime of which the work tree shows signs."""
    from thrum.cli.steps import surveying

    return surveying.used_here(context) if context.toplevel else ""


def _session(agent: dict[str, Any]) -> dict[str, Any] | None:
    if not agent.get("session_id"):
        return None
    known = {
        "session_id": agent["session_id"],
        "started_at": agent.get("session_start"),
        "intent": agent.get("intent"),
    }
    return {key: value for key, value in known.items() if value}


def _agents(found: Gathered) -> dict[str, Any] | None:
    if found.facts.team is None:
        return None
    active = sum(each.is_active for each in found.facts.team)
    rows = found.page.get("team") or []
    return {"total": len(rows), "active": active, "list": rows}


def _messages(found: Gathered) -> dict[str, Any] | None:
    if found.facts.total is None:
        return None
    recent = (found.inbox.get("messages") or [])[:_RECENT]
    numbers = {"unread": found.facts.unread, "total": found.facts.total}
    return numbers | ({"recent": recent} if recent else {})


def _work(found: Gathered) -> dict[str, Any]:
    work = found.facts.work
    if work is None:
        return {"unmerged_commits": 0, "error": "not a git repository"}
    known: dict[str, Any] = {"branch": work.branch} if work.branch else {}
    if work.uncommitted:
        known["uncommitted_files"] = list(work.uncommitted)
    return known | {"unmerged_commits": work.unmerged}


def _sync(health: dict[str, Any]) -> dict[str, Any]:
    known = {key: health.get(key) for key in ("uptime_ms", "sync_state", "version")}
    given = {key: value for key, value in known.items() if value is not None}
    return {"daemon_status": health.get("status") or "unreachable", **given}
