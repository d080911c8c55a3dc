"""The folder with the backups of one repository: the current one, and archives of earlier ones.

A backup is made beside the current one and takes its place by two renames. Whoever is killed in
between leaves either both, or the older one under another name, from where `settle` puts it back.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from thrum import atomic, platform
from thrum.backup import manifest, retention
from thrum.backup.manifest import Manifest
from thrum.backup.rules import Retention
from thrum.clock import parse
from thrum.errors import ThrumError
from thrum.paths import PRIVATE_FILE, SHARED_DIRECTORY

CURRENT: Final = "current"
ARCHIVES: Final = "archives"
BEFORE_RESTORE: Final = "pre-restore-"
LEFT_OUT: Final = "databases/messages.db"
"""What no archive has: it is built of the log, and would be most of the archive."""

_MAKING: Final = "current.tmp"
_LEAVING: Final = "current.old"


@dataclass(frozen=True, slots=True)
class Vault:
    """The backups of one repository."""

    folder: Path

    @property
    def current(self) -> Path:
        """The last backup."""
        return self.folder / CURRENT

    @property
    def archives(self) -> Path:
        """Zip files of the ones before."""
        return self.folder / ARCHIVES

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps others out, and puts right what somebody who was killed left.

        Raises:
            ThrumError: ``busy``, another backup is at work; ``storage``, the folder cannot be made.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=SHARED_DIRECTORY)
            with atomic.locked(self.folder, patience=1.0):
                self.settle()
                yield
        except OSError as error:
            text = f"{self.folder} cannot be used: {error.strerror or error}"
            raise ThrumError("storage", text, "name another folder with --dir") from None

    def settle(self) -> None:
        """Puts right what somebody who was killed left."""
        leaving = self.folder / _LEAVING
        if leaving.is_dir() and not self.current.exists():
            leaving.rename(self.current)
        for each in (_MAKING, _LEAVING):
            _discard(self.folder / each)
        if self.archives.is_dir():
            for left in self.archives.glob("*.tmp"):
                left.unlink(missing_ok=True)

    @contextmanager
    def making(self) -> Iterator[Path]:
        """An empty folder that becomes the current backup if the block ends well."""
        beside = self.folder / _MAKING
        beside.mkdir(mode=SHARED_DIRECTORY)
        try:
            yield beside
        except BaseException:
            _discard(beside)
            raise
        leaving = self.folder / _LEAVING
        if self.current.exists():
            self.current.rename(leaving)
        beside.rename(self.current)
        atomic.sync_directory(self.folder)
        _discard(leaving)

    def archive_current(self) -> Path | None:
        """Puts the current backup among the archives; None if there is none."""
        try:
            about = manifest.read(self.current)
        except ThrumError as error:
            if error.kind == "not_found":
                return None
            raise
        self.archives.mkdir(exist_ok=True, mode=SHARED_DIRECTORY)
        when = retention.at(parse(about.timestamp))
        while (target := self.archives / f"{when.strftime(retention.FORM)}.zip").exists():
            when += timedelta(seconds=1)
        packed(self.current, about, target)
        return target

    def prune(self, rules: Retention) -> list[str]:
        """Removes the archives that do not stay; their names."""
        names = [each.name for each in self.listed()]
        gone = sorted(set(names) - retention.kept(names, rules))
        for name in gone:
            (self.archives / name).unlink(missing_ok=True)
        return gone

    def listed(self) -> list[Path]:
        """The archives, by names."""
        return sorted(self.archives.glob("*.zip")) if self.archives.is_dir() else []


def packed(folder: Path, about: Manifest, target: Path) -> None:
    """Makes a zip file of a backup, durably, and whole or not at all.

    Raises:
        OSError: the disk refuses.
    """
    beside = target.with_name(f"{target.name}.tmp")
    handle = os.open(beside, os.O_CREAT | os.O_TRUNC | os.O_RDWR | os.O_CLOEXEC, PRIVATE_FILE)
    with os.fdopen(handle, "w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as packing:
            for name in (manifest.FILE, *sorted(about.files)):
                if name != LEFT_OUT:
                    stored = zipfile.ZIP_STORED if name.endswith(".bundle") else None
                    packing.write(folder / name, name, stored)
        file.flush()
        platform.sync(file.fileno())
    beside.rename(target)
    atomic.sync_directory(target.parent)


def _discard(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
