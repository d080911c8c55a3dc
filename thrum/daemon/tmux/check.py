"""What ``thrum doctor`` looks at of tmux: the program, and the sessions that agents name."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from thrum import config, git_place
from thrum.daemon.tmux import binding, connection, panes, state, target, version, words
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.service import SOCKET_KEY, Tmux
from thrum.doctor.finding import Finding, Level, Patient
from thrum.errors import ThrumError
from thrum.identity import files
from thrum.identity.files import Identity

NAME: Final = "tmux"
_LIMIT_S: Final = 5.0


def sessions(patient: Patient) -> Iterator[Finding]:
    """Every agent that names a session has one, and there is a tmux that will do."""
    named = _named(patient)
    if not named:
        return
    try:
        version.check(_said(patient, "-V"))
        there = _panes(patient)
    except ThrumError as error:
        yield Finding(NAME, Level.WRONG, error.message, error.hint or "install tmux 3.2 or newer")
        return
    for each in named:
        yield from _of(each, there)


def _of(identity: Identity, there: Sequence[Pane]) -> Iterator[Finding]:
    if state.of(identity, there) != state.DEAD:
        return
    session = target.parse(identity.tmux_session).session
    has_ended = panes.in_session(there, session)
    what = "what ran in it has ended" if has_ended else "there is none of that name"
    yield Finding(
        NAME,
        Level.NOTE,
        f"{identity.name} names the session {session}, and {what}",
        f"`thrum tmux launch {session}` makes it anew, `thrum tmux kill {session}` forgets it",
    )


def _named(patient: Patient) -> list[Identity]:
    """The agents of all worktrees that name a session."""
    git = git_place.find(patient.place.root)
    roots = git_place.worktrees(git) if git else ()
    found = (each for root in roots for each in files.read_all(files.folder(root)))
    return sorted(binding.bound(found), key=lambda each: each.tmux_session)


def _panes(patient: Patient) -> list[Pane]:
    """Every pane; none where no server runs, and none is started by looking."""
    settings = config.load(patient.place.config, patient.environment, Tmux.keys)
    label = str(settings.get(SOCKET_KEY))
    base = Path(patient.environment.get("TMUX_TMPDIR") or "/tmp")  # noqa: S108 -- tmux's own
    if not (base / f"tmux-{os.getuid()}" / (label or "default")).exists():
        return []
    fence = connection.fence()
    asked = words.arguments([panes.question(fence)])
    return panes.answer(_said(patient, "-u", *(["-L", label] if label else []), *asked), fence)


def _said(patient: Patient, *argv: str) -> str:
    """What tmux prints; nothing where it refuses.

    Raises:
        ThrumError: ``program``, there is none, or it does not answer.
    """
    inside = {"TMUX", "TMUX_PANE"}  # a person's own server is not the one that is meant
    environment = {k: v for k, v in patient.environment.items() if k not in inside}
    try:
        done = subprocess.run(
            [NAME, *argv],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        text = f"agents live in tmux, and it cannot be run: {error}"
        raise ThrumError("program", text, "install tmux 3.2 or newer, or correct PATH") from error
    return done.stdout.decode(errors="replace") if done.returncode == 0 else ""
