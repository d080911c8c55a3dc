"""Opening a repository, and saying in one sentence why one cannot be used."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pygit2

from gitstore.errors import RepositoryError
from gitstore.program import scrub

ASK_LIMIT_S: Final = 10.0
"""Seconds in which git says whether it would work in a repository."""

# Objects and their directories are synced before a write returns; the journal is trimmed after it.
pygit2.option(pygit2.enums.Option.ENABLE_FSYNC_GITDIR, True)


def open_repository(place: Path, environment: Mapping[str, str] | None = None) -> pygit2.Repository:
    """The repository at or above a directory.

    Git works in somebody else's repository where ``safe.directory`` names it, and reads that from
    files and variables that libgit2 does not know. So git is asked where libgit2 refuses.

    Args:
        place: a directory in the repository.
        environment: what the git program inherits; the process's own if None.

    Raises:
        RepositoryError: there is none, or libgit2 cannot read it.
    """
    try:
        repository = _open(place)
    except pygit2.GitError as error:
        if not (_is_of_another(str(error)) and _git_trusts(place, environment)):
            raise RepositoryError(explain(place, str(error))) from error
        # For the whole process, whose threads may be opening this repository's worktrees just now.
        pygit2.option(pygit2.enums.Option.SET_OWNER_VALIDATION, False)
        try:
            repository = _open(place)
        except pygit2.GitError as error:
            raise RepositoryError(explain(place, str(error))) from error
    kinds = list(repository.config.get_multivar("extensions.objectformat"))
    if kinds and str(kinds[0]) != "sha1":
        raise RepositoryError(explain(place, "objectformat"))
    return repository


def _open(place: Path) -> pygit2.Repository:
    if pygit2.discover_repository(str(place)) is None:
        raise RepositoryError(f"{place} is in no git repository; run `git init` there first")
    # By the place, not by what was discovered: a repository that lies apart from its worktree
    # does not know where that is.
    return pygit2.Repository(str(place))


def _is_of_another(words: str) -> bool:
    """Whether libgit2 refuses because of whom the repository belongs to."""
    low = words.lower()
    return "owner" in low or "not owned" in low


def _git_trusts(place: Path, environment: Mapping[str, str] | None) -> bool:
    """Whether the git program works there, by whatever setting."""
    variables = scrub(os.environ if environment is None else environment)
    argv = ["git", "-C", str(place), "rev-parse", "--git-dir"]
    try:
        done = subprocess.run(argv, env=variables, capture_output=True, timeout=ASK_LIMIT_S)
    except (OSError, subprocess.TimeoutExpired):
        return False  # whoever asked is told what libgit2 said
    return done.returncode == 0


def explain(place: Path, words: str) -> str:
    """What libgit2 said, as a reason and a way out."""
    low = words.lower()
    if "objectformat" in low or "sha256" in low or "object format" in low:
        return f"{place} is a SHA-256 repository, which libgit2 cannot read; use a SHA-1 clone"
    if "refstorage" in low or "reftable" in low:
        return (
            f"{place} keeps its refs in a reftable, which libgit2 cannot read; "
            "run `git refs migrate --ref-format=files` (git 2.46) or use a clone without it"
        )
    if "relativeworktrees" in low:
        return (
            f"{place} has a worktree with relative paths, which this libgit2 cannot read; "
            "run `git worktree repair --no-relative-paths` and then "
            "`git config --unset extensions.relativeWorktrees`"
        )
    if _is_of_another(low):
        typed = shlex.quote(str(place))
        return (
            f"{place} belongs to another user; "
            f"run `git config --global --add safe.directory {typed}` if you trust it"
        )
    if "unsupported repository version" in low:
        return f"{place} is of a format that libgit2 cannot read ({words}); use a plain clone"
    extension = re.search(r"extensions?\.(\w+)", words)
    if extension:
        return (
            f"{place} uses git's extension {extension[1]}, which libgit2 cannot read; "
            "use a clone that was made without it"
        )
    return f"{place} cannot be opened as a git repository: {words}"
