"""Loose objects, read without libgit2.

libgit2 1.9 reads a loose object that was cut off for ever, and says of one whose bytes changed what
is wrong but not always with which. So whatever is loose and about to be read for the first time is
unpacked here before.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pygit2
from msgspec import Struct, field
from pygit2.enums import FileMode

from gitstore.errors import DamagedObject
from gitstore.merge import entries
from gitstore.ref import common_directory

MOST_KNOWN: Final = 200_000
"""Ids that are remembered; then all are forgotten and looked at again."""

MANY: Final = 512
"""Objects that are looked for each by itself; where there are more, the store is listed, once: that
takes less than to look for thousands of files in its folders."""

_ENTRY: Final = re.compile(rb"([0-7]+) [^\0]+\0(.{20})", re.DOTALL)
_SUBMODULE: Final = b"160000"
_FOLDER: Final = (b"40000", b"040000")
"""Modes, as they stand in a tree."""


class Loose(NamedTuple):
    """A loose object: commit, tree, blob or tag, and its bytes."""

    kind: str
    data: bytes


def path_of(store: Path, id: str) -> Path:
    """Where an object stands when it is loose."""
    return store / id[:2] / id[2:]


def read(store: Path, id: str) -> Loose | None:
    """A loose object; None when there is no such file.

    Raises:
        DamagedObject: the file is cut off, or not what its name says.
    """
    path = f"{store}/{id[:2]}/{id[2:]}"
    try:
        with open(path, "rb") as file:
            packed = file.read()
    except FileNotFoundError:
        return None
    stream = zlib.decompressobj()
    try:
        whole = stream.decompress(packed)
    except zlib.error as error:
        raise DamagedObject(id, f"its file {path} is damaged: {error}") from error
    if not stream.eof:
        raise DamagedObject(id, f"its file {path} is cut off")
    if hashlib.sha1(whole, usedforsecurity=False).hexdigest() != id:
        raise DamagedObject(id, f"its file {path} holds something else")
    head, _, data = whole.partition(b"\0")
    return Loose(head.partition(b" ")[0].decode(), data)


def listed(store: Path) -> set[str]:
    """The ids of all objects that have a file of their own.

    Args:
        store: the folder ``objects``.
    """
    folders = [name for name in names_in(store) if len(name) == 2]
    return {f"{folder}{name}" for folder in folders for name in names_in(store / folder)}


def names_in(folder: Path) -> list[str]:
    """What a folder holds; nothing if it is none any more, as gc takes those that are empty."""
    try:
        with os.scandir(folder) as found:
            return [each.name for each in found]
    except (FileNotFoundError, NotADirectoryError):
        return []


def tree_entries(data: bytes) -> Iterator[tuple[str, bool]]:
    """Id of everything that a tree's bytes name, and whether it is a folder; not submodules."""
    for mode, id in _ENTRY.findall(data):
        if mode != _SUBMODULE:
            yield id.hex(), mode in _FOLDER


def commit_links(data: bytes) -> tuple[str, list[str]]:
    """The tree and the parents that a commit's bytes name."""
    head = data.partition(b"\n\n")[0].decode(errors="replace").splitlines()
    named = [line.partition(" ") for line in head]
    parents = [id for word, _, id in named if word == "parent"]
    return next(id for word, _, id in named if word == "tree"), parents


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
