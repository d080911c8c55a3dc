"""A disk whose power can be cut between any two calls, and which then loses what was not synced.

When only the process is killed, everything is there for the next one, and still not synced.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gitstore.disk import PRIVATE, OsDisk


class PowerCut(BaseException):
    """The node stopped in the middle of something: the power went, or its process was killed.

    No `Exception`: nothing may handle it.
    """


@dataclass
class _Rename:
    source: Path
    before: bytes | None


@dataclass
class Cache:
    """What the disk does not have yet. It outlives a process that is killed, not a power cut.

    Attributes:
        sizes: of files with bytes that are not synced, how many are.
        fresh: files whose names are not durable.
        renames: those that are not durable, by the file that was replaced.
    """

    sizes: dict[Path, int] = field(default_factory=dict)
    fresh: dict[Path, None] = field(default_factory=dict)
    renames: dict[Path, _Rename] = field(default_factory=dict)

    def names_are_synced(self, folder: Path) -> None:
        """The directory was synced."""
        for names in (self.fresh, self.renames):
            for path in [path for path in names if path.parent == folder]:
                del names[path]


@dataclass
class SimDisk(OsDisk):
    """The disk of one node.

    What is synced is not really synced: the files live until the test is over.

    Args:
        step: told of the name of each moment at which the power may go; raises `PowerCut` then.
        cache: what earlier processes wrote since the power went last.
    """

    step: Callable[[str], None]
    cache: Cache = field(default_factory=Cache)
    _open: dict[int, Path] = field(default_factory=dict)
    _held: set[int] = field(default_factory=set)

    def open_append(self, path: Path) -> int:
        """See `Disk`."""
        handle = super().open_append(path)
        self._open[handle] = path
        return handle

    def create(self, path: Path, data: bytes, mode: int = PRIVATE) -> None:
        """See `Disk`. The bytes are durable, the name is not before its directory is."""
        self.step("create")
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode)
        try:
            super().append(handle, data)
        finally:
            os.close(handle)
        self.cache.fresh[path] = None
        self.step("created")

    def append(self, handle: int, data: bytes) -> None:
        """See `Disk`."""
        if handle not in self._open:
            super().append(handle, data)
            return
        self.step("write")
        self.cache.sizes.setdefault(self._open[handle], os.fstat(handle).st_size)
        super().append(handle, data)
        self.step("written")

    def sync(self, handle: int) -> None:
        """See `Disk`."""
        self.step("sync")
        self.cache.sizes.pop(self._open[handle], None)
        self.step("synced")

    def settle(self, path: Path) -> None:
        """See `Disk`."""
        self.step("settle")
        path.stat()
        self.cache.sizes.pop(path, None)
        self.cache.names_are_synced(path.parent)

    def truncate(self, handle: int, length: int) -> None:
        """See `Disk`."""
        super().truncate(handle, length)
        sizes, path = self.cache.sizes, self._open[handle]
        sizes[path] = min(sizes.get(path, length), length)

    def close(self, handle: int) -> None:
        """See `Disk`."""
        self._open.pop(handle, None)
        self._held.discard(handle)
        super().close(handle)

    def replace(self, source: Path, target: Path) -> None:
        """See `Disk`. Until the directory is synced a crash may undo it."""
        self.step("rename")
        before = target.read_bytes() if target.exists() else None
        source.replace(target)
        self.cache.fresh.pop(source, None)
        # Of several in a row that were not synced, what was there before the first may come back.
        self.cache.renames.setdefault(target, _Rename(source, before))
        self.cache.sizes.pop(target, None)
        self.step("renamed")
        self.cache.names_are_synced(target.parent)
        self.step("rename synced")

    def remove(self, path: Path) -> None:
        """See `Disk`."""
        self.step("remove")
        super().remove(path)
        self.cache.fresh.pop(path, None)

    def claim(self, path: Path, data: bytes) -> int:
        """See `Disk`."""
        handle = super().claim(path, data)
        self._held.add(handle)
        self.step("claimed")
        return handle

    def hang_up(self) -> None:
        """Closes what the node that is gone had open."""
        for handle in [*self._open, *self._held]:
            os.close(handle)
        self._open.clear()
        self._held.clear()

    def image(self, root: Path, aside: Path, chance: random.Random) -> None:
        """Copies the node's folder as it would be found after the power went at this moment."""
        shutil.copytree(root, aside, symlinks=True)

        def there(path: Path) -> Path:
            return aside / path.relative_to(root)

        for path, durable in self.cache.sizes.items():
            _lose(there(path), durable, chance)
        for target, rename in self.cache.renames.items():
            if chance.random() < 0.5:
                _undo(there(target), there(rename.source), rename.before)
        for path in self.cache.fresh:
            if there(path).exists() and chance.random() < 0.5:
                there(path).unlink()
        for index in aside.rglob("*.db-shm"):
            index.unlink()
        for wal in aside.rglob("*.db-wal"):
            # Commits are synced at checkpoints only, so a crash may take the last of them.
            if chance.random() < 0.5:
                os.truncate(wal, chance.randint(0, wal.stat().st_size))


def _undo(target: Path, source: Path, before: bytes | None) -> None:
    """A rename has not happened."""
    if not target.exists():
        return
    target.replace(source)
    if before is not None:
        target.write_bytes(before)


def _lose(path: Path, durable: int, chance: random.Random) -> None:
    """Of what was not synced, any part may be missing or, being reordered, a hole."""
    if not path.exists():
        return
    size = path.stat().st_size
    if size <= durable:
        return
    kept = chance.randint(durable, size)
    os.truncate(path, kept)
    if kept > durable and chance.random() < 0.5:
        start = chance.randint(durable, kept - 1)
        end = chance.randint(start + 1, kept)
        with path.open("r+b") as handle:
            handle.seek(start)
            handle.write(bytes(end - start))
