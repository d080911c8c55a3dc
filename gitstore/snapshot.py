"""A log as it stands at one moment, read without changing anything.

A daemon may be at work on the same files: the journal is read, never opened, and what stands behind
its last whole record may be a write in progress.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pygit2
from msgspec import Struct
from msgspec.structs import replace

from gitstore.cursor import Cursor, Since
from gitstore.descent import Descent
from gitstore.disk import OsDisk
from gitstore.errors import LogError
from gitstore.format import Format, MergeRule
from gitstore.inspection import Inspection
from gitstore.journal import Damage, Record, scan
from gitstore.line import Line, Reader, is_object, new_lines, numbered, printable, split
from gitstore.merge import changed_files
from gitstore.ref import Ref
from gitstore.repository import open_repository


class File(NamedTuple):
    """A file of the branch: its path in the tree, and the id of what it holds."""

    path: str
    blob: str


class Finding(Struct, frozen=True):
    """Something wrong, with the file and line where it is; line 0 means the whole file.

    `raw` are the bytes of the line, where it is a line.
    """

    path: str
    number: int
    reason: str
    raw: bytes = b""


class Snapshot(Struct, frozen=True):
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
        data = _read(journal)
        held = _read(journal.with_name("held.jsonl")).partition(b"\n")[2]
        if held:
            # What the remote refuses follows as further records behind the last whole one.
            data = (data[: data.rfind(b"\n") + 1] or b"\n") + held
        tip = Ref(repository, format.ref, OsDisk()).read()
        if tip is None:
            raise LogError(f"there is no branch {format.branch}; run `thrum init`")
        inspection.inspect(tip)
        return cls(repository, inspection, format, tip, journal, data)

    def at(self, commit: str) -> Snapshot:
        """The branch as of another commit, without the journal."""
        return replace(self, tip=commit, journal_bytes=b"")

    @property
    def descent(self) -> Descent:
        """The commits up to this one."""
        return Descent(self.repository, self.tip)

    def is_as(self, other: Snapshot) -> bool:
        """Whether another snapshot of this log holds the same."""
        return self.tip == other.tip and self.journal_bytes == other.journal_bytes

    # -- what it holds --

    def since(self, cursor: Cursor | None) -> Since:
        """All lines, as `Log.since` gives them to a new reader; the cursor is not looked at."""
        return Since(self._lines(), Cursor(self.tip, "", 0))

    def files(self) -> Iterator[File]:
        """The files of lines, by their paths."""
        for path, _, blob in changed_files(self.repository, None, self._tree(self.tip)):
            if self.format.is_log(path):
                yield File(path, blob)

    def data(self, file: File) -> bytes:
        """The bytes of a file."""
        blob = self.repository[file.blob]
        assert isinstance(blob, pygit2.Blob)
        return blob.data

    def waiting(self) -> Iterator[Line]:
        """The lines in the journal; a commit may hold some of them already."""
        for record in self.records():
            if isinstance(record, Record):
                for shard, raw in record.batch:
                    yield Line(shard, -1, raw)

    def added_since(self, commit: str) -> Iterator[tuple[int, Line]]:
        """Lines of files that an earlier commit lacks, with their numbers, counted from 1."""
        old, new = self._tree(commit), self._tree(self.tip)
        for path, was, now in changed_files(self.repository, old, new):
            if not self.format.is_log(path):
                continue
            data = self.data(File(path, now))
            before = self.data(File(path, was)) if was else b""
            for line in new_lines(path, before, data):
                yield data.count(b"\n", 0, line.offset) + 1, line

    def _tree(self, commit: str) -> pygit2.Oid:
        return self.repository[commit].peel(pygit2.Commit).tree_id

    def _lines(self) -> Iterator[Line]:
        for file in self.files():
            for offset, raw in split(self.data(file)):
                yield Line(printable(file.path), offset, raw)
        yield from self.waiting()

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
            for file in self.files():
                if self.format.rule(file.path) is MergeRule.LINES:
                    path = printable(file.path)
                    yield from bad_lines(path, self.data(file), reader, self.format)
        except (KeyError, pygit2.GitError) as error:
            yield Finding(self.format.branch, 0, f"an object cannot be read: {error}")


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def bad_lines(path: str, data: bytes, reader: Reader, format: Format) -> Iterator[Finding]:
    """The lines of a file that no reader can use, or that claim an id a second time."""
    seen: dict[str, int] = {}
    for number, raw in numbered(data):
        id = reader.keys(raw).id
        if not id and path == format.oldest and is_object(raw):
            continue
        if not id:
            yield Finding(path, number, f"no JSON object with a usable {format.id_key}", raw)
        elif id in seen:
            yield Finding(path, number, f"the id of line {seen[id]} stands again: {id}", raw)
        seen.setdefault(id, number)
