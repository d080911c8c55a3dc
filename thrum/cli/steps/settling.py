"""What commands share that write into the files of agent runtimes."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from thrum.cli.context import Context
from thrum.cli.render import differences
from thrum.cli.render.text import one_line
from thrum.errors import ThrumError
from thrum.plurals import counted
from thrum.runtimes.contract import Adapter, Part, Scope
from thrum.setup import applying, fired, launcher, plan, receipts, verifying, wanted
from thrum.setup.foreign import Obstacle
from thrum.setup.plan import Change, Wanted
from thrum.setup.receipts import Receipts
from thrum.setup.verifying import Seen
from thrum.setup.wanted import Ground

NEW_MODES: Final = {Scope.USER: 0o600, Scope.PROJECT: 0o644}
"""The permission bits of new files, by whom they concern."""

_ACTIONS: Final = {"keep": "as it should be"}
_SKILLS: Final = "skills"
"""What every runtime calls its folder for them."""


def which_parts(*, skills: bool, no_skills: bool) -> bool | None:
    """What the flags say of skills, as `wanted.only` takes it.

    Raises:
        ThrumError: ``usage``, they say both.
    """
    if skills and no_skills:
        raise ThrumError("usage", "--skills and --no-skills exclude each other", "keep one")
    return skills or (False if no_skills else None)


def readers(adapters: Iterable[Adapter], scope: Scope) -> list[Adapter]:
    """The runtimes that read skills in that scope.

    Raises:
        ThrumError: ``usage``, none of them does.
    """
    asked = tuple(adapters)
    found = wanted.readers(asked, scope)
    if not found:
        titles = ", ".join(adapter.title for adapter in asked)
        verb = "reads" if len(asked) == 1 else "read"
        raise ThrumError("usage", f"{one_line(titles)} {verb} no skills", "name another runtime")
    return found


def write(context: Context, ground: Ground, pieces: Sequence[Wanted]) -> list[Change]:
    """Writes these pieces without asking, and shows what changed.

    Raises:
        ThrumError: ``setup``, a file was left alone.
    """
    changes = plan.putting(pieces, new_mode=NEW_MODES[ground.scope])
    context.say(shown(context, changes))
    obstacles = put(ground, changes)
    context.document({"files": [about(change) for change in changes]})
    if obstacles:
        raise obstacles[0]
    return changes


def put(ground: Ground, changes: Sequence[Change], gone: Sequence[Change] = ()) -> list[Obstacle]:
    """Writes what was planned, and first what all of it starts; what was in the way.

    Args:
        ground: where.
        changes: what is put.
        gone: what is taken out besides.

    Raises:
        ThrumError: ``busy``, another setup does not end.
        OSError: the disk refuses.
    """
    with receipts.held(ground.home) as known:
        launcher.write(ground.home, program())
        fired.prepare(ground.home)
        obstacles = applying.put(changes, known) + applying.remove(gone, known)
    return [each.obstacle for each in (*changes, *gone) if each.obstacle] + obstacles


def removal(ground: Ground, adapters: Sequence[Adapter], known: Receipts) -> list[Change]:
    """What has to be written so that nothing of these runtimes is left."""
    pieces = wanted.pieces(ground, adapters)
    return plan.removing([*pieces, *wanted.remembered(ground, adapters, known)], known)


def take_out(ground: Ground, adapters: Sequence[Adapter]) -> list[Obstacle]:
    """Takes everything of these runtimes out, at last what it starts; what was in the way.

    Raises:
        ThrumError: ``busy``, another setup does not end.
        OSError: the disk refuses.
    """
    with receipts.held(ground.home) as known:
        changes = removal(ground, adapters, known)
        obstacles = applying.remove(changes, known)
        if not known.found and not any(change.obstacle for change in changes) and not obstacles:
            launcher.remove(ground.home)
            known.clean()
    return [each.obstacle for each in changes if each.obstacle] + obstacles


def verified(context: Context, ground: Ground) -> Seen:
    """Starts the server as runtimes will, and says what came of it."""
    found = verifying.server(ground.home / launcher.PLACE, ground.roots[0], ground.env)
    mark = "✓" if found.works else "✗"
    context.done(f"{mark} the MCP server {found.said}")
    return found


def answering(context: Context, ground: Ground, adapters: Iterable[Adapter]) -> dict[str, str]:
    """What is wrong with the hooks of runtimes, by their names; empty if all of them answer."""
    program, folder = ground.home / launcher.PLACE, ground.roots[0]
    said = {
        adapter.name: verifying.hook(adapter, program, folder, context.env)
        for adapter in adapters
        if adapter.hooks
    }
    return {name: wrong for name, wrong in said.items() if wrong}


def program() -> Path:
    """The thrum that runs now, by a path that works from everywhere."""
    beside = Path(sys.executable).with_name("thrum")
    return beside if beside.exists() else Path(sys.argv[0]).absolute()


def shown(context: Context, changes: Iterable[Change]) -> str:
    """The plan as a difference, file by file; of skills their folders."""
    every = tuple(changes)
    lines = [_diff(context, change) for change in every if not _is_skill(change)]
    for action in dict.fromkeys(change.action for change in every):
        found = [change for change in every if _is_skill(change) and change.action == action]
        for folder, names in skill_folders(found).items():
            what = counted(len(names), "skill")
            lines.append(f"{_ACTIONS.get(action, action)} {_named(context, folder)}/ ({what})\n")
    return "".join(lines)


def skill_folders(changes: Iterable[Change]) -> dict[Path, set[str]]:
    """The folders in which files of skills are, with the names of the skills."""
    found: dict[Path, set[str]] = {}
    for change in changes:
        if _is_skill(change):
            parts = change.path.parts
            depth = len(parts) - parts[::-1].index(_SKILLS)
            found.setdefault(Path(*parts[:depth]), set()).add(parts[depth])
    return found


def _is_skill(change: Change) -> bool:
    """Whether it is a whole text of ours with nothing in its way, which nobody has to check."""
    return change.parts == (Part.SKILL,) and not change.obstacle and not change.notes


def _named(context: Context, path: Path) -> str:
    """A path as people read it."""
    home = context.env.get("HOME", "")
    if home and path.is_relative_to(home):
        path = Path("~", path.relative_to(home))
    return one_line(str(path))


def _diff(context: Context, change: Change) -> str:
    name = _named(context, change.path)
    notes = "".join(f"  {one_line(note)}\n" for note in change.notes)
    if change.obstacle:
        return f"{context.paint.doubtful('left alone')} {name}: {one_line(change.obstacle.why)}\n"
    if not change.changes or change.before is None:
        return f"{_ACTIONS['keep']} {name}\n{notes}"
    after = (change.after or b"").decode().removeprefix("\ufeff")
    changed = differences.lines(context.paint, change.before.text, after)
    return f"{change.action} {name}\n{notes}" + "".join(f"  {line}\n" for line in changed)


def about(change: Change) -> dict[str, Any]:
    """What a program is told of a file."""
    about = {
        "path": str(change.path),
        "action": change.action,
        "runtimes": list(change.runtimes),
        "parts": [part.value for part in change.parts],
        "notes": list(change.notes),
        "obstacle": change.obstacle.why if change.obstacle else "",
    }
    return {key: value for key, value in about.items() if value}
