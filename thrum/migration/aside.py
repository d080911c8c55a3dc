"""What was there before a migration: kept beside, and brought back.

The folder says first what it will hold, so whoever is killed in between finds everything again.
Files that stay are copied; what would be in the way of this program, or be found again, is moved.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from thrum import atomic
from thrum.daemon.state.opening import free
from thrum.errors import ThrumError
from thrum.paths import PRIVATE_DIRECTORY, PRIVATE_FILE, SHARED_DIRECTORY

FOLDER: Final = "before-migration"
RECORD: Final = "record.json"


class Record(msgspec.Struct):
    """What the folder holds.

    Attributes:
        at: when the migration began.
        copied: where each copied file was, by its name in the folder.
        moved: where each file or folder that was moved was, likewise.
        tracked: files that git tracked, as it names them.
        ended: whether the migration came to its end.
    """

    at: str
    copied: dict[str, str] = {}
    moved: dict[str, str] = {}
    tracked: list[str] = []
    ended: bool = False


@dataclass(slots=True)
class Aside:
    """The folder of one repository.

    Attributes:
        folder: where it is.
        root: the repository; what lies below is noted as seen from there, for clones are renamed.
        record: what it says; None while nothing is kept.
    """

    folder: Path
    root: Path
    record: Record | None = None

    @classmethod
    def of(cls, var: Path, root: Path) -> Aside:
        """The folder below that one, and what it says.

        Raises:
            ThrumError: ``config``, it says nothing that can be understood.
        """
        found = cls(var / FOLDER, root)
        try:
            found.record = msgspec.json.decode((found.folder / RECORD).read_bytes(), type=Record)
        except FileNotFoundError:
            return found
        except (OSError, ValueError) as error:
            text = f"{found.folder / RECORD} cannot be read: {error}"
            raise ThrumError("config", text, "move that folder away, and keep it") from None
        return found

    def begin(self, at: str, files: Iterable[Path]) -> None:
        """Copies the files, unless a migration that was cut off did, and says so.

        What is kept of one that ended stays beside, under a number.

        Raises:
            OSError: the disk refuses; nothing is said then.
        """
        if self.record is not None and not self.record.ended:
            return
        if self.record is not None:
            self.folder.rename(free(self.folder))
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, mode=PRIVATE_DIRECTORY)
        record = Record(at)
        for number, path in enumerate(files):
            if path.is_file() and not path.is_symlink():
                name = f"{number}-{path.name}"
                shutil.copy2(path, self.folder / name)
                record.copied[name] = self._noted(path)
        self.record = record
        self._save()

    def move(self, path: Path, original: Path | None = None) -> None:
        """Moves a file or folder in; noted before it is done.

        Args:
            path: where it is.
            original: where it belongs, if that is elsewhere.

        Raises:
            OSError: the disk refuses.
        """
        record = self._demanded()
        if not os.path.lexists(path):
            return
        name = f"moved-{len(record.moved)}-{path.name}"
        record.moved[name] = self._noted(original or path)
        self._save()
        path.rename(self.folder / name)
        atomic.sync_directory(path.parent)

    def untracked(self, names: Iterable[str]) -> None:
        """Notes files that git is to track no more."""
        record = self._demanded()
        record.tracked = sorted({*record.tracked, *names})
        self._save()

    def end(self) -> None:
        """Notes that all is done."""
        self._demanded().ended = True
        self._save()

    def kept(self, name: str) -> Path | None:
        """Where the file now is that was moved and is called so."""
        record = self.record.moved if self.record else {}
        found = [self.folder / each for each, was in record.items() if Path(was).name == name]
        return next((each for each in reversed(found) if each.exists()), None)

    def bring_back(self, but: Path) -> list[Path]:
        """Puts everything where it was; the places that are not there any more.

        Args:
            but: what is made anew instead.

        Raises:
            OSError: the disk refuses; the same call goes on.
        """
        record, lost = self._demanded(), []
        for name, was in (*record.copied.items(), *record.moved.items()):
            source, target = self.folder / name, self.root / was
            if target == but or not os.path.lexists(source):
                continue  # or it is back already
            if not target.parent.is_dir() and not self._is_made(target.parent):
                lost.append(target)
                continue
            if name in record.moved:
                source.rename(target)
            else:
                text = source.read_bytes().decode("utf-8", "surrogateescape")
                atomic.replace(target, text, source.stat().st_mode & 0o777 or PRIVATE_FILE)
            atomic.sync_directory(target.parent)
        return lost

    def _is_made(self, folder: Path) -> bool:
        """Makes a folder that went with its last file, where the one above it stands."""
        if not folder.parent.is_dir():
            return False
        folder.mkdir(mode=SHARED_DIRECTORY)
        return True

    def drop(self) -> None:
        """Forgets that there was anything; the record goes first, for it is what counts."""
        (self.folder / RECORD).unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.record = None

    def has_moved(self, path: Path) -> bool:
        """Whether that was moved in."""
        return self._noted(path) in self._demanded().moved.values()

    def _noted(self, path: Path) -> str:
        return str(path.relative_to(self.root) if path.is_relative_to(self.root) else path)

    def _demanded(self) -> Record:
        if self.record is None:
            raise ThrumError(
                "not_found", "nothing was migrated here", "`thrum migrate` shows what there is"
            )
        return self.record

    def _save(self) -> None:
        text = json.dumps(msgspec.to_builtins(self.record), indent=2)
        atomic.replace(self.folder / RECORD, f"{text}\n")
