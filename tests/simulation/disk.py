"""A disk whose power can be cut between any two calls, and which then loses what was not synced."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gitstore.disk import PRIVATE, OsDisk


class PowerCut(BaseException):
    """The node stopped in the middle of something. No `Exception`: nothing may handle it."""


@dataclass
class _File:
    path: Path
    durable: int


@dataclass
class _Rename:
    source: Path
    target: Path
    before: bytes | None


@dataclass
class SimDisk(OsDisk):
    """The disk of one node.

    What is synced is not really synced: the files live until the test is over.

    Args:
        step: told of the name of each moment at which the power may go; raises `PowerCut` then.
    """

    step: Callable[[str], None]
    _open: dict[int, _File] = field(default_factory=dict)
    _held: set[int] = field(default_factory=set)
    _fresh: dict[Path, None] = field(default_factory=dict)
    _rename: _Rename | None = None

    def open_append(self, path: Path) -> int:
        """See `Disk`. What stands in the file at that moment counts as durable."""
        handle = super().open_append(path)
        self._open[handle] = _File(path, os.fstat(handle).st_size)
        return handle

    def create(self, path: Path, data: bytes, mode: int = PRIVATE) -> None:
        """See `Disk`. The bytes are durable, the name is not before its directory is."""
        self.step("create")
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode)
        try:
            super().append(handle, data)
        finally:
            os.close(handle)
        self._fresh[path] = None
        self.step("created")

    def append(self, handle: int, data: bytes) -> None:
        """See `Disk`."""
        if handle not in self._open:
            super().append(handle, data)
            return
        self.step("write")
        super().append(handle, data)
        self.step("written")

    def sync(self, handle: int) -> None:
        """See `Disk`."""
        self.step("sync")
        self._open[handle].durable = os.fstat(handle).st_size
        self.step("synced")

    def truncate(self, handle: int, length: int) -> None:
        """See `Disk`."""
        super().truncate(handle, length)
        file = self._open[handle]
        file.durable = min(file.durable, length)

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
        self._rename = _Rename(source, target, before)
        self.step("renamed")
        self._rename = None
        self._fresh.pop(source, None)
        self.step("rename synced")

    def remove(self, path: Path) -> None:
        """See `Disk`."""
        self.step("remove")
        super().remove(path)
        self._fresh.pop(path, None)

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

        if self._rename and chance.random() < 0.5:
            self._undo(self._rename, there)
        for path in self._fresh:
            if there(path).exists() and chance.random() < 0.5:
                there(path).unlink()
        for file in self._open.values():
            _lose(there(file.path), file.durable, chance)
        for index in aside.rglob("*.db-shm"):
            index.unlink()
        for wal in aside.rglob("*.db-wal"):
            # Commits are synced at checkpoints only, so a crash may take the last of them.
            if chance.random() < 0.5:
                os.truncate(wal, chance.randint(0, wal.stat().st_size))

    @staticmethod
    def _undo(rename: _Rename, there: Callable[[Path], Path]) -> None:
        new = there(rename.target).read_bytes()
        there(rename.source).write_bytes(new)
        if rename.before is None:
            there(rename.target).unlink()
        else:
            there(rename.target).write_bytes(rename.before)


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
