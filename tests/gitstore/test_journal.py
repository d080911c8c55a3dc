from __future__ import annotations

import errno
import itertools
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitstore import JournalError, OsDisk
from gitstore.journal import Damage, Journal, decode, encode, scan

Lines = list[tuple[str, bytes]]
batches = st.lists(
    st.tuples(
        st.sampled_from(["events.jsonl", 'messages/ä"b.jsonl']),
        st.dictionaries(st.text(), st.text(), max_size=2).map(lambda d: json.dumps(d).encode()),
    ),
    min_size=1,
    max_size=3,
)


class Counting(OsDisk):
    """A disk that counts syncs and fails when told to."""

    def __init__(self) -> None:
        self.syncs = 0
        self.full_after: int | None = None
        self.fail_sync = False

    def append(self, handle: int, data: bytes) -> None:
        if self.full_after is not None:
            os.write(handle, data[: self.full_after])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().append(handle, data)

    def sync(self, handle: int) -> None:
        self.syncs += 1
        if self.fail_sync:
            self.fail_sync = False
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().sync(handle)


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Callable[..., Journal]]:
    counter = itertools.count()
    path = tmp_path / "journal.jsonl"
    opened: list[Journal] = []

    def make(disk: OsDisk | None = None) -> Journal:
        opened.append(Journal.open(path, disk or OsDisk(), lambda: f"g{next(counter)}"))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


def kept(journal: Journal) -> list[Lines]:
    return [list(record.batch) for record in journal.records]


@given(batches)
def test_a_record_gives_back_the_very_bytes(batch: Lines) -> None:
    assert list(decode(encode(batch).rstrip(b"\n"))) == batch


