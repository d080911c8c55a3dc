"""Looking at loose objects before libgit2 reads them for the first time, see `loose`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import pygit2
from msgspec import Struct, field
from pygit2.enums import FileMode

from gitstore.loose import commit_links, listed, read, tree_entries
from gitstore.merge import entries
from gitstore.ref import common_directory

MOST_KNOWN: Final = 200_000
"""Ids that are remembered; then all are forgotten and looked at again."""

MANY: Final = 512
"""Objects that are looked for each by itself; where there are more, the store is listed, once: that
takes less than to look for thousands of files in its folders."""


class Inspection(Struct, dict=True):
    """Sees to it that libgit2 reads no loose object of a commit that is cut off or changed.

    Each object is looked at once. Looked at are all files of a commit, and the commits before it
    with theirs as far as they are loose: what is packed was looked at when it was packed.
    """

    repository: pygit2.Repository
    _known: set[str] = field(default_factory=set)
    looked_at: int = 0

    def __post_init__(self) -> None:
        self.store = common_directory(self.repository) / "objects"

    def trust(self, ids: Iterable[pygit2.Oid]) -> None:
        """Objects that were just written, or read without libgit2."""
        self._known.update(map(str, ids))

    def inspect(self, commit: str) -> None:
        """Returns when a commit can be read, as far as loose objects go.

        Raises:
            DamagedObject: one of them cannot be read.
        """
        if commit in self._known:
            return
        if len(self._known) > MOST_KNOWN:
            self._known.clear()
        seen: set[str] = set()
        files: set[str] | None = None
        left = [(commit, True)]
        while left:
            id, to_the_ground = left.pop()
            if id in seen or id in self._known:
                continue
            seen.add(id)
            self.looked_at += 1
            below = [each for each in self._below(id, to_the_ground) if each[0] not in seen]
            if files is None and len(below) > MANY:
                files = listed(self.store)
            if files is not None:
                # What has no file of its own is packed, and a blob leads to nothing else.
                packed = {id for id, matters in below if not matters and id not in files}
                seen |= packed
                below = [each for each in below if each[0] not in packed]
            left += below
        # Only now: after damage somewhere below, all of it is looked at again.
        self._known |= seen

    def _below(self, id: str, to_the_ground: bool) -> Iterator[tuple[str, bool]]:
        """What an object names, and whether it matters if that is packed."""
        found = read(self.store, id)
        if found is None:
            yield from self._below_packed(id) if to_the_ground else ()
        elif found.kind == "commit":
            tree, parents = commit_links(found.data)
            yield tree, to_the_ground
            yield from ((parent, False) for parent in parents)
        elif found.kind == "tree":
            for inner, is_folder in tree_entries(found.data):
                if inner not in self._known:  # as nearly all of a long log's files are
                    yield inner, to_the_ground and is_folder

    def _below_packed(self, id: str) -> Iterator[tuple[str, bool]]:
        try:
            found: object = self.repository[id]
        except (KeyError, ValueError, pygit2.GitError):
            return  # what is missing is no danger, and whoever reads it says so
        if isinstance(found, pygit2.Commit):
            yield str(found.tree_id), True
        elif isinstance(found, pygit2.Tree):
            for inner, mode in entries(self.repository, id).values():
                if mode != FileMode.COMMIT:
                    yield inner, mode == FileMode.TREE
