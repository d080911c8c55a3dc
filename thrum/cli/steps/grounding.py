"""Where setup takes place, as the line says: whose files, and for which runtimes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from thrum import git_place
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.errors import ThrumError
from thrum.runtimes import registry
from thrum.runtimes.contract import Scope
from thrum.setup import receipts, wanted
from thrum.setup.wanted import Ground

SCOPES: Final = tuple(scope.value for scope in Scope)
WHICH: Final = takes.Takes(("runtime",), ("all",), called="all|NAME")
"""What ``--runtime`` takes."""


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
    return as_it_is(Ground(Scope(scope), Path(home), tuple(dict.fromkeys(roots)), context.env))


def as_it_is(ground: Ground) -> Ground:
    """The same with what was chosen there before.

    Raises:
        ThrumError: ``setup``, what setup remembers cannot be read.
    """
    known = receipts.read(ground.home)
    return replace(ground, guarded=wanted.guarded(ground, registry.every(), known))