@given(st.lists(batches, min_size=1, max_size=3), st.data())
def test_a_flipped_bit_is_never_taken_for_a_record(
    written: list[Lines], data: st.DataObject
) -> None:
    whole = b"".join(encode(batch) for batch in written)
    place = data.draw(st.integers(0, len(whole) * 8 - 1))
    broken = bytearray(whole)
    broken[place // 8] ^= 1 << place % 8
    found = list(scan(bytes(broken), 0))
    good = [list(each.batch) for each in found if not isinstance(each, Damage)]
    assert all(batch in written for batch in good)
    # JSON has room for bits without meaning (white space never stands there, letter case of hex
    # digits of the checksum does not count), but nothing can turn into another batch.
    assert len(good) <= len(written)


def test_what_was_appended_is_there_after_reopening(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    journal.append([[("a", b'{"x":1}')], [("b", b'{"y":2}'), ("a", b"{}")]])
    journal.close()
    assert kept(reopen()) == [[("a", b'{"x":1}')], [("b", b'{"y":2}'), ("a", b"{}")]]


def test_the_file_is_private(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    assert journal.path.stat().st_mode & 0o777 == 0o600


@given(cut=st.integers(1, 60))
def test_a_torn_tail_is_cut_and_kept_aside(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("torn") / "journal.jsonl"
    generations = (f"g{n}" for n in itertools.count())
    journal = Journal.open(path, OsDisk(), lambda: next(generations))
    journal.append([[("a", b'{"first":true}')]])
    before = path.stat().st_size
    journal.append([[("a", b'{"second":true,"padding":"xxxxxxxxxxxxxxxxxxxxxxxxxxx"}')]])
    journal.close()
    torn = path.read_bytes()[: max(before, path.stat().st_size - cut)]
    path.write_bytes(torn)
    again = Journal.open(path, OsDisk(), lambda: next(generations))
    assert kept(again) == [[("a", b'{"first":true}')]]
    assert path.stat().st_size == before
    if len(torn) > before:
        assert again.torn is not None
        assert again.torn.read_bytes() == torn[before:]
    again.append([[("a", b'{"third":true}')]])
    again.close()


def test_damage_in_the_middle_stops_nothing_and_is_set_aside(
    reopen: Callable[..., Journal],
) -> None:
    journal = reopen()
    for n in range(3):
        journal.append([[("a", b'{"n":%d}' % n)]])
    journal.close()
    lines = journal.path.read_bytes().split(b"\n")
    lines[2] = lines[2].replace(b'"n":1', b'"n":7')
    journal.path.write_bytes(b"\n".join(lines))
    again = reopen()
    assert kept(again) == [[("a", b'{"n":0}')], [("a", b'{"n":2}')]]
    assert [each.number for each in again.damage] == [3]
    again.trim(again.records[-1].end)
    assert [p.read_bytes() for p in journal.path.parent.glob("journal.damaged-*")] == [
        lines[2] + b"\n"
    ]


def test_a_lost_header_loses_no_record(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    journal.append([[("a", b'{"n":1}')]])
    journal.close()
    data = journal.path.read_bytes()
    journal.path.write_bytes(b"?" + data[1:])
    again = reopen()
    assert kept(again) == [[("a", b'{"n":1}')]]
    assert kept(reopen()) == [[("a", b'{"n":1}')]]


def test_trimming_keeps_what_came_later_and_changes_the_generation(
    reopen: Callable[..., Journal],
) -> None:
    journal = reopen()
    journal.append([[("a", b'{"n":1}')]])
    generation, end, _ = journal.since("", 0)
    journal.append([[("a", b'{"n":2}')]])
    journal.trim(end)
    assert journal.generation != generation
    assert kept(journal) == [[("a", b'{"n":2}')]]
    _, _, records = journal.since(generation, end)
    assert [list(r.batch) for r in records] == [[("a", b'{"n":2}')]]
    journal.append([[("a", b'{"n":3}')]])
    journal.close()
    assert kept(reopen()) == [[("a", b'{"n":2}')], [("a", b'{"n":3}')]]


def test_a_full_disk_keeps_nothing_of_the_batch_and_goes_on_later(
    reopen: Callable[..., Journal],
) -> None:
    disk = Counting()
    journal = reopen(disk)
    journal.append([[("a", b'{"n":1}')]])
    disk.full_after = 10
    with pytest.raises(JournalError, match="No space left"):
        journal.append([[("a", b'{"n":2}')]])
    disk.full_after = None
    journal.append([[("a", b'{"n":3}')]])
    journal.close()
    assert kept(reopen()) == [[("a", b'{"n":1}')], [("a", b'{"n":3}')]]


def test_a_failed_sync_is_a_refusal(reopen: Callable[..., Journal]) -> None:
    disk = Counting()
    journal = reopen(disk)
    disk.fail_sync = True
    with pytest.raises(JournalError):
        journal.append([[("a", b'{"n":1}')]])
    journal.close()
    assert kept(reopen()) == []


def test_batches_that_are_given_together_share_a_sync(reopen: Callable[..., Journal]) -> None:
    disk = Counting()
    journal = reopen(disk)
    journal.append([[("a", b'{"n":%d}' % n)] for n in range(64)])
    assert (len(journal.records), disk.syncs) == (64, 1)
    journal.append([])
    journal.append([[], []])
    assert disk.syncs == 1


def test_threads_do_not_write_into_each_others_records(reopen: Callable[..., Journal]) -> None:
    journal = reopen()
    gate = threading.Barrier(8)

    def sender(n: int) -> None:
        gate.wait()
        for m in range(25):
            journal.append([[("a", b'{"n":%d,"m":%d}' % (n, m))]])

    threads = [threading.Thread(target=sender, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ends = [record.end for record in journal.records]
    assert ends == sorted(set(ends))
    journal.close()
    again = reopen()
    assert [record.end for record in again.records] == ends
    written = {b'{"n":%d,"m":%d}' % (n, m) for n in range(8) for m in range(25)}
    assert {raw for lines in kept(again) for _, raw in lines} == written


@pytest.mark.parametrize(
    "line", [b'{"a":\n1}', b'{"a":1', b"NaN", b"", b'{},"shard":"q"', b'{"a":"\xff']
)
def test_a_line_that_could_not_be_read_back_is_refused(
    reopen: Callable[..., Journal], line: bytes
) -> None:
    journal = reopen()
    with pytest.raises(ValueError, match=r"JSON"):
        journal.append([[("a", b'{"n":1}'), ("a", line)]])
    journal.append([[("a", b'{"n":2}')]])
    journal.close()
    assert kept(reopen()) == [[("a", b'{"n":2}')]]


def aside(journal: Journal) -> bytes:
    """Everything that was kept beside the journal, and what it still skips."""
    paths = sorted(journal.path.parent.glob("journal.*-*"))
    return b"".join([p.read_bytes() for p in paths] + [each.raw for each in journal.damage])


def test_damage_at_every_byte_costs_no_other_record_and_no_byte_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "whole" / "journal.jsonl"
    path.parent.mkdir()
    generations = (f"g{n}" for n in itertools.count())
    journal = Journal.open(path, OsDisk(), lambda: next(generations))
    written = [[("a", b'{"n":%d}' % n)] for n in range(4)]
    for batch in written:
        journal.append([batch])
    ends = [record.end for record in journal.records]
    journal.close()
    whole = path.read_bytes()
    # A newline that is gone costs the records on both of its sides.
    starts = [ends[0] - len(encode(written[0])), *ends]
    for place in range(len(whole)):
        untouched = [b for b, end in zip(written, ends, strict=True) if end <= place]
        _survives(tmp_path / f"cut-{place}", whole[:place], written, untouched)
        untouched = [
            batch
            for batch, start, end in zip(written, starts, ends, strict=False)
            if not start - 1 <= place < end
        ]
        flipped = whole[:place] + bytes([whole[place] ^ 1 << place % 8]) + whole[place + 1 :]
        _survives(tmp_path / f"flipped-{place}", flipped, written, untouched)


def _survives(folder: Path, data: bytes, written: list[Lines], untouched: list[Lines]) -> None:
    """A journal of these bytes has the untouched batches, nothing false, and keeps every line."""
    folder.mkdir()
    path = folder / "journal.jsonl"
    path.write_bytes(data)
    generations = (f"{folder.name}-{n}" for n in itertools.count())
    again = Journal.open(path, OsDisk(), lambda: next(generations))
    assert all(batch in kept(again) for batch in untouched)
    assert all(batch in written for batch in kept(again))
    unread = [line for line in data.split(b"\n") if line and line not in aside(again)]
    assert all(line in path.read_bytes() for line in unread)
    again.append([[("a", b'{"late":1}')]])
    again.close()
    reopened = Journal.open(path, OsDisk(), lambda: next(generations))
    assert kept(reopened)[-1] == [("a", b'{"late":1}')]
    reopened.close()


class Failing(OsDisk):
    """A disk whose next call of one kind fails, before or after it has taken effect."""

    call = ""
    after = False

    def replace(self, source: Path, target: Path) -> None:
        if self.call == "replace" and not self.after:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().replace(source, target)
        if self.call == "replace":
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    def open_append(self, path: Path) -> int:
        if self.call == "open":
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return super().open_append(path)

    def append(self, handle: int, data: bytes) -> None:
        if self.call == "append":
            raise MemoryError
        super().append(handle, data)


@pytest.mark.parametrize(("call", "after"), [("replace", False), ("replace", True), ("open", True)])
def test_an_append_behind_a_trim_that_failed_is_kept_or_refused(
    reopen: Callable[..., Journal], call: str, after: bool
) -> None:
    disk = Failing()
    journal = reopen(disk)
    journal.append([[("a", b'{"n":1}')]])
    disk.call, disk.after = call, after
    with pytest.raises(JournalError, match="trimmed"):
        journal.trim(journal.records[-1].end)
    disk.call = ""
    acknowledged = []
    try:
        journal.append([[("a", b'{"n":2}')]])
        acknowledged.append([("a", b'{"n":2}')])
    except JournalError as error:
        assert "restart" in str(error)
    # A full disk that has space again is no reason to stop.
    assert bool(acknowledged) == (not after)
    journal.close()
    assert all(batch in kept(reopen()) for batch in acknowledged)


class Busy(OsDisk):
    """A disk on which somebody appends while a file is made."""

    def __init__(self) -> None:
        self.meanwhile: Callable[[], None] = lambda: None
        self.fails = False

    def create(self, path: Path, data: bytes, mode: int = 0o600) -> None:
        super().create(path, data, mode)
        other = threading.Thread(target=self.meanwhile, daemon=True)
        other.start()
        other.join(10)
        assert not other.is_alive(), "who appends has to wait for the disk"

    def open_append(self, path: Path) -> int:
        if self.fails and path.suffix == ".new":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().open_append(path)


@pytest.mark.parametrize("fails", [False, True])
def test_what_is_appended_during_a_trim_is_kept(
    reopen: Callable[..., Journal], fails: bool
) -> None:
    disk = Busy()
    journal = reopen(disk)
    first, gone, later = ([("a", b'{"n":%d}' % number)] for number in (1, 2, 3))
    journal.append([first])
    upto = journal.records[-1].end
    disk.meanwhile, disk.fails = lambda: journal.append([later, gone]), fails
    if fails:
        with pytest.raises(JournalError, match="trimmed"):
            journal.trim(upto)
        assert kept(journal) == [first, later, gone]
    else:
        journal.trim(upto)
        assert kept(journal) == [later, gone]
    _, end, records = journal.since("", 0)
    assert records[-1].end == end == journal.path.stat().st_size
    disk.meanwhile, disk.fails = lambda: None, False
    journal.drop(lambda raw: raw == gone[0][1])
    before = kept(journal)
    journal.close()
    assert kept(reopen()) == before
    assert before[-1] == later


def test_a_write_that_dies_leaves_nobody_waiting(reopen: Callable[..., Journal]) -> None:
    disk = Failing()
    journal = reopen(disk)
    disk.call = "append"
    with pytest.raises(MemoryError):
        journal.append([[("a", b'{"n":1}')]])
    disk.call = ""
    refused: list[JournalError] = []

    def another() -> None:
        try:
            journal.append([[("a", b"{}")]])
        except JournalError as error:
            refused.append(error)

    other = threading.Thread(target=another, daemon=True)
    other.start()
    other.join(10)
    assert refused
