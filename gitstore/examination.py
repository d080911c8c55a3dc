"""What is wrong with the files that hold the branch, and mending it.

Objects, packs and refs are looked at and mended apart from any open log. A pack that is damaged
comes first and alone, because libgit2 must not see it. Locks are told of by their paths, also where
libgit2 cannot open the repository.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pygit2
from msgspec import Struct
from msgspec.structs import replace

from gitstore import damage, packs, remote
from gitstore.damage import ObjectMended, PackMended, RefMended
from gitstore.disk import OsDisk
from gitstore.format import Format
from gitstore.packs import Fault
from gitstore.program import Answer, GitProgram
from gitstore.ref import STALE_SECONDS, Ref, common_directory, left_by_crash
from gitstore.repository import open_repository


class RefFault(NamedTuple):
    """A ref that points nowhere, by its file."""

    path: Path


class ObjectFault(NamedTuple):
    """The first object of a branch that cannot be read; `branch` is ours or what was last seen."""

    branch: str
    id: str


class Refetched(NamedTuple):
    """The branch was asked for once more, with all its history."""

    answer: Answer


class Examination(Struct, frozen=True):
    """Looks at the branch of one repository. Use `Examination.of`.

    Args:
        repository: where the branch is.
        format: names; its remote is the one that damaged objects are fetched from.
    """

    repository: pygit2.Repository
    format: Format
    branch: Ref
    tracking: Ref

    @classmethod
    def of(
        cls,
        place: Path,
        *,
        environment: Mapping[str, str] | None = None,
        wanted: str = "",
        format: Format | None = None,
    ) -> Examination:
        """Of the repository at or above a directory.

        Args:
            place: a directory in the repository.
            environment: what the git program inherits; the process's own if None.
            wanted: the name of the remote; empty for the one that `gitstore.remote` chooses.
            format: names and keys.

        Raises:
            RepositoryError: the repository cannot be used.
        """
        inherited = os.environ if environment is None else environment
        repository, format = open_repository(place, inherited), format or Format()
        format = replace(format, remote=remote.chosen(repository, format, wanted, inherited))
        branch, tracking = (Ref(repository, ref, OsDisk()) for ref in (format.ref, format.tracking))
        return cls(repository, format, branch, tracking)

    @property
    def _store(self) -> Path:
        return common_directory(self.repository) / "objects"

    def faults(self) -> Iterator[Fault | RefFault | ObjectFault]:
        """Packs, refs and objects that are not whole; none if the branch can be read.

        Raises:
            OSError: the disk does not let them be read.
        """
        damaged = list(packs.faults(self._store))
        yield from damaged
        if damaged:
            return
        for ref in (self.branch, self.tracking):
            if not damage.is_readable(ref):
                yield RefFault(ref.path)
                continue
            broken = damage.first_unreadable(self.repository.path, ref.read())
            if broken:
                name = ref.name.removeprefix("refs/").removeprefix("heads/")
                yield ObjectFault(name, broken)
                return

    def mend(
        self, environment: Mapping[str, str], aside: Path, last_read: str = ""
    ) -> Iterator[PackMended | Refetched | RefMended | ObjectMended]:
        """Sets aside what is damaged and puts it back, from what is whole here or at the remote.

        Ends with a pack that is to be mended by hand. What was last seen of the remote is dropped
        if it is damaged: it is fetched again.

        Args:
            environment: what the git program inherits.
            aside: a folder for what is damaged.
            last_read: a commit that the branch was at; empty if nobody knows one.

        Raises:
            LogError, OSError, pygit2.GitError: it cannot be done.
        """
        git = GitProgram.of(self.repository, self.format, environment)
        for pack in damage.mend_packs(self._store, git, aside):
            yield pack
            if pack.trouble:
                return
            if pack.is_gone:
                # What it held and nothing leads to from the newest files comes only like this.
                yield Refetched(git.fetch(whole=True))
        for ref in (self.tracking, self.branch):
            if not damage.is_readable(ref):
                yield self._mend_ref(ref, aside, last_read)
        for ref in (self.tracking, self.branch):
            yield from damage.mend(self.repository, ref, self.format, git, aside)
            if not damage.has_commit(self.repository, ref):
                yield self._mend_ref(ref, aside, last_read)

    def has_branch(self) -> bool:
        """Whether there is the branch.

        Raises:
            DamagedObject: nobody can tell.
        """
        return self.branch.read() is not None

    def is_readable(self) -> bool:
        """Whether the branch is absent, or all of it can be read.

        Raises:
            OSError: the disk does not let it be read.
        """
        return not list(packs.faults(self._store)) and (
            damage.is_readable(self.branch)
            and damage.first_unreadable(self.repository.path, self.branch.read()) is None
        )

    def mend_from(self, source: Path, aside: Path) -> tuple[int, str]:
        """Puts back what cannot be read of the branch and stands in another repository.

        Args:
            source: that one.
            aside: a folder for what is damaged.

        Returns:
            How many objects, and what is lacking still: an object, or the file of a pack or a ref
            that `mend` sets aside; empty if nothing is.

        Raises:
            OSError: the disk refuses.
        """
        for fault in packs.faults(self._store):
            return 0, str(fault.path)
        if not damage.is_readable(self.branch):
            return 0, str(self.branch.path)
        return damage.mend_from(self.repository, self.branch, pygit2.Repository(source), aside)

    def _mend_ref(self, ref: Ref, aside: Path, last_read: str) -> RefMended:
        known = []
        if ref is self.branch:
            known = [tip for tip in (last_read, self.tracking.read()) if tip]
        return damage.mend_ref(self.repository, ref, known, aside)


def lock_left(git: Path, now: float, format: Format | None = None) -> Path | None:
    """The branch's lock, if it is so old that a crash must have left it.

    Args:
        git: the directory that linked worktrees share.
        now: seconds since 1970.
        format: the branch.
    """
    path = _lock(git, format)
    return path if path.exists() and now - path.stat().st_mtime > STALE_SECONDS else None


def remove_lock(git: Path, format: Format | None = None) -> Path | None:
    """Removes the branch's lock if a crash left it; where it was."""
    path = _lock(git, format)
    return path if OsDisk().remove_unheld(path, left_by_crash) else None


def _lock(git: Path, format: Format | None) -> Path:
    return git / f"{(format or Format()).ref}.lock"
