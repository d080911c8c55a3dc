"""A file that belongs to somebody else, read and replaced with care.

What is in the way of that (no permission, no text, a link that leads nowhere) is an `Obstacle`: the
file is left alone and named, and the other files are gone on with.
"""

from __future__ import annotations

import errno
import glob
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thrum import atomic, platform
from thrum.errors import ThrumError

LARGEST: Final = 16 * 1_048_576
"""Bytes beyond which a file is no configuration any more."""

_BOM: Final = "\ufeff"
_ENDING: Final = ".thrum-tmp"


class Obstacle(ThrumError):
    """Why a file is left as it is."""

    def __init__(self, path: Path, why: str, hint: str = "") -> None:
        super().__init__("setup", f"{path}: {why}", hint or "nothing was changed in it")
        self.path = path
        self.why = why


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file as it was found.

    Attributes:
        path: where it really is, behind links.
        raw: its bytes; None where there is no file.
        mode: its permission bits.
    """

    path: Path
    raw: bytes | None
    mode: int

    @property
    def text(self) -> str:
        """Its text without the mark of its encoding; empty where there is no file."""
        return (self.raw or b"").decode().removeprefix(_BOM)

    def encoded(self, text: str) -> bytes:
        """The bytes of a new text, in the encoding of the old one."""
        has_bom = (self.raw or b"").startswith(_BOM.encode())
        return (_BOM * has_bom + text).encode()


def read(path: Path, new_mode: int = 0o644) -> Foreign:
    """The file, or the fact that there is none.

    Args:
        path: may be a link.
        new_mode: the permission bits that a new file would get.

    Raises:
        Obstacle: it cannot be read or replaced as a text file.
    """
    try:
        if path.is_symlink() and not path.exists():
            raise Obstacle(path, "is a link that leads nowhere", "mend or remove the link")
        real = path.resolve()
        handle = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except FileNotFoundError:
        return Foreign(real, None, new_mode)
    except (OSError, RuntimeError) as error:
        raise Obstacle(path, _words(error)) from error
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise Obstacle(path, "is no regular file")
        if about.st_size > LARGEST:
            raise Obstacle(path, f"has more than {LARGEST:,} bytes")
        with os.fdopen(handle, "rb", closefd=False) as file:
            found = Foreign(real, file.read(), stat.S_IMODE(about.st_mode))
    finally:
        os.close(handle)
    try:
        found.text  # noqa: B018 - decoding is the question
    except UnicodeDecodeError:
        raise Obstacle(path, "is no UTF-8 text") from None
    if not about.st_mode & stat.S_IWUSR:
        raise Obstacle(path, "is read-only", f"allow it with: chmod u+w {path}")
    return found


def replace(before: Foreign, raw: bytes | None) -> None:
    """Puts new bytes in place of those that were read, or takes the file away.

    Raises:
        Obstacle: somebody has changed the file meanwhile, or the system refuses.
    """
    path = before.path
    try:
        for folder in missing_folders(path) if raw is not None else ():
            folder.mkdir(mode=0o755, exist_ok=True)
        if _bytes(path) != before.raw:
            raise Obstacle(path, "was changed by somebody meanwhile", "run it again")
        if raw is None:
            path.unlink()
            atomic.sync_directory(path.parent)
        else:
            _put(path, raw, before.mode)
    except OSError as error:
        raise Obstacle(path, _words(error)) from error


def sweep(path: Path) -> None:
    """Takes away what a killed process left beside a file; nobody else may be at it.

    Raises:
        Obstacle: the system refuses.
    """
    try:
        for each in path.parent.glob(f".{glob.escape(path.name)}.*{_ENDING}"):
            each.unlink(missing_ok=True)
    except OSError as error:
        raise Obstacle(path, _words(error)) from error


def missing_folders(path: Path) -> list[Path]:
    """The folders that have to be made for a file, the outermost first."""
    return [each for each in reversed(path.parents) if not each.exists()]


def _put(path: Path, raw: bytes, mode: int) -> None:
    beside = path.with_name(f".{path.name}.{os.urandom(4).hex()}{_ENDING}")
    handle = os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fchmod(handle, mode)
            platform.sync(handle)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    atomic.sync_directory(path.parent)


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _words(error: OSError | RuntimeError) -> str:
    number = getattr(error, "errno", None)
    if number in {errno.EACCES, errno.EPERM}:
        return "may not be touched by you"
    if number == errno.EROFS:
        return "is on a file system that takes no writes"
    return (os.strerror(number) if number else str(error)).lower()
