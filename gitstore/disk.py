"""The disk calls of journal and refs, handed in so that a simulator can cut the power."""

from __future__ import annotations

import fcntl
import itertools
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from gitstore import durable

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

    def settle(self, path: Path) -> None:
        """Returns when a file that somebody else wrote or renamed is durable, bytes and name.

        A process that was killed may have synced neither, and whoever comes after it sees no sign.
        """
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

    def claim(self, path: Path, data: bytes) -> int:
        """Makes a new file with these bytes and holds it until the descriptor is closed.

        Whoever sees the file sees its bytes, and sees it held while this process lives; neither
        is durable. Fails if the file exists.
        """
        ...

    def remove_unheld(self, path: Path, dead: Callable[[bytes, float], bool]) -> bool:
        """Deletes a file that nobody holds if `dead` says so; whether it did.

        Args:
            path: a file that `claim` made, or somebody else's.
            dead: is given the file's bytes and its age in seconds. The bytes are empty where
                nobody can tell whether the file is held.
        """
        ...

    def sweep(self, path: Path) -> None:
        """Deletes what a `claim` of that path left beside it when its process was killed."""
        ...


class OsDisk:
    """The real one."""

    _numbers = itertools.count()

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
            durable.sync(handle)
        finally:
            os.close(handle)

    def append(self, handle: int, data: bytes) -> None:
        """See `Disk`."""
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]

    def sync(self, handle: int) -> None:
        """See `Disk`."""
        durable.sync_data(handle)

    def settle(self, path: Path) -> None:
        """See `Disk`."""
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            durable.sync(handle)
        finally:
            os.close(handle)
        durable.sync_folder(path.parent)

    def truncate(self, handle: int, length: int) -> None:
        """See `Disk`."""
        os.ftruncate(handle, length)

    def close(self, handle: int) -> None:
        """See `Disk`."""
        os.close(handle)

    def replace(self, source: Path, target: Path) -> None:
        """See `Disk`."""
        source.replace(target)
        durable.sync_folder(target.parent)

    def remove(self, path: Path) -> None:
        """See `Disk`."""
        path.unlink()

    def claim(self, path: Path, data: bytes) -> int:
        """See `Disk`. The hold is a flock(2), which ends with the process, whatever ends it.

        The file gets its bytes and its flock under another name, then the right one by link(2),
        which fails if the name is taken.
        """
        while True:
            beside = path.with_name(f".{path.stem}.{os.getpid()}-{next(self._numbers)}.lock")
            try:
                handle = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644)
            except FileExistsError:
                continue  # of a process that is gone and had the same number
            try:
                self._hold(handle, data)
                self._give_name(beside, path)
            except FileNotFoundError:
                # Swept away by another process in the moment before it was held.
                os.close(handle)
                if not path.parent.exists():
                    raise
                continue
            except BaseException:
                os.close(handle)
                beside.unlink(missing_ok=True)
                raise
            beside.unlink(missing_ok=True)
            return handle

    def _hold(self, handle: int, data: bytes) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return  # no flock here: without its bytes the file tells nobody that it is ours
        self.append(handle, data)

    @staticmethod
    def _give_name(beside: Path, path: Path) -> None:
        try:
            os.link(beside, path)
        except (FileExistsError, FileNotFoundError):
            raise
        except OSError:
            # A file system without hard links. A rename would replace a file that is there, so
            # the name is taken first; killed in between, an empty file stays.
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644))
            try:
                beside.replace(path)
            except OSError:
                path.unlink(missing_ok=True)
                raise

    def remove_unheld(self, path: Path, dead: Callable[[bytes, float], bool]) -> bool:
        """See `Disk`. What is removed is held meanwhile, so a fresh file is never hit."""
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return False  # gone, or not ours to open: it counts as held
        try:
            known = _take(handle)
            if known is None:
                return False
            found = os.fstat(handle)
            data = os.read(handle, 4096) if known else b""
            if not dead(data, time.time() - found.st_mtime):
                return False
            with suppress(FileNotFoundError):
                if os.path.samestat(found, path.lstat()):
                    path.unlink()
                    return True
            return False
        finally:
            os.close(handle)

    def sweep(self, path: Path) -> None:
        """See `Disk`."""
        for beside in path.parent.glob(f".{path.stem}.*-*.lock"):
            self.remove_unheld(beside, lambda _data, _age: True)


def _take(handle: int) -> bool | None:
    """Tries to hold an open file: whether that worked, None if somebody else holds it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return None
    except OSError:
        return False
    return True
