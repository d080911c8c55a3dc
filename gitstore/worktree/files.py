"""Files that others write to as well: found, locked with flock(2), read and written."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

PATIENCE_S: Final = 1.0
DEEPEST: Final = 4
"""Folders within each other that are looked into."""

Signature = tuple[int, ...]


class Patience(Struct, dict=True):
    """How long files that others have locked are waited for, all of them together.

    Args:
        sleep: waits that many seconds.
        left_s: seconds that are left.
    """

    sleep: Callable[[float], None]
    left_s: float = PATIENCE_S

    def renew(self) -> None:
        """From now on it is the whole time again."""
        self.left_s = PATIENCE_S

    @contextmanager
    def locked(self, file: Path, how: int) -> Iterator[int]:
        """The open file, held with flock(2) as older programs hold it.

        Raises:
            OSError: it is no plain file, or somebody else does not let go of it.
        """
        while True:
            handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
            try:
                fcntl.flock(handle, how | fcntl.LOCK_NB)
                if os.path.samestat(os.fstat(handle), file.lstat()):
                    break
            except BlockingIOError:
                if self.left_s <= 0:
                    os.close(handle)
                    raise
            except BaseException:
                os.close(handle)
                raise
            os.close(handle)
            self.sleep(0.01)
            self.left_s -= 0.01
        try:
            yield handle
        finally:
            os.close(handle)


def free(path: Path) -> Path:
    """The path, or the first with a number behind it that is not taken."""
    number = 1
    found = path
    while os.path.lexists(found):
        number += 1
        found = path.with_name(f"{path.name}.{number}")
    return found


def walk(folder: Path, prefix: str = "", *, everything: bool = False) -> Iterator[tuple[str, Path]]:
    """Path and place of every plain file below a folder; with `everything` also what is no file.

    Links are not followed.
    """
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        for each in sorted(found, key=lambda one: one.name):
            path = f"{prefix}{each.name}"
            if each.is_dir(follow_symlinks=False) and path.count("/") < DEEPEST:
                yield from walk(Path(each.path), f"{path}/", everything=everything)
            elif everything or each.is_file(follow_symlinks=False):
                yield path, Path(each.path)


def signature_of(found: os.stat_result) -> Signature:
    """What tells that a file is unchanged."""
    return (found.st_ino, found.st_size, found.st_mtime_ns)


def stat_of(file: Path) -> os.stat_result | None:
    """The stat of what stands there, a link's its own; None if nothing does."""
    try:
        return file.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def read(file: Path) -> bytes:
    """All bytes of a file that is no link.

    Raises:
        OSError: it cannot be read.
    """
    handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        return read_all(handle)
    finally:
        os.close(handle)


def read_all(handle: int) -> bytes:
    """All bytes of an open file."""
    with os.fdopen(handle, "rb", closefd=False) as file:
        return file.read()


def write_all(handle: int, data: bytes) -> None:
    """Writes all of it.

    Raises:
        OSError: the disk refuses.
    """
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
