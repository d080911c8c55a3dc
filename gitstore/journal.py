"""The journal: lines that are durable and not yet committed.

The file begins with a header that names its generation, then holds one record per line. A record
is a batch, so a batch is whole or absent::

    {"generation":"1700000000000000000-4f2a","journal":1}
    {"batch":[{"event":{…},"shard":"messages/alice.jsonl"}],"crc":"5b1c0f2e"}

``crc`` is the CRC-32 of the bytes of the batch's value. Whatever follows the last whole record was
never acknowledged; it is cut off when the file is opened and kept beside it. What is whole counts
from then on, acknowledged or not, and is synced before anybody sees it. A broken record with whole
ones behind it is damage: it stays, is skipped and shown, and is set aside when the journal is
trimmed. Trimming writes the rest under a new generation, so a reader whose cursor names another
generation reads the whole (short) journal again; readers are idempotent.

Each append is one write and one sync under a lock. Whoever has many callers hands in all their
batches at once; threads that append each by itself wait for one another.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct, field

from gitstore.disk import Disk
from gitstore.errors import JournalError

Batch = Sequence[tuple[str, bytes]]
"""Pairs of shard and line that become durable together."""


class _Header(msgspec.Struct):
    generation: str
    journal: int = 1


class _Entry(msgspec.Struct):
    event: msgspec.Raw
    shard: str


class _Record(msgspec.Struct):
    batch: msgspec.Raw
    crc: str


_header = msgspec.json.Decoder(_Header)
_record = msgspec.json.Decoder(_Record)
_entries = msgspec.json.Decoder(list[_Entry])


class Record(Struct, frozen=True):
    """One durable batch; `end` is the offset behind it."""

    end: int
    batch: tuple[tuple[str, bytes], ...]


class Damage(Struct, frozen=True):
    """A record that cannot be read, with where it starts and its bytes."""

    number: int
    offset: int
    raw: bytes


def encode(batch: Batch) -> bytes:
    """A batch as one record, newline included. The events' bytes stand in it as they are."""
    return _recorded(_value(batch))


def _value(batch: Batch) -> bytes:
    entries = [
        b'{"event":' + line + b',"shard":' + msgspec.json.encode(shard) + b"}"
        for shard, line in batch
    ]
    return b"[" + b",".join(entries) + b"]"


def _recorded(value: bytes) -> bytes:
    return b'{"batch":' + value + b',"crc":"%08x"}\n' % zlib.crc32(value)


def checked(batch: Batch) -> tuple[tuple[tuple[str, bytes], ...], bytes]:
    """The batch and its record, after what stands in that has been read back.

    Raises:
        ValueError: a line is no JSON on one line; it would be acknowledged and never read.
    """
    pairs, value = tuple(batch), _value(batch)
    if b"\n" in value or _pairs(value) != pairs:
        raise ValueError(f"a line is no JSON value on one line: {pairs!r:.200}")
    return pairs, _recorded(value)


def decode(raw: bytes) -> tuple[tuple[str, bytes], ...]:
    """The batch in a record.

    Raises:
        ValueError: the record is torn or damaged.
    """
    record = _record.decode(raw)
    value = bytes(record.batch)
    if record.crc != f"{zlib.crc32(value):08x}":
        raise ValueError("the checksum does not fit")
    return _pairs(value)


def _pairs(value: bytes) -> tuple[tuple[str, bytes], ...]:
    return tuple([(entry.shard, bytes(entry.event)) for entry in _entries.decode(value)])


def scan(data: bytes, start: int) -> Iterator[Record | Damage]:
    """Every record from `start` on; what cannot be read comes as damage."""
    number, offset = 1, start
    while offset < len(data):
        newline = data.find(b"\n", offset)
        end = len(data) if newline < 0 else newline + 1
        raw = data[offset:end]
        number += 1
        try:
            if newline < 0:
                raise ValueError("the newline is missing")
            yield Record(end, decode(raw))
        except (ValueError, UnicodeDecodeError):
            yield Damage(number, offset, raw)
        offset = end


def _header_of(generation: str) -> bytes:
    return msgspec.json.encode(_Header(generation), order="sorted") + b"\n"


