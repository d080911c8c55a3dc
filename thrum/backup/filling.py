"""The folder of a backup while it is filled: each file is on disk, with its checksum, and named.

What is as in the backup before is not written again: both have the same file, under two names. It
is read back before, since it has to last for longer than either: one that is not as it was written
is written anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from thrum import platform
from thrum.backup import manifest
from thrum.backup.manifest import Entry
from thrum.paths import PRIVATE_FILE, SHARED_DIRECTORY


@dataclass
class Filling:
    """A backup that is filled.

    Args:
        folder: where it is made.
        last: the folder of the backup before.
        known: the files of that one; empty if there is none.

    Attributes:
        files: what it has by now.
    """

    folder: Path
    last: Path
    known: Mapping[str, Entry]
    files: dict[str, Entry] = field(default_factory=dict)

    def placed(self, name: str) -> Path:
        """Where a file of that name goes; its folder is there."""
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=SHARED_DIRECTORY)
        return target

    def write(self, name: str, data: Iterable[bytes]) -> Entry:
        """Writes a file.

        Raises:
            OSError: the disk refuses.
        """
        target = self.placed(name)
        handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE)
        with os.fdopen(handle, "wb") as file:
            file.writelines(data)
        return self.settle(name)

    def share(self, name: str) -> Entry | None:
        """Takes a file over from the backup before; None if there is none as it was written."""
        was = self.known.get(name)
        if was is None:
            return None
        target = self.placed(name)
        beside = target.with_name(f".{target.name[:200]}.shared")
        try:
            os.link(self.last / name, beside)
        except OSError:
            return None  # gone, or a file system without links: it is written
        if not _is_as(beside, was):
            beside.unlink()
            return None
        beside.rename(target)
        self.files[name] = was
        return was

    def settle(self, name: str) -> Entry:
        """A file that somebody wrote is on disk, or shared, and named.

        Raises:
            OSError: the disk refuses.
        """
        path = self.folder / name
        found, was = manifest.checksum(path), self.known.get(name)
        if was is not None and found.has_bytes_of(was) and self.share(name):
            return was
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            platform.sync(handle)
        finally:
            os.close(handle)
        self.files[name] = found
        return found

    def log_file(self, name: str, blob: str, data: Callable[[], bytes]) -> int:
        """Puts a file of the branch in, unless the backup before has it: its lines.

        Args:
            name: its path, there and here.
            blob: the object of which it is a copy.
            data: its bytes.

        Raises:
            OSError: the disk refuses.
        """
        was = self.known.get(name)
        found = self.share(name) if was is not None and was.blob == blob else None
        if found is None:
            found = self.write(name, (data(),))
            found.blob = blob
        if not found.lines:
            found.lines = (self.folder / name).read_bytes().count(b"\n")
        return found.lines


def _is_as(path: Path, was: Entry) -> bool:
    try:
        return manifest.checksum(path).has_bytes_of(was)
    except OSError:
        return False
