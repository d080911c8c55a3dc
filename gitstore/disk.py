"""The disk calls of journal and refs, handed in so that a simulator can cut the power."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Protocol

PRIVATE: Final = 0o600


class Disk(Protocol):
    """What a durable file needs of the operating system. Every method raises `OSError`."""

    def read(self, path: Path) -> bytes:
        """The whole file."""
        ...

    def open_append(self, path: Path) -> int:
        """A descriptor whose writes go to the end; the file is made with mode 0600."""
        ...

    def create(self, path: Path, data: bytes, mode: int = PRIVATE) -> None:
        """Makes a new file with these bytes and syncs it; fails if it exists."""
        ...

    def append(self, handle: int, data: bytes) -> None:
        """Writes all the bytes."""
        ...

    def sync(self, handle: int) -> None:
        """Returns when the bytes are durable."""
        ...

    def truncate(self, handle: int, length: int) -> None:
        """Cuts the file to that length."""
        ...

    def close(self, handle: int) -> None:
        """Gives the descriptor back."""
        ...

    def replace(self, source: Path, target: Path) -> None:
        """Renames over the target and syncs the directory."""
        ...

    def remove(self, path: Path) -> None:
        """Deletes the file."""
        ...


class OsDisk:
    """The real one."""

    # fdatasync is absent on macOS, where fsync is the next best that is not F_FULLFSYNC.
    _datasync = staticmethod(getattr(os, "fdatasync", os.fsync))

    def read(self, path: Path) -> bytes:
        """See `Disk`."""
        return path.read_bytes()

    def open_append(self, path: Path) -> int:
        """See `Disk`."""
        return os.open(path, os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, PRIVATE)

    def create(self, path: Path, data: bytes, mode: int = PRIVATE) -> None:
        """See `Disk`."""
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, mode)
        try:
            self.append(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)

    def append(self, handle: int, data: bytes) -> None:
        """See `Disk`."""
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]

    def sync(self, handle: int) -> None:
        """See `Disk`."""
        self._datasync(handle)

    def truncate(self, handle: int, length: int) -> None:
        """See `Disk`."""
        os.ftruncate(handle, length)

    def close(self, handle: int) -> None:
        """See `Disk`."""
        os.close(handle)

    def replace(self, source: Path, target: Path) -> None:
        """See `Disk`."""
        source.replace(target)
        directory = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def remove(self, path: Path) -> None:
        """See `Disk`."""
        path.unlink()
