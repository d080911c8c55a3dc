"""Unpacking an archive that anybody may have made: only what its manifest names, and in bounds."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from pathlib import Path
from typing import IO, Final

from thrum import small_file
from thrum.backup import manifest
from thrum.errors import ThrumError
from thrum.paths import PRIVATE_DIRECTORY, PRIVATE_FILE

LARGEST_FILE: Final = 2 * 1024**3
LARGEST: Final = 16 * 1024**3
MOST_FILES: Final = 1_000_000
_LONGEST_NAME: Final = 1_024
_REFUSED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""What is raised for what is no archive, or no file at all."""
_CHUNK: Final = 1 << 20


def unpack(archive: Path, folder: Path) -> None:
    """Unpacks an archive into an empty folder.

    Raises:
        ThrumError: ``not_found``, there is none; ``storage``, it is no archive, is cut off, or
            would put something elsewhere or without bound. What was unpacked by then stays.
    """
    try:
        with small_file.opened(archive) as file, zipfile.ZipFile(file) as packed:
            _unpack(packed, folder)
    except FileNotFoundError:
        text = f"backup source not found: {archive}"
        raise ThrumError("not_found", text, "`thrum backup status` says what there is") from None
    except _REFUSED as error:
        raise ThrumError("storage", f"{archive} is damaged, or no archive: {error}") from None
    except OSError as error:
        text = f"{archive} cannot be unpacked: {error.strerror or error}"
        raise ThrumError("storage", text) from None


def _unpack(packed: zipfile.ZipFile, folder: Path) -> None:
    members = packed.infolist()
    if len(members) > MOST_FILES:
        raise ThrumError("storage", f"the archive has more than {MOST_FILES:,} files")
    seen: set[str] = set()
    left = LARGEST
    for member in members:
        _check(member, seen)
        seen.add(member.filename)
        if member.is_dir():
            continue
        target = folder / member.filename
        target.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_DIRECTORY)
        handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE)
        with packed.open(member) as source, os.fdopen(handle, "wb") as copy:
            left -= _copied(source, copy, min(member.file_size, LARGEST_FILE, left), member)
    if manifest.FILE not in seen:
        raise ThrumError("storage", f"the archive has no {manifest.FILE}")


def _check(member: zipfile.ZipInfo, seen: set[str]) -> None:
    name = member.filename
    parts = name.rstrip("/").split("/")
    is_odd = name.startswith("/") or "\\" in name or not name.isprintable()
    if is_odd or len(name) > _LONGEST_NAME or any(part in {"", ".", ".."} for part in parts):
        raise ThrumError("storage", f"illegal file path in zip: {name[:200]!r}")
    if name in seen:
        raise ThrumError("storage", f"the archive has {name!r} twice")
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise ThrumError("storage", f"{name!r} is no plain file")
    if member.flag_bits & 0x1:
        raise ThrumError("storage", f"{name!r} is encrypted")


def _copied(source: IO[bytes], copy: IO[bytes], most: int, member: zipfile.ZipInfo) -> int:
    """Copies what the archive says that there is, and never more."""
    size = 0
    while chunk := source.read(_CHUNK):
        size += len(chunk)
        if size > most:
            text = f"{member.filename!r} is larger than it says, or than may be"
            raise ThrumError("storage", text)
        copy.write(chunk)
    return size
