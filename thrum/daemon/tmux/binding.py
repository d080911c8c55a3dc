"""Which identity a session belongs to, as the files of the worktrees say, and saying so there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from thrum.daemon.tmux import target
from thrum.identity import files, owner
from thrum.identity.files import Identity


def bound(identities: Iterable[Identity]) -> list[Identity]:
    """The identities that name a pane; a copy of a file names that of another folder."""
    return [each for each in identities if each.tmux_session and each.is_native]


def of_session(identities: Iterable[Identity], session: str) -> Identity | None:
    """The newest identity that names a pane of that session."""
    named = [each for each in bound(identities) if target.parse(each.tmux_session)[0] == session]
    return next(iter(files.newest_first(named)), None)


def at_home(folder: Path, session: str) -> Identity | None:
    """The identity of a worktree that a session in it belongs to, if it can be told.

    The only one there; else the one that names the session; else the one that is called like it.
    """
    here = [each for each in files.read_all(files.folder(folder)) if each.is_native]
    if len(here) == 1:
        return here[0]
    called = [each for each in here if target.clean(each.name) == session]
    return of_session(here, session) or next(iter(called), None)


def tie(identity: Identity, pane: str, now: str, runtime: str = "") -> Identity:
    """Has an identity name its pane; a process that has ended is its process no more.

    Args:
        identity: whose.
        pane: as files name it.
        now: RFC 3339, for ``updated_at``.
        runtime: the runtime that was launched there; empty if none was.

    Raises:
        ThrumError: as `files.change`.
    """

    def decide(before: Identity | None) -> dict[str, object]:
        process = owner.successor(before, None)
        launched = {"runtime": runtime} if runtime else {}
        return {"tmux_session": pane, **process, **launched}

    return files.change(identity.path.parent, identity.name, now, decide)


def loosen(identity: Identity, now: str) -> None:
    """Has an identity name no pane, and no runtime in one; one that is gone names none.

    Raises:
        ThrumError: as `files.change`.
    """
    if identity.path.exists():
        files.write(identity.path.parent, identity.name, now, tmux_session="", runtime="")
