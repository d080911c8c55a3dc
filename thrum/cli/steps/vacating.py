"""Who is in a worktree that goes: whether anybody is at work there, and how they are forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from thrum import config, contexts
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.steps import attaching, standing
from thrum.errors import ThrumError
from thrum.identity import files, owner, process
from thrum.identity.files import Identity
from thrum.plurals import counted
from thrum.worktrees.losses import Loss

AWAY: Final = frozenset({"daemon_down", "no_answer", "sandbox"})
"""Why a daemon cannot be asked."""

LIMIT_S: Final = 60.0
"""Seconds for what the daemon does about an agent; notes go to the remote."""

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
            told.add(pid)
            yield Loss("process", f"{name} runs there, process {pid}", "--force", (str(pid),))
    # What is told of already mostly has the keys there.
    yield from () if told else _in_front(context, here)
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


def _in_front(context: Context, here: Sequence[Identity]) -> Iterator[Loss]:
    """Whatever else has the keys in the sessions of tmux that would end with them."""
    for who, row in in_tmux(context, here):
        name, front = str(row.get("name")), str(row.get("front") or "")
        if front:
            text = f"{front} runs in the session {name} of @{who.name}"
            yield Loss("session", text, "--force", (name,))


def in_tmux(context: Context, here: Sequence[Identity]) -> list[tuple[Identity, Mapping[str, Any]]]:
    """Those who live in a session of tmux that is there, each with what is known of it.

    Raises:
        ThrumError: as `Context.call`, but for a daemon that cannot be asked: nobody knows then.
    """
    bound = [each for each in here if each.is_native and each.tmux_session]
    try:
        answer = attaching.known(context) if bound else {}
    except ThrumError as error:
        if error.kind not in AWAY:
            raise
        return []
    rows = {str(row.get("agent")): row for row in attaching.rows(answer)}
    found = [(each, rows.get(each.name, {})) for each in bound]
    return [(who, row) for who, row in found if row.get("state") in {"alive", "stale"}]


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


def tell_of_mail(context: Context, names: Sequence[str]) -> None:
    """Says of those who are about to be forgotten what mail of theirs nobody has read."""
    try:
        team = context.call("team.list", {"include_offline": True}) if names else {}
    except ThrumError:
        return  # whoever needs the daemon says that it is away
    for row in team.get("members") or ():
        unread, name = int(row.get("inbox_unread") or 0), str(row.get("agent_id"))
        if unread and name in names:
            mail = counted(unread, "unread message")
            context.note(f"@{one_line(name)} is forgotten with {mail}; --keep-agent keeps both")


def orphans(context: Context, root: Path) -> list[str]:
    """Agents that lived in a worktree which is gone already, as far as the daemon can tell."""
    try:
        answer = context.call("agent.cleanup", {"dry_run": True, "threshold": 36_500})
    except ThrumError:
        return []  # whoever is left over is told of by `thrum agent cleanup`
    rows = answer.get("orphans") or ()
    for each in rows:
        # Where one lived that never began a session, nobody remembers; it may only bear the name.
        if not each.get("worktree") and each["agent_id"] == root.name:
            text = f"@{root.name} has no home any more, and stays registered"
            context.note(f"{text}: thrum agent delete {root.name}")
    return [str(each["agent_id"]) for each in rows if each.get("worktree") == str(root)]


def forget(context: Context, root: Path, name: str) -> bool:
    """Has the daemon forget an agent; False if it did not know it any more.

    Raises:
        ThrumError: ``not_allowed`` and others.
    """
    try:
        words = ("agent", "delete", name, "--yes")
        _have_done(context, root, name, "agent.delete", {"name": name}, *words)
    except ThrumError as error:
        if error.kind == "not_found":
            return False
        if error.kind in _NOT_MINE:
            todo = f"add --keep-agent; a coordinator forgets it by: thrum agent delete {name}"
            raise ThrumError(error.kind, error.message, todo, error.details) from error
        raise
    return True


def keep_notes(context: Context, root: Path, name: str, *, must: bool) -> None:
    """Puts the notes of an agent that goes on elsewhere on the branch, where it finds them.

    Args:
        context: the world of the command.
        root: the worktree.
        name: the agent.
        must: whether nothing may go on where they cannot be put there.

    Raises:
        ThrumError: they cannot be put there, and must be.
    """
    note = contexts.Contexts(root).read(contexts.stem_of(name))
    if note is None or not note.content.strip():
        return
    about = {"agent_name": name, "repo_path": str(root)}
    try:
        _have_done(context, root, name, "context.sync", about, "context", "sync")
    except ThrumError as error:
        if must:
            text = f"the notes of @{name} cannot be kept: {error.message}"
            raise ThrumError(error.kind, text, "--discard lets them go", error.details) from error
        context.note(f"the notes of @{name} are lost: {error.message}")


def _have_done(
    context: Context, root: Path, name: str, method: str, params: dict[str, str], *words: str
) -> None:
    """Has the daemon do something about an agent.

    As who one is; where that is nobody who may, as the agent itself, at its home.

    Raises:
        ThrumError: what it refuses to the first, or to the agent if that was not there.
    """
    try:
        context.call(method, {**params, "caller_agent_id": claim(context)}, LIMIT_S)
    except ThrumError as error:
        if error.kind not in _NOT_MINE or not root.is_dir():
            raise
        try:
            standing.there(context, root, *words, name=name)
        except ThrumError as second:
            raise (second if second.kind == "not_found" else error) from None


def claim(context: Context) -> str | None:
    """Who asks; None where that is nobody."""
    try:
        return context.caller.agent_id
    except ThrumError:
        return None
