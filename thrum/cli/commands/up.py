"""``thrum up`` and ``thrum down``: the agents that a repository declares work, or end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum import atomic
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.steps import mustering, siting
from thrum.cli.steps.mustering import Post
from thrum.errors import ThrumError
from thrum.plurals import counted
from thrum.worktrees import declared

if TYPE_CHECKING:
    import typer

_WILL: Final = {
    "worktree": "make the worktree {root} on {branch}",
    "agent": "register @{name} there",
    "launch": "launch {runtime}",
}
_DID: Final = {"worktree": "worktree made", "agent": "registered", "launch": "launched"}


def up(
    context: Context,
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help=".thrum/team.toml if absent"), takes.FILE
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be done")] = False,
    init: Annotated[bool, typer.Option("--init", help="write a file to begin with")] = False,
) -> int:
    """Have the declared agents work: worktree, identity, session of tmux, runtime.

    What is there is used, so typed again it does what is missing. It ends when it is known of each
    runtime whether it is up, and fails where one is not.
    """
    path = _path(context, file)
    if init:
        return _begin_file(context, path)
    site = siting.site(context)
    wanted = mustering.posts(context, site, declared.read(path))
    if dry_run:
        mustering.plan(context, site, wanted)
        mustering.foresee(site, wanted)
    else:
        mustering.raise_all(context, site, wanted)
    context.document({"agents": [each.document() for each in wanted], "dry_run": dry_run})
    if not wanted:
        context.done(f"{one_line(str(path))} declares nobody.")
    for post in wanted:
        _say_plan(context, post) if dry_run else _tell(context, post)
    return 0 if all(each.is_up for each in wanted) else 1


def down(
    context: Context,
    file: Annotated[
        str | None, typer.Argument(metavar="FILE", help=".thrum/team.toml if absent"), takes.FILE
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would be done")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="ask nobody, and mind nobody who types there")
    ] = False,
) -> int:
    """End the sessions of the declared agents, the last one first, after each has saved.

    Each may write down what is left to do, and what was said is kept: the next session is shown it.
    Worktrees, agents and mail stay.
    """
    wanted = declared.read(_path(context, file))
    there = mustering.sessions(context, wanted)
    if dry_run:
        rows = [{"session": name, "agent": agent} for name, agent in there.items()]
        context.document({"sessions": rows, "dry_run": True})
        for row in rows:
            context.say(f"{one_line(row['agent'])}: end the session {one_line(row['session'])}\n")
        if not rows:
            context.done("Nothing to do.")
        return 0
    found = mustering.end_all(context, list(there), is_forced=force)
    context.document({"sessions": found, "dry_run": False})
    if not found:
        context.done("None of them has a session.")
    for row in found:
        _tell_of_end(context, row)
    return 0 if all(row.get("ended") for row in found) else 1


def _path(context: Context, file: str | None) -> Path:
    return context.path(file) if file else context.place.shared / declared.FILE


def _begin_file(context: Context, path: Path) -> int:
    """Writes a file to begin with.

    Raises:
        ThrumError: ``conflict``, there is one.
    """
    if path.exists():
        raise ThrumError("conflict", f"{path} is there already", "change it, or move it away")
    atomic.replace(path, declared.EXAMPLE)
    context.document({"file": str(path)})
    context.done(f"✓ {one_line(str(path))}")
    context.hint("say in it who works here, then: thrum up --dry-run")
    return 0


def _say_plan(context: Context, post: Post) -> None:
    if post.error is not None:
        _tell_of_refusal(context, post, post.error)
        return
    about = {
        "root": post.root,
        "branch": post.declared.on_branch,
        "name": post.declared.name,
        "runtime": post.runtime,
    }
    todo = [_WILL[each].format(**about) for each in post.todo] or ["nothing to do"]
    context.say(one_line(f"{post.declared.name}: {'; '.join(todo)}") + "\n")


def _tell(context: Context, post: Post) -> None:
    """Says what became of an agent."""
    name = one_line(post.declared.name)
    if post.error is not None:
        _tell_of_refusal(context, post, post.error)
        return
    did = ", ".join(_DID[each] for each in post.todo) or "as it was"
    runtime, session = one_line(post.runtime), one_line(post.session)
    if not post.is_up:
        context.note(f"{name}: {runtime} is not up: {one_line(post.reason) or 'still starting'}")
        if session:
            context.hint(f"`thrum tmux connect {session}` goes there")
        return
    where = f"; {runtime} is up" if post.launch else ""
    context.done(f"✓ {name}: {did}{where}{f' in {session}' if where and session else ''}")


def _tell_of_refusal(context: Context, post: Post, error: ThrumError) -> None:
    context.note(f"{one_line(post.declared.name)}: {one_line(error.message)}")
    if error.hint:
        context.hint(one_line(error.hint))


def _tell_of_end(context: Context, row: dict[str, Any]) -> None:
    name = one_line(str(row.get("agent") or row.get("session")))
    if not row.get("ended"):
        context.note(f"{name}: the session stays: {one_line(str(row.get('reason') or ''))}")
        return
    lines = int(row.get("snapshot_lines") or 0)
    kept = f"{counted(lines, 'line')} kept for the next session" if lines else "nothing was said"
    context.done(f"✓ {name}: ended, {kept}")
