"""Packing our own objects, so that nobody has to run ``git gc`` for the log.

Every commit leaves a handful of loose objects: the commit, two trees, and the whole of each open
segment. Once in a while those that are reachable from the branch are written as one pack, where a
segment is a small delta to its predecessor, and the loose copies are dropped. When small packs of
ours grow in number they are folded into one. Only objects reachable from the branch are touched,
a copy is dropped only after the pack that holds it is durable, and somebody else's gc may do the
same work at the same time.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import struct
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pygit2
from msgspec import Struct
from pygit2.enums import FileMode
from pygit2.errors import check_error
from pygit2.ffi import C, ffi

from gitstore import durable
from gitstore.merge import entries, is_too_deep
from gitstore.ref import common_directory
from gitstore.sharing import Sharing

FOLD_AT: Final = 8
"""Small packs that are folded into one."""

WRITING: Final = "packing-"
"""How the folders begin in which packs are written. Not with "tmp_": newer gits remove those in a
``git prune --expire=now`` while we write."""

LONGEST_WRITE_S: Final = 24 * 3600.0
"""After so long nobody still writes a pack, where no lock tells."""

NO_LOCKS: Final = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""How a file system says that it keeps no locks."""

LARGEST_FOLDED: Final = 64_000_000
"""Bytes from which a pack is left alone for good."""


