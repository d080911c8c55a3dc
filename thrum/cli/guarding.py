"""Asking the guards from the command line: which modes count, and where the log line goes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from thrum.clock import format_ns
from thrum.errors import ThrumError
from thrum.identity import files, guard_modes, guards, owner, process
from thrum.identity.guards import Fire, GuardError, Held, Shell
from thrum.paths import PRIVATE_FILE

if TYPE_CHECKING:
    from thrum.cli.context import Context
    from thrum.identity.guard_modes import Modes


def modes(context: Context) -> Modes:
    """The modes of this worktree; outside of any they are all strict."""
    return guard_modes.read(_local(context))


def _local(context: Context) -> Path:
    try:
        return context.place.local
    except ThrumError:
        return context.start / ".thrum"


def ask(context: Context, fire: Fire | None) -> bool:
    """Carries out what the guard's mode says; whether it fired.

    What a guard let through once is let through for the whole command, with one line in the log.

    Raises:
        GuardError: the guard refuses.
    """
    if fire is None:
        return False
    if fire in context.let_through:
        return True
    said: list[str] = []
    try:
        fired = guards.judge(fire, modes(context).modes, said.append)
    except GuardError:
        # Where there is no log, the refusal itself is all that is said.
        _log(context, said)
        raise
    if not _log(context, said):
        for line in said:
            context.note(line)
    if fired:
        context.let_through.add(fire)
    return fired


def _log(context: Context, lines: Sequence[str]) -> bool:
    """Appends to the repository's log; False where there is none."""
    moment = format_ns(context.now_ns())[:23]
    text = "".join(f"{moment}Z WARNING thrum.guard: {line}\n" for line in lines)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    try:
        handle = os.open(context.place.log, flags, PRIVATE_FILE)
        try:
            # One write, so that lines of several processes do not mix.
            os.write(handle, text.encode())
        finally:
            os.close(handle)
    except (ThrumError, OSError):
        return False
    return True


def shell(context: Context) -> Shell:
    """Who asks, by the processes around this one."""
    runtime = process.runtime_of(context.ancestors)
    return Shell(runtime.pid if runtime else 0, str(context.cwd))


def held(context: Context) -> list[Held]:
    """Every identity of this worktree, and how its process stands to this shell."""
    return [owner.held(each, context.ancestors) for each in files.read_all(_identities(context))]


def held_anywhere(context: Context) -> Iterator[Held]:
    """The same for all worktrees of the repository, this one first."""
    from thrum import git_place

    yield from held(context)
    here = _identities(context)
    for root in git_place.worktrees(context.git) if context.git else ():
        directory = root / ".thrum" / "identities"
        if directory != here:
            yield from (owner.held(each, context.ancestors) for each in files.read_all(directory))


def _identities(context: Context) -> Path:
    return _local(context) / "identities"
