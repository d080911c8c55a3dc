"""``thrum setup``: has agent runtimes know of Thrum, and takes that back."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from thrum import git_place
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line, visible
from thrum.cli.steps import confirming
from thrum.errors import ThrumError
from thrum.plurals import counted
from thrum.runtimes import registry
from thrum.runtimes.contract import Adapter, Scope
from thrum.setup import applying, launcher, plan, receipts, wanted
from thrum.setup.plan import Change
from thrum.setup.wanted import Ground

if TYPE_CHECKING:
    import typer

SCOPES = tuple(scope.value for scope in Scope)
_WHICH = takes.words("all", *registry.MODULES)


def setup(
    context: Context,
    runtime: Annotated[
        list[str] | None, typer.Option(help="only this one; may be repeated"), _WHICH
    ] = None,
    scope: Annotated[
        str,
        typer.Option(help="user: for you in every repository; project: in this one alone"),
        takes.words(*SCOPES),
    ] = "user",
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only show what would be done")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="write over files that have the names of ours")
    ] = False,
) -> None:
    """Have the agent runtimes on this machine know of Thrum.

    Hooks and the MCP server are added to their settings, and nothing else in them is changed. What
    is written is shown first; `thrum setup remove` takes it out again.
    """
    ground = _ground(context, scope)
    adapters = _chosen(context, ground, runtime or [])
    with receipts.held(ground.home) as known:
        changes = plan.putting(
            wanted.pieces(ground, adapters),
            new_mode=0o600 if ground.scope is Scope.USER else 0o644,
            force=force,
        )
        context.say(_shown(context, changes))
        if dry_run or not any(change.changes for change in changes):
            _tell(context, adapters, changes, dry_run=dry_run)
            return
        count = counted(sum(change.changes for change in changes), "file")
        otherwise = f"{count} would be written"
        if not confirming.confirmed(context, f"Write {count}?", yes=yes, otherwise=otherwise):
            context.done("Nothing was written.")
            return
        launcher.write(ground.home, _program())
        obstacles = applying.put(changes, known)
    _tell(context, adapters, changes, dry_run=False)
    if obstacles:
        raise obstacles[0]


def remove(
    context: Context,
    runtime: Annotated[
        list[str] | None, typer.Option(help="only this one; may be repeated"), _WHICH
    ] = None,
    scope: Annotated[
        str,
        typer.Option(help="user: for you in every repository; project: in this one alone"),
        takes.words(*SCOPES),
    ] = "user",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only show what would be done")
    ] = False,
) -> None:
    """Take out what `thrum setup` put in, and nothing else.

    A file that nobody has changed since gets its old bytes back.
    """
    ground = _ground(context, scope)
    adapters = [registry.adapter(each) for each in runtime or []] or list(registry.every())
    with receipts.held(ground.home) as known:
        changes = plan.removing(wanted.pieces(ground, adapters), known)
        context.say(_shown(context, changes))
        obstacles = [] if dry_run else applying.remove(changes, known)
    context.document({"dry_run": dry_run, "files": [_file(change) for change in changes]})
    if not any(change.changes for change in changes):
        context.done("There is nothing of ours.")
    if obstacles:
        raise obstacles[0]


def _ground(context: Context, scope: str) -> Ground:
    """Where this takes place.

    Raises:
        ThrumError: ``usage``, no such scope, or none can be told here.
    """
    if scope not in SCOPES:
        raise ThrumError("usage", f"--scope is {' or '.join(SCOPES)}, not {scope!r}")
    home = context.env.get("HOME", "")
    if not home:
        raise ThrumError("usage", "HOME is not set, so nobody knows whose settings are meant")
    git = context.git
    if git is None and scope == Scope.PROJECT.value:
        raise ThrumError("usage", f"{context.start} is in no git work tree", "change into one")
    roots = [git.toplevel, *git_place.worktrees(git)] if git else [context.start]
    return Ground(Scope(scope), Path(home), tuple(dict.fromkeys(roots)), context.env)


def _chosen(context: Context, ground: Ground, named: Sequence[str]) -> list[Adapter]:
    """The runtimes that are meant: the named ones, else those that are there.

    Raises:
        ThrumError: ``not_found``; ``usage``, none is there.
    """
    if "all" in named:
        return list(registry.every())
    found = [registry.adapter(each) for each in named] or wanted.installed(context.env, ground.home)
    if not found:
        raise ThrumError(
            "usage", "no agent runtime was found here", "name one: thrum setup --runtime claude"
        )
    return found


def _program() -> Path:
    """The thrum that runs now, by a path that works from everywhere."""
    beside = Path(sys.executable).with_name("thrum")
    return beside if beside.exists() else Path(sys.argv[0]).absolute()


def _shown(context: Context, changes: Iterable[Change]) -> str:
    """The plan as a difference, file by file."""
    return "".join(_diff(context, change) for change in changes)


def _diff(context: Context, change: Change) -> str:
    name = one_line(str(change.path))
    notes = "".join(f"  {one_line(note)}\n" for note in change.notes)
    if change.obstacle:
        return f"{context.paint.doubtful('left alone')} {name}: {one_line(change.obstacle.why)}\n"
    if not change.changes or change.before is None:
        return f"as it should be {name}\n{notes}"
    before = change.before.text.splitlines()
    after = (change.after or b"").decode().removeprefix("\ufeff").splitlines()
    lines = list(difflib.unified_diff(before, after, n=1, lineterm=""))[2:]
    return f"{change.action} {name}\n{notes}" + "".join(
        f"  {_painted(context, line)}\n" for line in lines if not line.startswith("@@")
    )


def _painted(context: Context, line: str) -> str:
    shown = visible(line)
    if line.startswith("+"):
        return context.paint.good(shown)
    return context.paint.bad(shown) if line.startswith("-") else shown


def _tell(
    context: Context, adapters: Sequence[Adapter], changes: Sequence[Change], *, dry_run: bool
) -> None:
    context.document(
        {
            "dry_run": dry_run,
            "runtimes": [adapter.name for adapter in adapters],
            "files": [_file(change) for change in changes],
            "confirm": {adapter.name: list(adapter.confirm) for adapter in adapters},
        }
    )
    for adapter in adapters:
        context.done(f"✓ {adapter.title}{' would be' * dry_run} set up")
        for step in adapter.confirm:
            context.done(f"  {step}")


def _file(change: Change) -> dict[str, Any]:
    about = {
        "path": str(change.path),
        "action": change.action,
        "runtimes": list(change.runtimes),
        "parts": [part.value for part in change.parts],
        "notes": list(change.notes),
        "obstacle": change.obstacle.why if change.obstacle else "",
    }
    return {key: value for key, value in about.items() if value}
