"""Partial clones: the files of the branch that were left at the remote.

A clone made with ``--filter`` holds commits without their files, and git fetches a file when
somebody looks at it. Libgit2 does not, so what the branch's tip lacks is fetched in one go. Our own
fetches ask for everything; a user's own ``git fetch`` brings the branch without files again.
"""

from __future__ import annotations

from collections.abc import Iterator

import pygit2
from pygit2.enums import FileMode

from gitstore.errors import LogError
from gitstore.format import Format
from gitstore.merge import entries
from gitstore.program import GitProgram, Outcome

DEPTH = 16
"""Rounds of fetching; each brings at least one more level of folders."""


def is_partial(repository: pygit2.Repository, format: Format) -> bool:
    """Whether objects may be missing because the remote promised to give them later."""
    config = repository.config
    return "extensions.partialclone" in config or f"remote.{format.remote}.promisor" in config


def missing(repository: pygit2.Repository, tree: str) -> Iterator[str]:
    """The ids of absent files and folders below a tree, as far as folders are present."""
    if tree not in repository:
        yield tree
        return
    for id, mode in entries(repository, tree).values():
        if mode == FileMode.TREE:
            yield from missing(repository, id)
        elif mode != FileMode.COMMIT and id not in repository:
            yield id


def complete(repository: pygit2.Repository, commit: str, git: GitProgram) -> None:
    """Fetches the files of a commit that are not here.

    Raises:
        LogError: the remote does not give them.
    """
    tree = str(repository[commit].peel(pygit2.Commit).tree_id)
    for _ in range(DEPTH):
        absent = set(missing(repository, tree))
        if not absent:
            return
        answer = git.fetch_objects(sorted(absent))
        if answer.outcome is not Outcome.OK:
            raise LogError(
                f"this is a partial clone without {len(absent)} files of the branch, "
                f"and they cannot be fetched: {answer.words}"
            )
    raise LogError("this is a partial clone, and the remote does not give the branch's files")