def _laid_out(start: int, records: Iterable[Record]) -> tuple[bytes, list[Record]]:
    """The records one after the other, and as they are there, which is from that offset on."""
    raws, moved, end = [], [], start
    for record in records:
        raws.append(encode(record.batch))
        end += len(raws[-1])
        moved.append(Record(end, record.batch))
    return b"".join(raws), moved


def by_shard(records: Iterable[Record]) -> dict[str, list[bytes]]:
    """The lines of the records, each shard's in their order."""
    shards: dict[str, list[bytes]] = {}
    for record in records:
        for shard, raw in record.batch:
            shards.setdefault(shard, []).append(raw)
    return shards


class Journal(Struct, dict=True):
    """The open journal. `append` may be called from any thread, the rest from one.

    Args:
        path: the file; its directory exists.
        disk: the disk calls.
        new_generation: gives a token that was never used for this file.
    """

    path: Path
    disk: Disk
    new_generation: Callable[[], str]
    generation: str = ""
    torn: Path | None = None
    damage: list[Damage] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    _handle: int = -1
    _length: int = 0
    _broken: str = ""
    _file: threading.Lock = field(default_factory=threading.Lock)

    @property
    def trouble(self) -> str:
        """Why nothing is appended any more; empty while it is."""
        return self._broken

    @classmethod
    def open(cls, path: Path, disk: Disk, new_generation: Callable[[], str]) -> Journal:
        """Opens or makes the journal, cuts a torn tail off and reads what is there.

        Raises:
            JournalError: the disk refuses.
        """
        journal = cls(path, disk, new_generation)
        try:
            journal._recover()
        except OSError as error:
            raise JournalError(f"the journal {path} cannot be opened: {error}") from error
        return journal

    def _recover(self) -> None:
        leftover = self.path.with_suffix(".new")
        if leftover.exists():
            self.disk.remove(leftover)
        if not self.path.exists():
            self._begin()
        data = self.disk.read(self.path)
        start = self._read_header(data)
        found = list(scan(data, start))
        whole = start
        while found and isinstance(found[-1], Damage):
            found.pop()
        if found:
            last = found[-1]
            assert isinstance(last, Record)
            whole = last.end
        self.records = [each for each in found if isinstance(each, Record)]
        self.damage = [each for each in found if isinstance(each, Damage)]
        self._handle = self.disk.open_append(self.path)
        self._length = whole
        if whole < len(data):
            self.torn = self._set_aside("torn", data[whole:])
            self.disk.truncate(self._handle, whole)
        # People are told of what was read, which a process that was killed need not have synced.
        self.disk.settle(self.path)
        if start == 0:
            # Without a readable header no offset means anything: write what is good anew.
            self._set_damage_aside()
            self._rewrite(lambda record: record)

    def _begin(self) -> None:
        self.generation = self.new_generation()
        new = self.path.with_suffix(".new")
        self.disk.create(new, _header_of(self.generation))
        self.disk.replace(new, self.path)

    def _read_header(self, data: bytes) -> int:
        """The offset of the first record; 0 when the header cannot be read."""
        end = data.find(b"\n") + 1
        try:
            self.generation = _header.decode(data[:end]).generation
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.generation = self.new_generation()
            return 0
        return end

    def _set_aside(self, what: str, data: bytes) -> Path:
        number = 1
        while (path := self.path.with_name(f"{self.path.stem}.{what}-{number}")).exists():
            number += 1
        self.disk.create(path, data)
        return path

    def since(self, generation: str, offset: int) -> tuple[str, int, list[Record]]:
        """The records behind that position, all of them if the generation is another one.

        Returns:
            The present generation, the offset behind the last record, and the records.
        """
        with self._file:
            start = offset if generation == self.generation else 0
            records = [record for record in self.records if record.end > start]
            return self.generation, self._length, records

    def append(self, batches: Sequence[Batch]) -> None:
        """Returns when all the batches are durable, by one write and one sync.

        Raises:
            JournalError: the disk refused; none of the batches is kept.
            ValueError: a line is no JSON value on one line; none of the batches is kept.
        """
        written = [checked(batch) for batch in batches if batch]
        if not written:
            return
        with self._file:
            if self._broken:
                raise JournalError(self._broken)
            self._write(b"".join(raw for _, raw in written))
            for batch, raw in written:
                self._length += len(raw)
                self.records.append(Record(self._length, batch))

    def _write(self, data: bytes) -> None:
        try:
            self.disk.append(self._handle, data)
            self.disk.sync(self._handle)
        except OSError as error:
            raise self._take_back(error) from error
        except BaseException:
            self._broken = "a write to the journal was interrupted; restart the daemon"
            raise

    def _take_back(self, error: OSError) -> JournalError:
        """After a failed write: the file ends again where it was durable, or is not used on."""
        text = f"the disk refused to keep the event: {error.strerror or error}"
        try:
            self.disk.truncate(self._handle, self._length)
            self.disk.sync(self._handle)
        except OSError as second:
            self._broken = f"{text}; the journal is closed until the daemon restarts ({second})"
            return JournalError(self._broken)
        return JournalError(text)

    def trim(self, upto: int) -> None:
        """Forgets the records up to that offset; call it when a durable commit holds them.

        Raises:
            JournalError: the disk refuses; the journal is as it was.
        """
        self._keep(lambda record: record if record.end > upto else None)

    def drop(self, is_gone: Callable[[bytes], bool]) -> None:
        """Forgets the lines of which that is true, wherever they stand.

        Raises:
            JournalError: the disk refuses; the journal is as it was.
        """

        def less(record: Record) -> Record | None:
            batch = tuple((shard, raw) for shard, raw in record.batch if not is_gone(raw))
            return Record(record.end, batch) if batch else None

        if any(is_gone(raw) for record in list(self.records) for _, raw in record.batch):
            self._keep(less)

    def _keep(self, kept: Callable[[Record], Record | None]) -> None:
        try:
            self._set_damage_aside()
            self._rewrite(kept)
        except OSError as error:
            raise JournalError(f"the journal cannot be trimmed: {error}") from error

    def _set_damage_aside(self) -> None:
        if self.damage:
            self._set_aside("damaged", b"".join(each.raw for each in self.damage))
            self.damage = []

    def _rewrite(self, kept: Callable[[Record], Record | None]) -> None:
        """Puts a new file of another generation in the journal's place.

        Most of it is written while others append; they wait only while what they appended
        meanwhile is added, and the files change places.

        Raises:
            OSError: the disk refuses. The journal is as it was if the new file had not taken its
                place; if it had, the open file is not the one that the next start would find, so
                appends are refused until then.
        """
        generation = self.new_generation()
        with self._file:
            seen = list(self.records)
        head = _header_of(generation)
        data, moved = _laid_out(len(head), filter(None, map(kept, seen)))
        new = self.path.with_suffix(".new")
        if new.exists():
            self.disk.remove(new)
        self.disk.create(new, head + data)
        with self._file:
            later = filter(None, map(kept, self.records[len(seen) :]))
            more, added = _laid_out(len(head) + len(data), later)
            if more:
                self._add(new, more)
            self._change_places(new)
            self.generation = generation
            self.records, self._length = moved + added, len(head) + len(data) + len(more)

    def _add(self, new: Path, data: bytes) -> None:
        handle = self.disk.open_append(new)
        try:
            self.disk.append(handle, data)
            self.disk.sync(handle)
        finally:
            self.disk.close(handle)

    def _change_places(self, new: Path) -> None:
        """Has the new file be the journal.

        Raises:
            OSError: see `_rewrite`.
        """
        try:
            self.disk.replace(new, self.path)
            handle = self.disk.open_append(self.path)
        except OSError as error:
            if not new.exists():
                self._broken = f"the journal was renewed halfway ({error}); restart the daemon"
            raise
        self.disk.close(self._handle)
        self._handle = handle

    def close(self) -> None:
        """Gives the file back; appends fail from now on."""
        with self._file:
            self._broken = "the journal is closed"
            if self._handle >= 0:
                self.disk.close(self._handle)
                self._handle = -1
