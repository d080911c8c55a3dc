"""The folder with the backups of one repository: the current one, and archives of earlier ones.

A backup is made beside the current one and takes its place by two renames. Whoever is killed in
between leaves the older one under another name, from where `settle` puts it back, or away.

An archive is a zip file, as older programs have it; to pack a large one each time would cost as
much as all that there is. So that one stays a folder, which shares with its neighbours what they
have in common, as long as it is among the newest. What stays as the one of a week or a month is
packed then: it has nothing in common with others any more, also not their damage.
"""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
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

SMALL: Final = 8 * 1024 * 1024
"""Bytes of a backup of which a zip file is made at once."""
ZIP: Final = ".zip"

ASIDE: Final = "safety.tmp"
"""Where what is here is put together before a restore."""

_MAKING: Final = "current.tmp"
_LEAVING: Final = "current.old"
_BESIDE: Final = ".tmp"
_GONE: Final = ".gone"


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
            with self._locked():
                self.settle()
                yield
        except OSError as error:
            text = f"{self.folder} cannot be used: {error.strerror or error}"
            raise ThrumError("storage", text, "name another folder with --dir") from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            with atomic.locked(self.folder, patience=1.0):
                yield
        except ThrumError as error:
            if error.kind != "busy":
                raise
            text = f"{error.message}: a backup or a restore is at work"
            raise ThrumError("busy", text, "run it again when that has ended") from None

    def settle(self) -> None:
        """Puts right what somebody who was killed left."""
        leaving = self.folder / _LEAVING
        if leaving.is_dir() and not self.current.exists():
            leaving.rename(self.current)
        self.put_away()
        _discard(self.folder / _MAKING)
        _discard(self.folder / ASIDE)
        if self.archives.is_dir():
            for pattern in (f"*{_BESIDE}", f"*{_GONE}"):
                for left in self.archives.glob(pattern):
                    _discard(left)

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
        if self.current.exists():
            self.current.rename(self.folder / _LEAVING)
        beside.rename(self.current)
        atomic.sync_directory(self.folder)

    def put_away(self) -> None:
        """Puts the backup that left its place among the archives, if there is one.

        Raises:
            OSError: the disk refuses; it stays where it is.
            ThrumError: ``storage``, nobody can tell of when it is.
        """
        leaving = self.folder / _LEAVING
        if not leaving.is_dir():
            return
        self.archives.mkdir(exist_ok=True, mode=SHARED_DIRECTORY)
        try:
            taken_ns = parse(manifest.read(leaving).timestamp)
        except (ThrumError, ValueError) as error:
            text = f"{leaving} is in the way: {error}"
            raise ThrumError(
                "storage", text, "move it away; nothing in it is overwritten"
            ) from None
        target = self.free(taken_ns)
        (leaving / LEFT_OUT).unlink(missing_ok=True)
        leaving.rename(target)
        atomic.sync_directory(self.archives)
        atomic.sync_directory(self.folder)

    def free(self, ns: int, before: str = "") -> Path:
        """Where an archive of a moment goes: no other one has that name, whether packed or not.

        Args:
            ns: nanoseconds since 1970; whatever is of the same second is named after the next.
            before: what its name begins with.
        """
        when = retention.at(ns)
        while True:
            path = self.archives / f"{before}{when.strftime(retention.FORM)}"
            if not path.exists() and not path.with_name(f"{path.name}{ZIP}").exists():
                return path
            when += timedelta(seconds=1)

    def prune(self, rules: Retention, now_ns: int) -> list[str]:
        """Removes the archives that do not stay; their names.

        Raises:
            OSError: the disk refuses.
        """
        names, now = [each.name for each in self.listed()], retention.at(now_ns)
        gone = set(names) - retention.kept(names, rules, now)
        gone |= retention.outlived(names, BEFORE_RESTORE, now)
        for name in sorted(gone):
            self._remove(self.archives / name)
        return sorted(gone)

    def pack(self, rules: Retention) -> list[str]:
        """Makes zip files of the archives that are small, or no more among the newest.

        Returns:
            What stood in the way, a sentence each; those archives stay as they are.
        """
        found = self.listed()
        newest = retention.newest((each.name for each in found), rules.daily)
        faults = []
        for archive in found:
            if archive.suffix == ZIP:
                continue
            try:
                self._pack(archive, is_new=archive.name in newest)
            except (OSError, ThrumError) as error:
                faults.append(f"the archive {archive.name} cannot be packed: {error}")
        return faults

    def _pack(self, archive: Path, *, is_new: bool) -> None:
        about = manifest.whole(archive)
        target = archive.with_name(f"{archive.name}{ZIP}")
        if is_new and _size(about) > SMALL:
            return
        if not target.exists():  # else somebody was killed before the folder went
            packed(archive, about, target)
        self._remove(archive)

    def _remove(self, archive: Path) -> None:
        """Removes an archive; there is never half of one under its name."""
        gone = archive.with_name(f"{archive.name}{_GONE}")
        archive.rename(gone)
        _discard(gone)

    def listed(self) -> list[Path]:
        """The archives, by names."""
        if not self.archives.is_dir():
            return []
        return sorted(
            each
            for each in self.archives.iterdir()
            if each.suffix == ZIP or (retention.moment(each.name) and each.is_dir())
        )

    def dated(self) -> list[Path]:
        """The archives that are named after a moment, also one before a restore; oldest first."""
        found = ((_moment(each), each) for each in self.listed())
        return [each for _, each in sorted((when, each) for when, each in found if when)]

    def archives_size(self) -> int:
        """Bytes of the archives; what one has in common with another counts once."""
        paths = (path for each in self.listed() for path in (each, *each.rglob("*")))
        found = (path.lstat() for path in paths if path.is_file())
        return sum({each.st_ino: each.st_size for each in found}.values())


def _moment(archive: Path) -> datetime | None:
    return retention.moment(archive.name.removeprefix(BEFORE_RESTORE))


def _size(about: Manifest) -> int:
    return sum(entry.size for name, entry in about.files.items() if name != LEFT_OUT)


def packed(folder: Path, about: Manifest, target: Path) -> None:
    """Makes a zip file of a backup, durably, and whole or not at all.

    Raises:
        OSError: the disk refuses.
    """
    beside = target.with_name(f"{target.name}{_BESIDE}")
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


def _discard(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
