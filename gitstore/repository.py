"""Opening a repository, and saying in one sentence why one cannot be used."""

from __future__ import annotations

import re
from pathlib import Path

import pygit2

from gitstore.errors import RepositoryError

# Objects and their directories are synced before a write returns; the journal is trimmed after it.
pygit2.option(pygit2.enums.Option.ENABLE_FSYNC_GITDIR, True)


def open_repository(place: Path) -> pygit2.Repository:
    """The repository at or above a directory.

    Raises:
        RepositoryError: there is none, or libgit2 cannot read it.
    """
    try:
        found = pygit2.discover_repository(str(place))
        if found is None:
            raise RepositoryError(f"{place} is in no git repository; run `git init` there first")
        repository = pygit2.Repository(found)
    except pygit2.GitError as error:
        raise RepositoryError(explain(place, str(error))) from error
    if repository.config.get_multivar("extensions.objectformat") and (
        str(next(iter(repository.config.get_multivar("extensions.objectformat")), "sha1")) != "sha1"
    ):
        raise RepositoryError(explain(place, "objectformat"))
    return repository


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
    if "owner" in low or "not owned" in low:
        return (
            f"{place} belongs to another user; "
            f"run `git config --global --add safe.directory {place}` if you trust it"
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
