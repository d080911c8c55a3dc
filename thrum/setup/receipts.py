"""What stood in a file before setup first changed it, and what was made there.

With it a file that nobody has touched since gets its old bytes back, and of one that somebody has,
only ours goes. It is written before the file is changed, so that a run which is killed in between
can be taken back as well. One file in the person's home has them all, with the old texts beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from thrum import atomic, small_file
from thrum.errors import ThrumError
from thrum.setup.editing import Keys

FOLDER: Final = Path(".thrum", "setup")
"""In the person's home."""

_FILE: Final = "receipts.json"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is known of one file.

    Attributes:
        was_there: whether there was a file before us.
        kept: the name of its old text beside the receipts; empty if there was none.
        after: the hash of what we wrote last.
        made: the ways to objects and lists that were made in it.
        folders: the folders that were made for it, the outermost first.
    """

    was_there: bool
    kept: str = ""
    after: str = ""
    made: tuple[Keys, ...] = ()
    folders: tuple[str, ...] = ()


def digest(raw: bytes | None) -> str:
    """A name for these bytes; empty where there is no file."""
    return "" if raw is None else hashlib.sha256(raw).hexdigest()


@dataclass(slots=True)
class Receipts:
    """The receipts of one person.

    Attributes:
        folder: where they are kept.
        found: by the path of the file.
    """

    folder: Path
    found: dict[str, Receipt] = field(default_factory=dict)

    def of(self, path: Path) -> Receipt | None:
        """What is known of a file."""
        return self.found.get(str(path))

    def keep(self, raw: bytes) -> str:
        """Puts an old text aside; the name by which `kept` finds it."""
        name = f"{digest(raw)[:32]}.before"
        path = self.folder / name
        if not path.exists():
            atomic.replace(path, raw.decode("utf-8", "surrogateescape"))
        return name

    def kept(self, receipt: Receipt) -> bytes | None:
        """The old text, None where there was none.

        Raises:
            OSError: it is not there any more.
        """
        return (self.folder / receipt.kept).read_bytes() if receipt.was_there else None

    def note(self, path: Path, receipt: Receipt) -> None:
        """Remembers what is known of a file, durably."""
        self.found[str(path)] = receipt
        self._save()

    def forget(self, path: Path) -> None:
        """Forgets a file, and the old text that no other one needs."""
        gone = self.found.pop(str(path), None)
        self._save()
        if gone and gone.kept and all(each.kept != gone.kept for each in self.found.values()):
            (self.folder / gone.kept).unlink(missing_ok=True)

    def _save(self) -> None:
        document = {path: _document(each) for path, each in sorted(self.found.items())}
        atomic.replace(self.folder / _FILE, json.dumps(document, indent=1) + "\n")


@contextmanager
def held(home: Path) -> Iterator[Receipts]:
    """The receipts of a person, while nobody else changes them.

    Raises:
        ThrumError: ``busy``; ``setup``, they cannot be read.
        OSError: the disk refuses.
    """
    folder = home / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with atomic.locked(folder):
        yield read(home)


def read(home: Path) -> Receipts:
    """The receipts of a person as they are.

    Raises:
        ThrumError: ``setup``, they cannot be read.
    """
    folder = home / FOLDER
    try:
        document = small_file.json_object(folder / _FILE)
        return Receipts(folder, {path: _receipt(each) for path, each in document.items()})
    except FileNotFoundError:
        return Receipts(folder)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ThrumError(
            "setup",
            f"{folder / _FILE} cannot be read: {error}",
            "move it away; setup then finds its entries by what they start",
        ) from error


def _document(receipt: Receipt) -> dict[str, Any]:
    return {
        "was_there": receipt.was_there,
        "kept": receipt.kept,
        "after": receipt.after,
        "made": [list(keys) for keys in receipt.made],
        "folders": list(receipt.folders),
    }


def _receipt(found: Mapping[str, Any]) -> Receipt:
    return Receipt(
        was_there=bool(found["was_there"]),
        kept=str(found["kept"]),
        after=str(found["after"]),
        made=tuple(tuple(keys) for keys in found["made"]),
        folders=tuple(str(each) for each in found["folders"]),
    )
