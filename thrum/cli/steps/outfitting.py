"""The files of agent runtimes for one work tree, as `thrum init` writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from thrum import config, git_place
from thrum.cli.context import Context
from thrum.cli.steps import settling
from thrum.errors import ThrumError
from thrum.runtimes import detection, registry
from thrum.runtimes.contract import Adapter, Part, Scope
from thrum.setup import plan, receipts, wanted
from thrum.setup.foreign import Obstacle
from thrum.setup.plan import Change
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
        changes: the files.
        ground: where.
    """

    primary: str
    detected: str
    adapters: tuple[Adapter, ...]
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


def planned(context: Context, runtime: str, *, skills: bool, force: bool) -> Outfit | None:
    """What there is to write for the work tree; None if nothing was asked for.

    Args:
        context: the world of the command.
        runtime: a name, ``all``, ``auto``, or nothing: then a linked worktree gets what the other
            ones of the repository have.
        skills: whether the skills are meant, and where no runtime is named nothing else.
        force: write over files of somebody else that have the names of ours.

    Raises:
        ThrumError: ``not_found``, there is no such runtime; ``usage``, HOME is not set.
    """
    git = context.git
    home = context.env.get("HOME", "")
    if git is None or not (runtime or skills or home):
        return None
    if not home:
        raise ThrumError("usage", "HOME is not set, so nobody knows where thrum is started from")
    ground = Ground(Scope.PROJECT, Path(home), (git.toplevel,), context.env)
    if not runtime and not skills:
        adapters = _of_siblings(git, ground)
        return _outfit(ground, "", "", adapters, None, force) if adapters else None
    found = (
        []
        if runtime not in {"", _AUTO, _ALL}
        else detection.detect(registry.every(), git.toplevel, context.env)
    )
    detected = found[0].runtime if found else ""
    if not runtime:
        chosen = detected or _SKILLS_ALONE
        return _outfit(ground, "", detected, [registry.adapter(chosen)], Part.SKILL, force)
    if runtime == _ALL:
        return _outfit(ground, detected, detected, registry.every(), None, force)
    names = [each.runtime for each in found] if runtime == _AUTO else [runtime]
    adapters = [registry.adapter(name) for name in names or [_NONE]]
    return _outfit(ground, adapters[0].name, detected, adapters, None, force)


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


def _outfit(
    ground: Ground,
    primary: str,
    detected: str,
    adapters: Sequence[Adapter],
    only: Part | None,
    force: bool,
) -> Outfit:
    pieces = wanted.beside_plugins(
        wanted.pieces(ground, adapters), wanted.plugins(ground, adapters)
    )
    chosen = [each for each in pieces if only is None or each.piece.part is only]
    changes = plan.putting(chosen, new_mode=settling.NEW_MODES[Scope.PROJECT], force=force)
    return Outfit(primary, detected, tuple(adapters), tuple(changes), ground)


def _of_siblings(git: git_place.GitPlace, ground: Ground) -> list[Adapter]:
    """The runtimes that were set up in other work trees of the repository."""
    others = {str(root) for root in git_place.worktrees(git)} - {str(git.toplevel)}
    known = receipts.read(ground.home).found.values()
    names = {name for each in known if each.whose in others for name in each.runtimes}
    return [registry.adapter(name) for name in registry.MODULES if name in names]


def _file(change: Change) -> Mapping[str, Any]:
    about: dict[str, Any] = {
        "path": str(change.path),
        "action": _ACTIONS[change.action],
        "runtime": ",".join(change.runtimes),
    }
    if change.obstacle:
        about |= {"skipped": True, "skip_reason": change.obstacle.why}
    return about
