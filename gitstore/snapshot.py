"""A log as it stands at one moment, read without changing anything.

A daemon may be at work on the same files: the journal is read, never opened, and what stands behind
its last whole record may be a write in progress.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pygit2

from gitstore.cursor import Cursor, Since
from gitstore.disk import OsDisk
from gitstore.errors import LogError
from gitstore.format import Format, MergeRule
from gitstore.journal import Damage, Record, scan
from gitstore.line import Line, Reader, is_object, printable, split
from gitstore.loose import Inspection
from gitstore.merge import changed_files
from gitstore.ref import Ref
from gitstore.repository import open_repository


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong, with the file and line where it is; line 0 means the whole file."""

    path: str
    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The branch at one commit and the journal's bytes at one moment.

    Every object of it was looked at by `inspection`, so libgit2 can be let at them.
    """

    repository: pygit2.Repository
    inspection: Inspection
    format: Format
    tip: str
    journal: Path
    journal_bytes: bytes

    @classmethod
    def take(cls, repository: Path, journal: Path, format: Format | None = None) -> Snapshot:
        """Reads where things stand. The journal first: its lines go to the branch, never back.

        Raises:
            RepositoryError: the repository cannot be used.
            DamagedObject: the branch cannot be read.
            LogError: there is no such branch.
        """
        opened = open_repository(repository)
        return cls._taken(opened, Inspection(opened), journal, format or Format())

    def later(self) -> Snapshot:
        """How things stand now; only what is new is looked at.

        Raises:
            DamagedObject: the branch cannot be read.
            LogError: it is gone.
        """
        return self._taken(self.repository, self.inspection, self.journal, self.format)

    @classmethod
    def _taken(
        cls, repository: pygit2.Repository, inspection: Inspection, journal: Path, format: Format
    ) -> Snapshot:
        data = journal.read_bytes() if journal.exists() else b""
        tip = Ref(repository, format.ref, OsDisk()).read()
        if tip is None:
            raise LogError(f"there is no branch {format.branch}; run `thrum init`")
        inspection.inspect(tip)
        return cls(repository, inspection, format, tip, journal, data)

    def since(self, cursor: Cursor | None) -> Since:
        """All lines, as `Log.since` gives them to a new reader; the cursor is not looked at."""
        return Since(self._lines(), Cursor(self.tip, "", 0))

    def _files(self) -> Iterator[tuple[str, bytes]]:
        tree = self.repository[self.tip].peel(pygit2.Commit).tree_id
        for path, _, id in changed_files(self.repository, None, tree):
            blob = self.repository[id]
            assert isinstance(blob, pygit2.Blob)
            yield printable(path), blob.data

    def _lines(self) -> Iterator[Line]:
        for path, data in self._files():
            if self.format.rule(path) in {MergeRule.LINES, MergeRule.ROWS}:
                for offset, raw in split(data):
                    yield Line(path, offset, raw)
        for record in self.records():
            if isinstance(record, Record):
                for shard, raw in record.batch:
                    yield Line(shard, -1, raw)

    def records(self) -> Iterator[Record | Damage]:
        """Every record of the journal; what cannot be read comes as damage."""
        start = self.journal_bytes.find(b"\n") + 1
        return scan(self.journal_bytes, start)

    def findings(self) -> Iterator[Finding]:
        """Reads everything: every record of the journal, every line of every file of the log."""
        records = list(self.records())
        while records and isinstance(records[-1], Damage):
            records.pop()  # not acknowledged yet, or never
        for record in records:
            if isinstance(record, Damage):
                yield Finding(self.journal.name, record.number, "the record cannot be read")
        reader = Reader(self.format)
        try:
            for path, data in self._files():
                if self.format.rule(path) is MergeRule.LINES:
                    yield from bad_lines(path, data, reader, self.format)
        except (KeyError, pygit2.GitError) as error:
            yield Finding(self.format.branch, 0, f"an object cannot be read: {error}")


def bad_lines(path: str, data: bytes, reader: Reader, format: Format) -> Iterator[Finding]:
    """The lines of a file that no reader can use, or that claim an id a second time."""
    seen: dict[str, int] = {}
    for number, (_, raw) in enumerate(split(data), 1):
        id = reader.keys(raw).id
        if not id and path == format.oldest and is_object(raw):
            continue
        if not id:
            yield Finding(path, number, f"no JSON object with a usable {format.id_key}")
        elif id in seen:
            yield Finding(path, number, f"the id of line {seen[id]} stands again: {id}")
        seen.setdefault(id, number)
