"""Writing objects, and knowing which ones were written since a moment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Final

import pygit2
from msgspec import Struct, field
from pygit2.enums import ObjectType

from gitstore.disk import Disk
from gitstore.errors import LogError
from gitstore.line import Line, new_lines
from gitstore.ref import common_directory
from gitstore.sharing import Sharing

TRIES: Final = 3
PROBE_BYTES: Final = 1 << 16
"""More than an object of ours usually takes."""


class Objects(Struct, dict=True):
    """The object store of a repository as one writer sees it.

    Args:
        repository: where objects go.
        author: name and address of author and committer; commits are never signed.
        made: what was written since `begin`.
        unsettled: whether some of it may have been there before, and not be durable. libgit2 syncs
            what it writes and leaves alone what it finds, be it of a process that was killed before
            its sync or of a write of ours that failed halfway.
    """

    repository: pygit2.Repository
    author: tuple[str, str]
    made: list[pygit2.Oid] = field(default_factory=list)
    unsettled: bool = True

    def begin(self) -> None:
        """From now on `made` lists what is written."""
        self.made = []

    def _note(self, id: pygit2.Oid) -> pygit2.Oid:
        self.made.append(id)
        return id

    def _again(self, write: Callable[[], pygit2.Oid]) -> pygit2.Oid:
        """Writes; once more if somebody's gc removed the directory in the same moment."""
        for _ in range(TRIES):
            try:
                return self._note(write())
            except (OSError, pygit2.GitError):
                self.unsettled = True
                continue
        try:
            return self._note(write())
        except pygit2.GitError:
            self._probe()
            raise

    def _probe(self) -> None:
        """Says in the disk's words why nothing can be written; libgit2 often has none for it.

        Raises:
            LogError: the disk refuses.
        """
        folder = common_directory(self.repository) / "objects"
        path = folder / f"tmp_object_git2_probe-{os.getpid()}"
        try:
            path.write_bytes(bytes(PROBE_BYTES))
        except OSError as error:
            raise LogError(f"{folder} cannot be written: {error.strerror}") from error
        finally:
            with suppress(OSError):
                path.unlink()

    def data(self, blob: str) -> bytes:
        """A file's bytes."""
        found = self.repository[blob]
        assert isinstance(found, pygit2.Blob)
        return found.data

    def added(self, path: str, was: str | None, now: str) -> Iterable[Line]:
        """The lines that a file's blob has and an earlier one, if there was one, has not."""
        return new_lines(path, self.data(was) if was else b"", self.data(now))

    def blob(self, data: bytes) -> pygit2.Oid:
        """Writes a file's bytes."""
        return self._again(lambda: self.repository.create_blob(data))

    def tree(self, builder: pygit2.TreeBuilder) -> pygit2.Oid:
        """Writes the tree that was built."""
        return self._again(builder.write)

    def raw_tree(self, data: bytes) -> pygit2.Oid:
        """Writes a tree from its bytes."""
        return self._again(lambda: self.repository.write(ObjectType.TREE, data))

    def commit(self, tree: pygit2.Oid, message: str, parents: Sequence[str], seconds: int) -> str:
        """Writes a commit dated `seconds` since 1970."""
        name, address = self.author
        who = pygit2.Signature(name, address, seconds, 0)
        ids = [pygit2.Oid(hex=parent) for parent in parents]
        create = self.repository.create_commit
        return str(self._again(lambda: create(None, who, who, message, tree, ids)))

    def settle(self, disk: Disk) -> None:
        """Returns when everything since `begin` is durable, whoever wrote it first, and shared.

        Raises:
            OSError: the disk refuses.
        """
        self._share()
        if not self.unsettled:
            return
        for id in dict.fromkeys(map(str, self.made)):
            with suppress(FileNotFoundError):  # it is in a pack, or a prune was faster
                disk.settle(common_directory(self.repository) / "objects" / id[:2] / id[2:])
        self.unsettled = False

    def _share(self) -> None:
        store = common_directory(self.repository) / "objects"
        files = [store / id[:2] / id[2:] for id in map(str, self.made)]
        Sharing.of(self.repository).apply(*files, *(path.parent for path in files))

    def all_present(self) -> bool:
        """Whether everything since `begin` is still there, asked of the disk, not of a cache.

        Until a ref points at them, new objects are garbage to anybody's ``git gc --prune=now``.
        """
        store = pygit2.Odb(str(common_directory(self.repository) / "objects"))
        return all(id in store for id in self.made)
