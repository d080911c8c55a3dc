"""The join of two trees.

It needs no merge base: what one side lacks it takes from the other, because in an append-only log
an absence says nothing. Per path:

- the same entry on both sides: kept, not read;
- only one side has the path: taken whole;
- both differ: united by the file's `MergeRule`.

For lines, rows and objects the result depends only on the set of inputs, so the join is
commutative, associative and idempotent, and replicas that have seen the same lines hold the same
bytes. Opaque files, which are nobody's log, follow whoever changed them since the merge base.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import pygit2
from msgspec import Struct, field
from pygit2.enums import FileMode, ObjectType

from gitstore.apart import Apart, Entry, parsed
from gitstore.format import Format, MergeRule
from gitstore.line import Conflict, Reader, newer, normal, normal_rows
from gitstore.objects import Objects

MOST_PARSED: Final = 16_384
"""Bytes of a tree up to which all of it is looked at, whatever differs."""

MOST_FOLDERS: Final = 32
"""Folders within each other that are looked into. What is deeper is nobody's log; anybody may push
thousands of them, and it is carried as it is."""

FILES: Final = frozenset({FileMode.BLOB, FileMode.BLOB_EXECUTABLE})


class Join(Struct, dict=True):
    """Joins trees of one repository.

    Args:
        objects: where they are read and written.
        format: which file follows which rule.
        base: gives the tree of the merge base, asked only for opaque files that differ.
    """

    objects: Objects
    format: Format
    base: Callable[[], pygit2.Oid | None] = lambda: None
    conflicts: list[Conflict] = field(default_factory=list)
    blobs_read: int = 0

    def __post_init__(self) -> None:
        self.reader = Reader(self.format)
        self.repository = self.objects.repository

    def trees(self, one: pygit2.Oid, other: pygit2.Oid, folder: str = "") -> pygit2.Oid:
        """The id of the united tree."""
        if one == other:
            return one
        head, ours, theirs, tail = apart(self.repository, one, other)
        united = {
            name: self._entry(f"{folder}{name}", ours.get(name), theirs.get(name))
            for name in {**ours, **theirs}
        }
        if united == ours:
            return one
        if united == theirs:
            return other
        return self.objects.tree(head + tree_bytes(united) + tail)

    def _entry(self, path: str, ours: Entry | None, theirs: Entry | None) -> Entry:
        if ours is None or theirs is None:
            present = ours or theirs
            assert present
            return present
        if ours == theirs:
            return ours
        if ours[1] == theirs[1] == FileMode.TREE:
            if is_too_deep(path):
                return self._changed(path, ours, theirs)
            one, other = pygit2.Oid(hex=ours[0]), pygit2.Oid(hex=theirs[0])
            return str(self.trees(one, other, f"{path}/")), FileMode.TREE
        rule = self.format.rule(path)
        if rule is MergeRule.OPAQUE:
            return self._opaque(path, ours, theirs)
        files = [entry for entry in (ours, theirs) if entry[1] in FILES]
        if len(files) < 2:
            # Something that is no file took the place of a log: the log stays.
            return files[0] if files else self._opaque(path, ours, theirs)
        if ours[0] == theirs[0]:
            return ours[0], FileMode.BLOB
        blob = self._united(path, rule, self._read(ours[0]), self._read(theirs[0]))
        return str(self.objects.blob(blob)), FileMode.BLOB

    def _united(self, path: str, rule: MergeRule, one: bytes, other: bytes) -> bytes:
        if rule is MergeRule.LINES:
            return normal(path, (one, other), self.reader, self.conflicts)
        if rule is MergeRule.ROWS:
            return normal_rows((one, other), self.reader)
        return newer(one, other, self.reader)

    def _opaque(self, path: str, ours: Entry, theirs: Entry) -> Entry:
        if FileMode.TREE in (ours[1], theirs[1]):
            # A file that took the place of "messages" would take every log inside with it.
            return ours if ours[1] == FileMode.TREE else theirs
        return self._changed(path, ours, theirs)

    def _changed(self, path: str, ours: Entry, theirs: Entry) -> Entry:
        """The side that changed it since the merge base; of two that did the larger entry."""
        base = self.base()
        before = entry_at(self.repository, base, path) if base else None
        if before == ours:
            return theirs
        if before == theirs:
            return ours
        return max(ours, theirs)

    def _read(self, id: str) -> bytes:
        self.blobs_read += 1
        blob = self.repository[id]
        assert isinstance(blob, pygit2.Blob)
        return blob.data


def is_too_deep(path: str) -> bool:
    """Whether what a folder holds is not looked at."""
    return path.rstrip("/").count("/") >= MOST_FOLDERS


def tree_bytes(united: Mapping[str, Entry]) -> bytes:
    """A tree object: mode, name, NUL, id for each entry, folders sorted as if they ended in "/".

    Written by hand because libgit2's builder refuses names that are no UTF-8, which git allows;
    one such file on the remote must not end all exchange.
    """

    rows = []
    for name, (id, mode) in united.items():
        raw = os.fsencode(name)
        rows.append((raw + b"/" if mode == FileMode.TREE else raw, raw, mode, id))
    rows.sort()
    return b"".join([b"%o %s\0%s" % (mode, raw, bytes.fromhex(id)) for _, raw, mode, id in rows])


def entries(repository: pygit2.Repository, tree: pygit2.Oid | str) -> dict[str, Entry]:
    """Name to entry of one tree."""
    found = repository[tree]
    assert isinstance(found, pygit2.Tree)
    return {each.name: (str(each.id), each.filemode) for each in found if each.name is not None}


def apart(
    repository: pygit2.Repository, one: pygit2.Oid, other: pygit2.Oid
) -> tuple[bytes, dict[str, Entry], dict[str, Entry], bytes]:
    """The entries of two trees; of large ones less those at both ends that are the same.

    These come as bytes, before the others and after them.
    """
    (kind, mine), (other_kind, yours) = repository.read(one), repository.read(other)
    if max(len(mine), len(yours)) > MOST_PARSED and kind == other_kind == ObjectType.TREE:
        found = Apart.of(mine, yours)
        if found is not None:
            return found.head, parsed(found.one), parsed(found.other), found.tail
    return b"", entries(repository, one), entries(repository, other), b""


def differing(
    repository: pygit2.Repository, old: pygit2.Oid | None, new: pygit2.Oid
) -> tuple[dict[str, Entry], dict[str, Entry]]:
    """The entries of two trees, of large ones at least those that differ."""
    if old is None:
        return {}, entries(repository, new)
    _, before, now, _ = apart(repository, old, new)
    return before, now


def entry_at(repository: pygit2.Repository, tree: pygit2.Oid | str, path: str) -> Entry | None:
    """The entry at a path, if there is one."""
    found = repository[tree]
    assert isinstance(found, pygit2.Tree)
    try:
        each = found[path]
    except KeyError:
        return None
    return str(each.id), each.filemode


class Folders:
    """The entries of one tree by path; each folder is read once, however often it is asked.

    libgit2 keeps no tree of more than 4 kB in memory, and a long history's folder is larger.
    """

    def __init__(self, repository: pygit2.Repository, tree: pygit2.Oid) -> None:
        root = repository[tree]
        assert isinstance(root, pygit2.Tree)
        self._read: dict[str, pygit2.Tree | None] = {"": root}

    def entry(self, path: str) -> Entry | None:
        """The entry at a path at most one folder deep, if there is one."""
        folder, _, name = path.rpartition("/")
        if folder not in self._read:
            found = self._of(self._read[""], folder)
            self._read[folder] = found if isinstance(found, pygit2.Tree) else None
        found = self._of(self._read[folder], name)
        return (str(found.id), found.filemode) if found is not None else None

    @staticmethod
    def _of(tree: pygit2.Tree | None, name: str) -> pygit2.Object | None:
        return tree[name] if tree is not None and name in tree else None


def changed_files(
    repository: pygit2.Repository, old: pygit2.Oid | None, new: pygit2.Oid, folder: str = ""
) -> Iterator[tuple[str, str | None, str]]:
    """Path, old blob (None: new file) and new blob of every file that is not the same.

    Files in too many folders are left out.
    """
    if old == new:
        return
    before, now = differing(repository, old, new)
    for name, (id, mode) in sorted(now.items()):
        was = before.get(name)
        if was == (id, mode):
            continue
        path = f"{folder}{name}"
        if mode == FileMode.TREE:
            if is_too_deep(path):
                continue
            inner = pygit2.Oid(hex=was[0]) if was and was[1] == FileMode.TREE else None
            yield from changed_files(repository, inner, pygit2.Oid(hex=id), f"{path}/")
        elif mode in FILES:
            yield path, was[0] if was and was[1] in FILES else None, id