@contextmanager
def _held(folder: Path, in_use_until: float | None = None) -> Iterator[None]:
    """Holds a folder with flock(2), as long as its process lives; the kernel lets go of it then.

    A file system without locks leaves it unheld: then only its age says whether it is in use.

    Args:
        folder: what is held.
        in_use_until: without locks, a folder that changed later may be in use.

    Raises:
        BlockingIOError: somebody else holds it, or may do so.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            if in_use_until is not None and os.fstat(handle).st_mtime > in_use_until:
                raise BlockingIOError(error.errno, f"{folder} may be in use") from error
        yield
    finally:
        os.close(handle)


class NamedPack(pygit2.packbuilder.PackBuilder):
    """A pack whose objects have names, by which libgit2 finds what is worth a delta."""

    def add_named(self, id: pygit2.Oid, name: str) -> None:
        """Adds an object; versions of one file have one name."""
        oid = ffi.new("git_oid *")
        ffi.buffer(oid)[:] = id.raw
        check_error(C.git_packbuilder_insert(self._packbuilder, oid, os.fsencode(name)))


class Packing(Struct, dict=True):
    """Packs the objects of one branch.

    Args:
        repository: whose objects.
        ref: the branch's full name.
        known: a file with the names of the packs that were made here, one per line.
    """

    repository: pygit2.Repository
    ref: str
    known: Path

    def __post_init__(self) -> None:
        self.objects = common_directory(self.repository) / "objects"

    def pack(self, tip: str) -> int:
        """Packs what is loose and reachable from the commit; how many objects."""
        found = dict(self._loose(tip))
        if not found:
            return 0
        self._write(found)
        for id in found:
            self.loose_path(id).unlink(missing_ok=True)
        self._fold()
        return len(found)

    def loose_commits(self, tip: str, most: int) -> int:
        """How many commits from the tip on are loose, counted up to `most`."""
        count = 0
        for commit in self.repository.walk(pygit2.Oid(hex=tip)):
            if count >= most or not self._is_loose(str(commit.id)):
                break
            count += 1
        return count

    def sweep(self) -> None:
        """Removes the folders of packs that were being written when the process was killed."""
        for folder in (self.objects / "pack").glob(f"{WRITING}*"):
            old = time.time() - LONGEST_WRITE_S
            with suppress(BlockingIOError, FileNotFoundError), _held(folder, old):
                shutil.rmtree(folder)

    def without(self, ids: set[str]) -> Iterator[Path]:
        """Writes our packs that hold one of these objects anew, without them; the packs of others.

        Raises:
            OSError: the disk refuses.
        """
        ours = self._names()
        for name in ours:
            # Whoever did this before was killed when it had no index any more.
            if not (self.objects / "pack" / f"{name}.idx").exists():
                (self.objects / "pack" / f"{name}.pack").unlink(missing_ok=True)
        for index in sorted((self.objects / "pack").glob("*.idx")):
            held = list(indexed(index))
            if ids.isdisjoint(held):
                continue
            if index.stem not in ours:
                yield index.with_suffix(".pack")
                continue
            rest = {id: "" for id in held if id not in ids}
            if rest:
                self._write(rest)
            index.unlink(missing_ok=True)
            index.with_suffix(".pack").unlink(missing_ok=True)
            self._note([name for name in self._names() if name != index.stem])

    def loose_path(self, id: str) -> Path:
        """Where a loose object is, if it is one."""
        return self.objects / id[:2] / id[2:]

    def _is_loose(self, id: str) -> bool:
        return self.loose_path(id).exists()

    def _loose(self, tip: str) -> Iterator[tuple[str, str]]:
        """Loose objects and their names, newest commit first.

        The walk ends at commits that are packed, so its cost follows what is new.
        """
        seen: set[str] = set()
        waiting = [tip]
        while waiting:
            id = waiting.pop(0)
            if id in seen or not self._is_loose(id):
                continue
            seen.add(id)
            yield id, ""
            commit = self.repository[id].peel(pygit2.Commit)
            yield from self._loose_tree(str(commit.tree_id), "/", seen)
            waiting += [str(parent) for parent in commit.parent_ids]

    def _loose_tree(self, id: str, path: str, seen: set[str]) -> Iterator[tuple[str, str]]:
        if id in seen or not self._is_loose(id) or is_too_deep(path):
            return
        seen.add(id)
        yield id, path
        for name, (inner, mode) in entries(self.repository, id).items():
            if mode == FileMode.TREE:
                yield from self._loose_tree(inner, f"{path}{name}/", seen)
            elif inner not in seen and mode != FileMode.COMMIT and self._is_loose(inner):
                seen.add(inner)
                yield inner, f"{path}{name}"

    def _write(self, found: dict[str, str]) -> str:
        """Writes a durable pack with its index; the pack's name without suffix.

        It is written in a folder of the store, which may be a file system of its own, and moved
        out, the index last, for an index tells everybody that the pack is there. An equal pack that
        is there already stays. Its name is noted before, so that one without an index, after a kill
        in between, is found and goes with the next fold.
        """
        pack = NamedPack(self.repository)
        pack.set_threads(1)
        for id, name in found.items():
            pack.add_named(pygit2.Oid(hex=id), name)
        packs = self.objects / "pack"
        with tempfile.TemporaryDirectory(prefix=WRITING, dir=packs) as beside, _held(Path(beside)):
            pack.write(beside)
            (index,) = Path(beside).glob("*.idx")
            self._note([*self._names(), index.stem])
            Sharing.of(self.repository).apply(index.with_suffix(".pack"), index)
            for path in (index.with_suffix(".pack"), index):
                target = packs / path.name
                if not target.exists():
                    path.rename(target)
            durable.sync_folder(packs)
            return index.stem

    def _names(self) -> list[str]:
        return self.known.read_text().split() if self.known.exists() else []

    def _note(self, names: list[str]) -> None:
        new = self.known.with_name(f"{self.known.name}.new")
        new.touch(mode=0o600)
        new.write_text("".join(f"{name}\n" for name in dict.fromkeys(names)))
        new.replace(self.known)

    def _fold(self) -> None:
        """Unites our small packs when there are many."""
        folder = self.objects / "pack"
        ours = [folder / f"{name}.pack" for name in self._names()]
        small = [path for path in ours if path.exists() and path.stat().st_size < LARGEST_FOLDED]
        if len(small) < FOLD_AT:
            return
        wanted = {id: "" for path in small for id in indexed(path.with_suffix(".idx"))}
        named = {id: name for id, name in self._reachable_names() if id in wanted}
        united = self._write(wanted | named)
        kept = [path.stem for path in ours if path.exists() and path not in small]
        for path in small:
            if path.stem != united:
                # The index goes first: without it nobody looks for the pack.
                path.with_suffix(".idx").unlink(missing_ok=True)
                path.unlink(missing_ok=True)
        self._note([*kept, united])

    def _reachable_names(self) -> Iterator[tuple[str, str]]:
        """Names of all trees and blobs of the branch, for good deltas."""
        tip = self.repository.references[self.ref].resolve().target
        seen: set[str] = set()
        for commit in self.repository.walk(pygit2.Oid(hex=str(tip))):
            yield from self._tree_names(str(commit.tree_id), "/", seen)

    def _tree_names(self, id: str, path: str, seen: set[str]) -> Iterator[tuple[str, str]]:
        if id in seen or is_too_deep(path):
            return
        seen.add(id)
        yield id, path
        for name, (inner, mode) in entries(self.repository, id).items():
            if mode == FileMode.TREE:
                yield from self._tree_names(inner, f"{path}{name}/", seen)
            elif inner not in seen:
                seen.add(inner)
                yield inner, f"{path}{name}"


def indexed(index: Path) -> Iterator[str]:
    """The ids in a pack's index of version 2 (gitformat-pack(5)): fan-out table, then ids."""
    try:
        data = index.read_bytes()
    except FileNotFoundError:
        return
    if data[:8] != b"\xfftOc\x00\x00\x00\x02":
        return
    (count,) = struct.unpack(">I", data[8 + 255 * 4 : 8 + 256 * 4])
    start = 8 + 256 * 4
    for place in range(start, start + count * 20, 20):
        yield data[place : place + 20].hex()
