"""Which lines were taken back before they left this clone: a small file beside the journal.

It is written before anything is taken away, so whoever is killed in between goes on with it at the
next start, and it holds hashes only: a file that an older program keeps, or a commit that the
branch held before, must not bring the lines back.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Iterable
from pathlib import Path

import msgspec
from msgspec import Struct, field

from gitstore.disk import Disk


class Withdrawal(msgspec.Struct):
    """Some lines that were taken back together.

    Attributes:
        note: what whoever took them back needs to go on; empty when all is done.
        digests: the SHA-256 of each.
        erased: whether journal, branch and objects are without them.
        objects: the ids of those that hold them, as long as they may be there; nothing else leads
            to them once the branch was moved.
    """

    note: str
    digests: frozenset[str]
    erased: bool = False
    objects: frozenset[str] = frozenset()


_decoder = msgspec.json.Decoder(list[Withdrawal])


def digest(raw: bytes) -> str:
    """By what a line is known."""
    return hashlib.sha256(raw).hexdigest()


class Withdrawals(Struct, dict=True):
    """The file. Any thread.

    Args:
        path: where; there is none as long as nothing was taken back.
        disk: the disk calls.
    """

    path: Path
    disk: Disk
    entries: list[Withdrawal] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        if self.path.exists():
            self.entries = _decoder.decode(self.disk.read(self.path))

    def begin(self, note: str, raws: Iterable[bytes]) -> None:
        """Returns when it is durable that these lines go.

        Raises:
            OSError: the disk refuses; nothing goes.
        """
        self._write([*self.entries, Withdrawal(note, frozenset(map(digest, raws)))])

    def found(self, objects: Collection[str]) -> None:
        """Returns when it is durable which objects hold lines that go.

        Raises:
            OSError: the disk refuses.
        """
        if self.objects.issuperset(objects):
            return
        more = self.objects.union(objects)
        self._write(
            [
                each if each.erased else Withdrawal(each.note, each.digests, objects=more)
                for each in self.entries
            ]
        )

    @property
    def objects(self) -> frozenset[str]:
        """The ids of objects that are to be erased."""
        return frozenset().union(*(each.objects for each in self.entries))

    def erased(self) -> None:
        """Notes that journal, branch and objects are without all of them."""
        self._write([Withdrawal(each.note, each.digests, True) for each in self.entries])

    def finished(self, note: str) -> None:
        """Notes that nothing of it is left to do."""
        self._write(
            [
                Withdrawal("" if each.note == note else each.note, each.digests, each.erased)
                for each in self.entries
            ]
        )

    def _write(self, entries: list[Withdrawal]) -> None:
        with self._lock:
            new = self.path.with_name(f"{self.path.name}.new")
            if new.exists():
                self.disk.remove(new)
            self.disk.create(new, msgspec.json.encode(entries, order="deterministic"))
            self.disk.replace(new, self.path)
            self.entries = entries

    @property
    def unerased(self) -> frozenset[str]:
        """The digests of lines that journal and branch may still hold."""
        return self._of(each for each in self.entries if not each.erased)

    @property
    def open(self) -> tuple[Withdrawal, ...]:
        """Those of which something is left to do."""
        return tuple(each for each in self.entries if each.note)

    def digests_of(self, note: str) -> frozenset[str]:
        """Those of the lines of one that is open."""
        return self._of(each for each in self.open if each.note == note)

    @staticmethod
    def _of(entries: Iterable[Withdrawal]) -> frozenset[str]:
        return frozenset().union(*(entry.digests for entry in entries))

    def is_going(self, raw: bytes) -> bool:
        """Whether nobody is to read the line, because it is just being taken back."""
        return bool(self.entries) and _is_of(self.open, raw)  # asked of each line that is read

    def is_withdrawn(self, raw: bytes) -> bool:
        """Whether the line was ever taken back."""
        return _is_of(self.entries, raw)


def _is_of(entries: Collection[Withdrawal], raw: bytes) -> bool:
    if not entries:
        return False  # as nearly always: nothing is computed for each line that is read
    known = digest(raw)
    return any(known in each.digests for each in entries)
