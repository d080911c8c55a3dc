"""The manifest of a backup: what it holds, how much of it, and the checksum of every file.

`version`, `timestamp`, `thrum_version`, `repo_name` and `counts` are as older programs write them;
the rest is ours.
"""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path
from typing import Final

import msgspec

from thrum import small_file
from thrum.errors import ThrumError

FILE: Final = "manifest.json"
VERSION: Final = 1
_LARGEST: Final = 256 * 1024 * 1024
_CHUNK: Final = 1 << 20


class Counts(msgspec.Struct, omit_defaults=True):
    """How much there is: `events` are lines of the log, `messages` and `agents` rows."""

    events: int = 0
    message_files: int = 0
    local_tables: int = 0
    config_files: int = 0
    plugins: list[str] = msgspec.field(default_factory=list)
    messages: int = 0
    agents: int = 0


class Entry(msgspec.Struct, omit_defaults=True):
    """A file of the backup.

    Attributes:
        size: its bytes.
        sha256: their checksum, in hexadecimal.
        blob: the object of the branch that it is a copy of.
        lines: how many it has, where it is a file of the log.
    """

    size: int
    sha256: str
    blob: str = ""
    lines: int = 0

    def has_bytes_of(self, other: Entry) -> bool:
        """Whether both are of one content."""
        return (self.size, self.sha256) == (other.size, other.sha256)


class Manifest(msgspec.Struct, omit_defaults=True):
    """A backup.

    Attributes:
        timestamp: when it was taken (RFC 3339).
        daemon_id: of whom.
        repo_path: where that repository was.
        tip: the commit of the branch that is in the bundles.
        bundles: with which one comes to that commit, in their order.
        files: everything but the manifest, by paths relative to it.
        failed: what could not be brought along, a sentence each.
    """

    version: int
    timestamp: str
    thrum_version: str
    repo_name: str
    counts: Counts = msgspec.field(default_factory=Counts)
    daemon_id: str = ""
    repo_path: str = ""
    tip: str = ""
    bundles: list[str] = msgspec.field(default_factory=list)
    files: dict[str, Entry] = msgspec.field(default_factory=dict)
    failed: list[str] = msgspec.field(default_factory=list)

    @property
    def is_older(self) -> bool:
        """Whether an older program took it, which has no bundles."""
        return not self.bundles


def read(folder: Path) -> Manifest:
    """The manifest of a backup.

    Raises:
        ThrumError: ``not_found``, there is none; ``storage``, it cannot be read.
    """
    path = folder / FILE
    try:
        found = msgspec.json.decode(small_file.data(path, most=_LARGEST), type=Manifest)
    except FileNotFoundError:
        text = f"no backup found (looked in {folder})"
        raise ThrumError("not_found", text, "run `thrum backup` to take one") from None
    except (OSError, ValueError, RecursionError) as error:
        raise ThrumError("storage", f"{path} cannot be read: {error}") from None
    if found.version > VERSION:
        text = f"{path} is of form {found.version:,}, and this program reads form {VERSION}"
        raise ThrumError("storage", text, f"use Thrum {found.thrum_version[:40]}, which made it")
    return found


def whole(folder: Path) -> Manifest:
    """As `read`; where an older program names no files, those that are there are named.

    Raises:
        ThrumError: as `read`, or ``storage``, a file cannot be read.
    """
    about = read(folder)
    if about.files:
        return about
    try:
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder))
            if name != FILE and path.is_file() and not _is_linked(folder, path):
                about.files[name] = checksum(path)
    except OSError as error:
        raise ThrumError("storage", f"{folder} cannot be read: {error}") from None
    return about


def _is_linked(folder: Path, path: Path) -> bool:
    inside = path.relative_to(folder)
    return any((folder / part).is_symlink() for part in (inside, *inside.parents) if part.name)


def encoded(manifest: Manifest) -> bytes:
    """As it is written."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def checksum(path: Path) -> Entry:
    """Size and checksum of a file.

    Raises:
        OSError: it cannot be read, or is no file.
    """
    summed, size = hashlib.sha256(), 0
    try:
        with small_file.opened(path) as file:
            while chunk := file.read(_CHUNK):
                summed.update(chunk)
                size += len(chunk)
    except ValueError as error:
        raise OSError(errno.EINVAL, str(error)) from None
    return Entry(size, summed.hexdigest())
