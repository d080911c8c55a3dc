"""Who is in a worktree that goes: whether anybody is at work there, and how they are forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from thrum import config, contexts
from thrum.cli.context import Context
from thrum.cli.steps import standing
from thrum.errors import ThrumError
from thrum.identity import files, owner, process
from thrum.identity.files import Identity
from thrum.worktrees.losses import Loss

AWAY: Final = frozenset({"daemon_down", "no_answer", "sandbox"})
"""Why a daemon cannot be asked."""

_NOT_MINE: Final = frozenset({"not_allowed", "anonymous_caller", "identity", "identity_mismatch"})
"""Why somebody else has to ask."""


def residents(root: Path) -> list[Identity]:
    """Who lives in the worktree, by the files there."""
    return files.read_all(files.folder(root))


def at_work(context: Context, root: Path, here: Sequence[Identity]) -> Iterator[Loss]:
    """Programs and sessions that are in the worktree now."""
    told = set()
    for each in here:
        if owner.is_alive(each):
            told.add(each.agent_pid)
            text = f"@{each.name} is at work there, process {each.agent_pid}"
            yield Loss("process", text, "--force", (each.name,))
    for pid, name in _programs(root):
        if pid not in told:
            yield Loss("process", f"{name} runs there, process {pid}", "--force", (str(pid),))
    yield from _sessions(context, root, here)


def _programs(root: Path) -> Iterator[tuple[int, str]]:
    """Agent programs that stand in the worktree."""
    import psutil

    for pid in psutil.pids():
        where = process.cwd(pid)
        if where is None or not where.is_relative_to(root):
            continue
        found = process.look(pid)
        name = process.runtime_name(found) if found else ""
        if name:
            yield pid, name


def _sessions(context: Context, root: Path, here: Sequence[Identity]) -> Iterator[Loss]:
    """Open sessions of this clone in the worktree, but those whose program has ended."""
    try:
        answer = context.call("session.list", {"active_only": True})
    except ThrumError as error:
        if error.kind not in AWAY:
            raise
        return
    settings = config.load(context.place.config, context.env)
    ours = {"", str(settings.get("identity.daemon_id"))}
    filed = {each.name: each for each in here}
    for row in answer.get("sessions") or ():
        name = str(row.get("agent_id"))
        known = filed.get(name)
        has_ended = known is not None and known.agent_pid > 0 and not owner.is_alive(known)
        is_at_work = known is not None and owner.is_alive(known)
        if has_ended or is_at_work or str(row.get("origin_daemon") or "") not in ours:
            continue
        if str(root) in _worktrees(row):
            text = f"@{name} has a session there, open since {row.get('started_at', '')[:19]}Z"
            yield Loss("session", text, "--force", (str(row.get("session_id")),))


def _worktrees(row: dict[str, Any]) -> set[str]:
    refs = row.get("refs") or ()
    return {str(each.get("value")) for each in refs if each.get("type") == "worktree"}


def orphans(context: Context, root: Path) -> list[str]:
    """Agents that lived in a worktree which is gone already, as far as the daemon can tell."""
    try:
        answer = context.call("agent.cleanup", {"dry_run": True, "threshold": 36_500})
    except ThrumError:
        return []  # whoever is left over is told of by `thrum agent cleanup`
    rows = answer.get("orphans") or ()
    return [str(each["agent_id"]) for each in rows if each.get("worktree") == str(root)]


def forget(context: Context, root: Path, name: str) -> bool:
    """Has the daemon forget an agent; False if it did not know it any more.

    First as who one is; where that is nobody who may, as the agent itself, at its home.

    Raises:
        ThrumError: ``not_allowed`` and others.
    """
    try:
        return _delete(context, name)
    except ThrumError as error:
        if error.kind not in _NOT_MINE or not root.is_dir():
            raise
        try:
            standing.there(context, root, "agent", "delete", name, "--yes", name=name)
        except ThrumError as second:
            if second.kind == "not_found":
                return False
            todo = f"add --keep-agent; a coordinator forgets it by: thrum agent delete {name}"
            raise ThrumError(error.kind, error.message, todo, error.details) from second
        return True


def _delete(context: Context, name: str) -> bool:
    try:
        claim = context.caller.agent_id
    except ThrumError as error:
        if error.kind not in _NOT_MINE:
            raise
        claim = ""
    try:
        context.call("agent.delete", {"name": name, "caller_agent_id": claim or None})
    except ThrumError as error:
        if error.kind == "not_found":
            return False
        raise
    return True


def keep_notes(context: Context, root: Path, name: str) -> None:
    """Puts the notes of an agent that goes on elsewhere on the branch, where it finds them.

    Raises:
        ThrumError: they cannot be put there; ``not_allowed`` and others.
    """
    note = contexts.Contexts(root).read(contexts.stem_of(name))
    if note and note.content.strip():
        standing.there(context, root, "context", "sync", name=name)
