"""What commands share that write into the files of agent runtimes."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from thrum import git_place
from thrum.cli.context import Context
from thrum.cli.render.text import one_line, visible
from thrum.errors import ThrumError
from thrum.runtimes.contract import Part, Scope
from thrum.setup import applying, launcher, plan, receipts, verifying
from thrum.setup.plan import Change, Wanted
from thrum.setup.verifying import Seen
from thrum.setup.wanted import Ground

SCOPES: Final = tuple(scope.value for scope in Scope)
NEW_MODES: Final = {Scope.USER: 0o600, Scope.PROJECT: 0o644}
"""The permission bits of new files, by whom they concern."""


def ground(context: Context, scope: str) -> Ground:
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


def write(context: Context, ground: Ground, pieces: Sequence[Wanted]) -> list[Change]:
    """Writes these pieces without asking, and shows what changed.

    Raises:
        ThrumError: ``setup``, a file was left alone.
    """
    with receipts.held(ground.home) as known:
        changes = plan.putting(pieces, new_mode=NEW_MODES[ground.scope])
        context.say(shown(context, changes))
        launcher.write(ground.home, program())
        obstacles = applying.put(changes, known)
    obstacles += [change.obstacle for change in changes if change.obstacle]
    context.document({"files": [about(change) for change in changes]})
    if obstacles:
        raise obstacles[0]
    return changes


def verified(context: Context, ground: Ground) -> Seen:
    """Starts the server as runtimes will, and says what came of it."""
    found = verifying.server(ground.home / launcher.PLACE, ground.roots[0], ground.env)
    mark = "✓" if found.works else "✗"
    context.done(f"{mark} the MCP server {found.said}")
    return found


def program() -> Path:
    """The thrum that runs now, by a path that works from everywhere."""
    beside = Path(sys.executable).with_name("thrum")
    return beside if beside.exists() else Path(sys.argv[0]).absolute()


def shown(context: Context, changes: Iterable[Change]) -> str:
    """The plan as a difference, file by file."""
    return "".join(_diff(context, change) for change in changes)


def _diff(context: Context, change: Change) -> str:
    name = one_line(str(change.path))
    notes = "".join(f"  {one_line(note)}\n" for note in change.notes)
    if change.obstacle:
        return f"{context.paint.doubtful('left alone')} {name}: {one_line(change.obstacle.why)}\n"
    if not change.changes or change.before is None:
        return f"as it should be {name}\n{notes}"
    if change.parts == (Part.SKILL,):
        return f"{change.action} {name}\n{notes}"  # whole texts of ours, which nobody has to check
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


def about(change: Change) -> dict[str, Any]:
    about = {
        "path": str(change.path),
        "action": change.action,
        "runtimes": list(change.runtimes),
        "parts": [part.value for part in change.parts],
        "notes": list(change.notes),
        "obstacle": change.obstacle.why if change.obstacle else "",
    }
    return {key: value for key, value in about.items() if value}
