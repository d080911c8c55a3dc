"""Where the worktrees of a repository are made."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from thrum import config, git_place
from thrum.cli.context import Context
from thrum.errors import ThrumError
from thrum.git_place import GitPlace
from thrum.worktrees import naming
from thrum.worktrees.git import Git
from thrum.worktrees.record import Records

LOG_BRANCH: Final = "a-sync"
"""Where the log is. Nobody works on it, and `thrum sync worktree` has its folder."""


class Site(NamedTuple):
    """Where worktrees are made.

    Attributes:
        git: runs where the command stands, whose branch others begin at.
        outside: runs where no linked worktree is.
        repository: the repository.
        folder: in which they lie.
        records: what was begun and not ended.
    """

    git: Git
    outside: Git
    repository: GitPlace
    folder: Path
    records: Records


def site(context: Context) -> Site:
    """Where worktrees of the repository are made.

    Raises:
        ThrumError: ``not_initialized``, ``repository``; ``config``, ``usage``, as `naming.base`.
    """
    place = context.place
    here = git_place.around(context.start)
    repository = here or git_place.of(place.repository)
    if repository is None:
        raise ThrumError("repository", f"{place.repository} is in no git work tree")
    configured = str(config.load(place.config, context.env).get("worktrees.base_path"))
    home = context.env.get("HOME", "")
    folder = naming.base(configured, place.repository, place.name, home)
    git = Git(context.start if here else place.repository, context.env)
    outside = git.standing_in(repository.main_worktree or repository.common_dir)
    return Site(git, outside, repository, folder, Records.of(place))
