"""What stood in a file before setup first changed it, and what was made there.

With it a file that nobody has touched since gets its old bytes back, and of one that somebody has,
only ours goes. It is written before the file is changed, so that a run which is killed in between
can be taken back as well. One file in the person's home has them all, with the old texts beside it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from thrum import atomic, small_file
from thrum.errors import ThrumError
from thrum.setup.editing import Keys
from thrum.setup.fired import FOLDER as FOLDER

"""In the person's home."""

_FILE: Final = "receipts.json"


class Placed(NamedTuple):
    """Where a piece was put, so that it is found when a later Thrum puts it elsewhere.

    Attributes:
        part: what it is for.
        kind: ``entry``, ``block`` or ``own``.
        keys: the way to an entry.
        joins: whether it joined a list.
        syntax: of the file.
    """

    part: str
    kind: str
    keys: tuple[str, ...] = ()
    joins: bool = False
    syntax: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is known of one file.

    Attributes:
        was_there: whether there was a file before us.
        kept: the name of its old text beside the receipts; empty if there was none.
        after: the hash of what we wrote last.
        made: the ways to objects and lists that were made in it.
        folders: the folders that were made for it, the outermost first.
        whose: the work tree that the file belongs to; empty for a person's own.
        runtimes: whom it is for.
        placed: what was put there.
    """

    was_there: bool
    kept: str = ""
    after: str = ""
    made: tuple[Keys, ...] = ()
    folders: tuple[str, ...] = ()
    whose: str = ""
    runtimes: tuple[str, ...] = ()
    placed: tuple[Placed, ...] = ()

    def is_known(self, raw: bytes | None) -> bool:
        """Whether a file holds what was there before us, or what we wrote last."""
        is_first = self.kept == _name(raw) if raw is not None else not self.was_there
        return is_first or (raw is not None and self.after == digest(raw))


def digest(raw: bytes | None) -> str:
    """A name for these bytes; empty where there is no file."""
    if raw is None:
        return ""
    import hashlib  # loads OpenSSL, which a look at the files does not need

    return hashlib.sha256(raw).hexdigest()


def _name(raw: bytes) -> str:
    return f"{digest(raw)[:32]}.before"


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
        name = _name(raw)
        path = self.folder / name
        if not path.exists():
            atomic.replace(path, raw.decode("utf-8", "surrogateescape"))
        return name

    def has(self, receipt: Receipt) -> bool:
        """Whether `kept` can say what was there."""
        return not receipt.was_there or (self.folder / receipt.kept).is_file()

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

    def forget(self, *paths: Path) -> None:
        """Forgets files, and the old texts that no other one needs."""
        gone = [self.found.pop(str(path), None) for path in paths]
        self._save()
        needed = {each.kept for each in self.found.values()}
        for receipt in gone:
            if receipt and receipt.kept and receipt.kept not in needed:
                (self.folder / receipt.kept).unlink(missing_ok=True)

    def clean(self) -> bool:
        """Takes everything away that is left of setup, if no file has anything of ours.

        Raises:
            OSError: the disk refuses.
        """
        if self.found:
            return False
        shutil.rmtree(self.folder)
        above = self.folder.parent
        if not any(above.iterdir()):
            above.rmdir()
        return True

    def _save(self) -> None:
        document = {path: _document(each) for path, each in sorted(self.found.items())}
        atomic.replace(self.folder / _FILE, json.dumps(document, indent=1) + "\n")


@contextmanager
def held(home: Path, *, patience: float = atomic.PATIENCE) -> Iterator[Receipts]:
    """The receipts of a person, while nobody else changes them.

    Args:
        home: theirs.
        patience: seconds to wait for whoever changes them.

    Raises:
        ThrumError: ``busy``; ``setup``, they cannot be read.
        OSError: the disk refuses.
    """
    folder = home / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with atomic.locked(folder, patience=patience):
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
        "whose": receipt.whose,
        "runtimes": list(receipt.runtimes),
        "placed": [list(each) for each in receipt.placed],
    }


def _receipt(found: Mapping[str, Any]) -> Receipt:
    return Receipt(
        was_there=bool(found["was_there"]),
        kept=str(found["kept"]),
        after=str(found["after"]),
        made=tuple(tuple(keys) for keys in found["made"]),
        folders=tuple(str(each) for each in found["folders"]),
        whose=str(found["whose"]),
        runtimes=tuple(str(each) for each in found["runtimes"]),
        placed=tuple(
            Placed(str(part), str(kind), tuple(keys), bool(joins), str(syntax))
            for part, kind, keys, joins, syntax in found["placed"]
        ),
    )
