"""Writing objects, and knowing which ones were written since a moment."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import pygit2
from msgspec import Struct, field

from gitstore import durable, loose
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
        unsettled: whether some of it may have been there before, and not be durable, be it of a
            process that was killed before its sync or of a write of ours that failed halfway.
    """

    repository: pygit2.Repository
    author: tuple[str, str]
    made: list[pygit2.Oid] = field(default_factory=list)
    unsettled: bool = True
    _folders: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.store = common_directory(self.repository) / "objects"

    def begin(self) -> None:
        """From now on `made` lists what is written."""
        self.made = []

    def _written(self, kind: str, data: bytes) -> pygit2.Oid:
        """Writes an object; once more if somebody's gc removed the folder in the same moment."""
        for attempt in range(TRIES):
            try:
                id, is_new = loose.write(self.store, kind, data)
            except OSError:
                self.unsettled = True
                if attempt + 1 == TRIES:
                    self._probe()
                    raise
                continue
            if is_new:
                self._folders.add(loose.path_of(self.store, id).parent)
            else:
                self.unsettled = True
            break
        return self._note(pygit2.Oid(hex=id))

    def _note(self, id: pygit2.Oid) -> pygit2.Oid:
        self.made.append(id)
        return id

    def _probe(self) -> None:
        """Says why nothing can be written where that is so of the whole store.

        Raises:
            LogError: the disk refuses.
        """
        path = self.store / f"{loose.WRITING}probe-{os.getpid()}"
        try:
            path.write_bytes(bytes(PROBE_BYTES))
        except OSError as error:
            raise LogError(f"{self.store} cannot be written: {error.strerror}") from error
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
        return self._written("blob", data)

    def tree(self, data: bytes) -> pygit2.Oid:
        """Writes a tree from its bytes."""
        return self._written("tree", data)

    def commit(self, tree: pygit2.Oid, message: str, parents: Sequence[str], seconds: int) -> str:
        """Writes a commit dated `seconds` since 1970."""
        name, address = self.author
        who = pygit2.Signature(name, address, seconds, 0)
        ids: list[str | pygit2.Oid] = [pygit2.Oid(hex=parent) for parent in parents]
        text = str(self.repository.create_commit_string(who, who, message, tree, ids))
        return str(self._written("commit", text.encode()))

    def settle(self, disk: Disk) -> None:
        """Returns when everything since `begin` is durable, whoever wrote it first, and shared.

        Raises:
            OSError: the disk refuses.
        """
        files = [loose.path_of(self.store, id) for id in dict.fromkeys(map(str, self.made))]
        Sharing.of(self.repository).apply(*files, *(path.parent for path in files))
        if self.unsettled:
            for path in files:
                with suppress(FileNotFoundError):  # it is in a pack, or a prune was faster
                    disk.settle(path)
            self.unsettled = False
        if self._folders:
            for folder in (*self._folders, self.store):
                with suppress(FileNotFoundError):
                    durable.sync_folder(folder)
            self._folders.clear()

    def all_present(self) -> bool:
        """Whether everything since `begin` is still there, asked of the disk, not of a cache.

        Until a ref points at them, new objects are garbage to anybody's ``git gc --prune=now``.
        """
        store = pygit2.Odb(str(self.store))
        return all(id in store for id in self.made)
