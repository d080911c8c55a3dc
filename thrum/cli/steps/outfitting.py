"""The files of agent runtimes for one work tree, as `thrum init` writes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from thrum import config, git_place
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.steps import grounding, settling
from thrum.errors import ThrumError
from thrum.plurals import counted, listed
from thrum.runtimes import detection, presets
from thrum.runtimes.contract import Adapter, Part, Scope
from thrum.setup import plan, receipts, wanted
from thrum.setup.foreign import Obstacle
from thrum.setup.plan import Change, Wanted
from thrum.setup.wanted import Ground

_ALL: Final = "all"
_AUTO: Final = "auto"
_NONE: Final = "cli-only"
"""The runtime where none is used."""

_SKILLS_ALONE: Final = "amp"
"""Whose folder for skills most runtimes read, where none is used here."""

_ACTIONS: Final = {"create": "create", "change": "merge", "keep": "noop", "leave": "skip"}


class Outfit(NamedTuple):
    """What a work tree gets.

    Attributes:
        primary: the runtime that the repository has from now on; empty if that stays as it is.
        detected: the runtime that seems to be used here.
        adapters: whose files are written.
        skills: whether nothing but skills is written.
        changes: the files.
        ground: where.
    """

    primary: str
    detected: str
    adapters: tuple[Adapter, ...]
    skills: bool
    changes: tuple[Change, ...]
    ground: Ground

    def document(self, *, dry_run: bool) -> dict[str, Any]:
        """What a program is told."""
        files = [_file(change) for change in self.changes]
        return {
            "runtime": self.primary,
            "detected": self.detected,
            "files": files,
            "dry_run": dry_run,
        }


def planned(context: Context, runtime: str, *, skills: bool | None, force: bool) -> Outfit | None:
    """What there is to write for the work tree; None if nothing was asked for.

    Args:
        context: the world of the command.
        runtime: a name, ``all``, ``auto``, or nothing: then a linked worktree gets what the other
            ones of the repository have.
        skills: whether skills alone are meant, or everything but skills; all where it is None.
        force: write over files of somebody else that have the names of ours.

    Raises:
        ThrumError: ``not_found``, there is no such runtime; ``config``, the person's file of
            runtimes is wrong; ``usage``, HOME is not set, or skills are meant and the runtime reads
            none.
    """
    git = context.git
    home = context.env.get("HOME", "")
    if git is None or not (runtime or skills or home):
        return None
    if not home:
        raise ThrumError("usage", "HOME is not set, so nobody knows where thrum is started from")
    ground = _ground(context, git, home)
    if not runtime and not skills:
        return _like_siblings(git, ground, skills, force)
    adapters, detected = _meant(ground, runtime, skills)
    primary = detected if runtime == _ALL else adapters[0].name
    if skills:
        # A runtime that reads skills need not be the one that works here.
        adapters, primary = settling.readers(adapters, ground.scope), ""
    pieces = wanted.only(_pieces(ground, adapters), skills)
    return _outfit(ground, primary, detected, adapters, pieces, skills=bool(skills), force=force)


def for_agent(context: Context, runtime: str) -> Outfit | None:
    """What a new worktree gets for the runtime that is to work there; None if it needs nothing.

    A runtime that its person has set up everywhere needs nothing: one that reads the files of both
    calls each hook twice.

    Args:
        context: stands in the worktree.
        runtime: a name; without one it gets what the other worktrees have.

    Raises:
        ThrumError: ``not_found``; ``config``; ``setup``, what setup remembers cannot be read.
    """
    git, home = context.git, context.env.get("HOME", "")
    if git is None or not home:
        return None
    ground = _ground(context, git, home)
    if not runtime:
        found = _like_siblings(git, ground, None, force=False)
        return _kept_inside(found) if found else None
    adapter = presets.read(ground.home).find(runtime)
    if adapter.name in wanted.connected(receipts.read(ground.home)):
        return None
    pieces = _pieces(ground, [adapter])
    return _kept_inside(_outfit(ground, "", "", [adapter], pieces, skills=False, force=False))


def _ground(context: Context, git: git_place.GitPlace, home: str) -> Ground:
    """The work tree, with what was chosen in any of the repository's."""
    ground = Ground(Scope.PROJECT, Path(home), (git.toplevel,), context.env)
    every = replace(ground, roots=(git.toplevel, *git_place.worktrees(git)))
    return replace(ground, guarded=grounding.as_it_is(every).guarded)


def _kept_inside(outfit: Outfit) -> Outfit:
    """The outfit without what a link would have written outside of the worktree.

    Links come with a branch, and lead wherever its author wanted.
    """
    root = git_place.real(outfit.ground.roots[0])
    return outfit._replace(changes=tuple(_inside(change, root) for change in outfit.changes))


def _inside(change: Change, root: Path) -> Change:
    if change.before is None or change.before.path.is_relative_to(root):
        return change
    obstacle = Obstacle(change.path, f"leads out of the worktree, to {change.before.path}")
    return replace(change, action="leave", before=None, after=None, obstacle=obstacle)


