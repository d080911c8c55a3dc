"""Making the branch, or attaching it to the one that was fetched."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Final

import pygit2
from msgspec import Struct
from msgspec.structs import replace

from gitstore.disk import Disk, OsDisk
from gitstore.format import Format
from gitstore.objects import Objects
from gitstore.program import Answer, GitProgram, Outcome
from gitstore.ref import Ref
from gitstore.remote import choose_once, chosen
from gitstore.repository import open_repository

ASKED_S: Final = 10.0
"""How long a remote that is asked for the first time may take to say whether it has the branch."""


class Origin(Enum):
    """Where the branch came from."""

    CREATED = "created"
    ATTACHED = "attached"
    KEPT = "kept"


class Branch(Struct, frozen=True):
    """The branch after `attach`; `remote_has_it` as of the last fetch."""

    origin: Origin
    remote_has_it: bool
    stale_lock: bool


def attach(
    repository: Path,
    format: Format | None = None,
    remote: str = "",
    environment: Mapping[str, str] | None = None,
) -> Branch:
    """Sees to it that the repository at or above a directory has the branch.

    Args:
        repository: a directory in the repository.
        format: names and keys.
        remote: the name of the remote; empty for the one that `gitstore.remote` chooses.
        environment: what the git program inherits; the process's own if None.

    Raises:
        RepositoryError: the repository cannot be used.
        RefLocked: somebody holds the branch's lock.
    """
    inherited = os.environ if environment is None else environment
    opened = open_repository(repository, inherited)
    format = format or Format()
    named = replace(format, remote=chosen(opened, format, remote, inherited))
    return ensure(opened, named, OsDisk())


def bring(
    repository: Path, environment: Mapping[str, str], format: Format | None = None, remote: str = ""
) -> Answer:
    """Asks the remote whether it has the branch, and fetches it.

    Clones of one branch, shallow ones and what CI checks out know nothing of other branches. Nobody
    is asked where an earlier fetch has brought it.

    Args:
        repository: a directory in the repository.
        environment: what the git program inherits.
        format: names and keys.
        remote: the name of the remote; empty for the one that `gitstore.remote` chooses.

    Returns:
        OK: the remote has it, and it is fetched. NO_SUCH_BRANCH or NO_REMOTE: it has not. Else why
        that is not known, or, with a tip, why what is there could not be fetched.

    Raises:
        RepositoryError: the repository cannot be used.
    """
    opened = open_repository(repository, environment)
    format = format or Format()
    git = GitProgram.of(opened, format, environment)
    choice = choose_once(git, opened, remote)
    if choice.name is None:
        return choice.refusal
    git.format = named = replace(format, remote=choice.name)
    seen = Ref(opened, named.tracking, OsDisk()).seen()
    if seen:
        return Answer(Outcome.OK, tip=seen)
    usual, git.limit_s = git.limit_s, ASKED_S
    found = git.ls_remote()
    if found.outcome is not Outcome.OK:
        return found
    git.limit_s = usual
    return replace(git.fetch(), tip=found.tip)


def ensure(repository: pygit2.Repository, format: Format, disk: Disk) -> Branch:
    """As `attach`, for an open repository.

    No branch here and none at the remote as last fetched: the first commit is made, the same in
    every clone. Only the remote's: the local branch starts there. Both: the local one is kept, and
    the next exchange joins them; one that holds nothing yet starts at the remote's, too, so that
    nobody takes for unknown what the remote knows.
    """
    ref = Ref(repository, format.ref, disk)
    remote = Ref(repository, format.tracking, disk).seen()
    stale = ref.recover()
    tip = ref.read()
    if tip is not None and (remote in {None, tip} or not _is_bare(repository, tip)):
        return Branch(Origin.KEPT, remote is not None, stale)
    # A lost race is as good: somebody else made the branch.
    ref.swap(tip, remote or root_commit(repository, format, disk))
    origin = Origin.ATTACHED if remote else Origin.CREATED
    return Branch(origin, remote is not None, stale)


def _is_bare(repository: pygit2.Repository, tip: str) -> bool:
    """Whether the branch has no more than a first commit without files."""
    if tip not in repository:
        return False
    commit = repository[tip].peel(pygit2.Commit)
    return not (commit.parent_ids or len(commit.tree))


def root_commit(repository: pygit2.Repository, format: Format, disk: Disk) -> str:
    """The first commit; equal in clones that initialise apart, for its date is fixed."""
    objects = Objects(repository, format.author)
    tree = objects.tree(b"")
    commit = objects.commit(tree, format.root_message, [], format.root_seconds)
    objects.settle(disk)
    return commit
