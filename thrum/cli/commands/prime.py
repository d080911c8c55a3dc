"""``thrum prime``."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from thrum.cli.context import Context
from thrum.cli.steps import priming
from thrum.cli.steps.priming import Gathered
from thrum.errors import ThrumError
from thrum.prime import page, snapshot

if TYPE_CHECKING:
    import typer


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
    is_taken = bool(found.agent and found.page.get("agent") and not keep_snapshot)
    with _snapshot(context, found, is_taken=is_taken) as said:
        found.facts = replace(found.facts, snapshot=said)
        context.document(_document(context, found))
        context.say(page.compose(found.facts, context.now_ns(), max_bytes))
        # What was left is gone only when somebody has it.
        context.stdout.flush()


def _snapshot(context: Context, found: Gathered, *, is_taken: bool) -> Any:
    """What the session before left, to be taken or only looked at.

    Raises:
        ThrumError: ``storage``, it is there and cannot be read.
    """
    if not found.agent:
        return nullcontext("")
    path = snapshot.path_of(context.place.local, found.agent)
    try:
        return snapshot.taken(path) if is_taken else nullcontext(snapshot.text(path))
    except (OSError, ValueError) as error:
        raise ThrumError("storage", f"{path} cannot be read: {error}") from error


def _document(context: Context, found: Gathered) -> dict[str, Any]:
    """The answer for programs, in the older program's shape."""
    facts, given = found.facts, found.page
    agent: dict[str, Any] = given.get("agent") or {}
    team = given.get("team") or []
    health: dict[str, Any] = given.get("health") or {}
    document: dict[str, Any] = {
        "identity": agent or None,
        "session": {
            "session_id": agent.get("session_id"),
            "started_at": agent.get("session_start"),
            "intent": agent.get("intent"),
        }
        if agent.get("session_id")
        else None,
        "agents": {
            "total": len(team),
            "active": sum(each.is_active for each in facts.team or ()),
            "list": team,
        }
        if facts.team is not None
        else None,
        "messages": {
            "unread": facts.unread,
            "total": facts.total,
            "recent": found.inbox.get("messages") or [],
        }
        if facts.total is not None
        else None,
        "work_context": {
            "branch": facts.work.branch,
            "uncommitted_files": list(facts.work.uncommitted),
            "unmerged_commits": facts.work.unmerged,
        }
        if facts.work
        else {"unmerged_commits": 0, "error": "not a git repository"},
        "sync_state": {
            "daemon_status": health.get("status", "unreachable"),
            "uptime_ms": health.get("uptime_ms"),
            "sync_state": health.get("sync_state"),
            "version": health.get("version"),
        },
        "repo_path": str(context.toplevel) if context.toplevel else None,
        "restart_snapshot": facts.snapshot or None,
        "saved_session_context": facts.notes or None,
        "problem": facts.remedy or facts.why_nobody or None,
    }
    return {key: value for key, value in document.items() if value is not None}