def _meant(ground: Ground, runtime: str, skills: bool | None) -> tuple[list[Adapter], str]:
    """Which runtimes are meant, at least one, and which seems to be used here if one was sought."""
    mine = presets.read(ground.home)
    if runtime not in {"", _AUTO, _ALL}:
        return [mine.find(runtime)], ""
    found = detection.detect(mine.every(), ground.roots[0], ground.env)
    detected = found[0].runtime if found else ""
    if runtime == _ALL:
        return mine.every(), detected
    names = [each.runtime for each in (found if runtime else found[:1])]
    names = names or [_SKILLS_ALONE if skills else _NONE]
    return [mine.find(name) for name in names], detected


def put(context: Context, outfit: Outfit) -> list[Obstacle]:
    """Writes it, and the runtime into the configuration; what was in the way.

    Raises:
        ThrumError: ``busy``, another setup does not end.
        OSError: the disk refuses.
    """
    if outfit.primary:
        settings = config.load(context.place.config, context.env)
        settings.set("runtime.primary", outfit.primary)
        settings.save()
    return settling.put(outfit.ground, outfit.changes)


def tell(context: Context, outfit: Outfit, obstacles: Sequence[Obstacle]) -> None:
    """Says what was written for which runtimes, and what the person must still do."""
    for obstacle in obstacles:
        context.note(one_line(str(obstacle)))
    blocked = {each.path for each in obstacles}
    written = [each for each in outfit.changes if each.changes and each.path not in blocked]
    names = {name for each in outfit.changes for name in each.runtimes}
    served = [each for each in outfit.adapters if each.name in names] or outfit.adapters
    titles = one_line(listed([each.title for each in served]))
    if not written:
        nothing = "nothing was written" if blocked else "all is as it should be"
        context.done(f"✓ {titles}: {nothing} in this work tree")
        return
    context.done(f"✓ {titles}: {counted(len(written), 'file')} written in this work tree")
    for line in _written(outfit.ground.roots[0], written):
        context.done(f"  {one_line(line)}")
    for adapter in () if outfit.skills else served:
        for step in adapter.confirm:
            context.done(f"  {one_line(step)}")


def _written(root: Path, changes: Sequence[Change]) -> Iterator[str]:
    """A line for each file, and one for each folder of skills."""
    for change in changes:
        if change.parts != (Part.SKILL,):
            parts = ", ".join(part.value for part in change.parts)
            yield f"{change.path.relative_to(root)} ({parts})"
    for folder, names in settling.skill_folders(changes).items():
        yield f"{folder.relative_to(root)}/ ({counted(len(names), 'skill')})"


def _outfit(
    ground: Ground,
    primary: str,
    detected: str,
    adapters: Sequence[Adapter],
    pieces: Sequence[Wanted],
    *,
    skills: bool,
    force: bool,
) -> Outfit:
    changes = plan.putting(pieces, new_mode=settling.NEW_MODES[Scope.PROJECT], force=force)
    return Outfit(primary, detected, tuple(adapters), skills, tuple(changes), ground)


def _pieces(ground: Ground, adapters: Sequence[Adapter]) -> list[Wanted]:
    every = wanted.pieces(ground, adapters)
    return wanted.beside_plugins(every, wanted.plugins(ground, adapters))


def _like_siblings(
    git: git_place.GitPlace, ground: Ground, skills: bool | None, force: bool
) -> Outfit | None:
    """What the other work trees of the repository have, for this one; None if they have nothing."""
    parts = _of_siblings(git, ground)
    if not parts:
        return None
    adapters = [each for each in presets.read(ground.home).every() if each.name in parts]
    pieces = [
        each
        for each in wanted.only(_pieces(ground, adapters), skills)
        if each.piece.part.value in parts[each.runtime]
    ]
    alone = all(each.piece.part is Part.SKILL for each in pieces)
    if not pieces:
        return None
    return _outfit(ground, "", "", adapters, pieces, skills=alone, force=force)


def _of_siblings(git: git_place.GitPlace, ground: Ground) -> dict[str, set[str]]:
    """The parts that each runtime has in other work trees of the repository."""
    others = {str(root) for root in git_place.worktrees(git)} - {str(git.toplevel)}
    found: dict[str, set[str]] = {}
    for receipt in receipts.read(ground.home).found.values():
        for name in receipt.runtimes if receipt.whose in others else ():
            found.setdefault(name, set()).update(each.part for each in receipt.placed)
    return found


def _file(change: Change) -> Mapping[str, Any]:
    about: dict[str, Any] = {
        "path": str(change.path),
        "action": _ACTIONS[change.action],
        "runtime": ",".join(change.runtimes),
    }
    if change.obstacle:
        about |= {"skipped": True, "skip_reason": change.obstacle.why}
    return about
