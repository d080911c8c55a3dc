"""A worktree's own folder: where its agents' files lie, and how they find the shared ones."""

from __future__ import annotations

import os
from pathlib import Path

from thrum import atomic, git_place, paths
from thrum.errors import ThrumError
from thrum.git_place import GitPlace
from thrum.paths import Place


def take(place: Place) -> None:
    """Makes a worktree ready for agents: its folder, with a redirect if the host is elsewhere.

    Raises:
        ThrumError: ``not_allowed``, in a bare repository itself, where no agent can work.
        OSError: the disk refuses.
    """
    git = git_place.at(place.root)
    if git is None and place.local == place.shared and place.shared.name == paths.INSIDE_GIT:
        text = f"{place.root} is a bare repository, where no agent can work"
        todo = "make a work tree with `git worktree add PATH` and work there"
        raise ThrumError("not_allowed", text, todo)
    if place.local != place.shared:
        place.local.mkdir(mode=paths.SHARED_DIRECTORY, exist_ok=True)
        redirect(place.local, place.shared)
    if git:
        note(git)


def redirect(local: Path, shared: Path) -> None:
    """Has a worktree's folder name the shared files."""
    file, target = local / paths.REDIRECT, f"{shared}\n"
    if not file.is_file() or file.read_bytes() != os.fsencode(target):
        atomic.replace(file, target)


def note(git: GitPlace) -> None:
    """Notes a root of which git itself keeps no list."""
    if git.linked or git.main_worktree or git.toplevel == git.common_dir:
        return
    known = list(git_place.seats(git.common_dir))
    if git.toplevel not in known:
        lines = "".join(f"{root}\n" for root in [*known, git.toplevel])
        atomic.replace(git.common_dir / git_place.SEATS, lines)
