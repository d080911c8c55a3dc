"""Sorting by runs gives what sorting in memory gives, and leaves nothing behind."""

from __future__ import annotations

import errno
import marshal
import tempfile
from typing import IO, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitstore import Line, canonical
from tests.laws import examples
from thrum.daemon.projection import sorting
from thrum.daemon.projection.sorting import in_order, place
from thrum.errors import ThrumError

KINDS = ["message.receipt", "message.create", "agent.register", "unheard.of"]


def event(number: int, kind: str = "message.create", path: str = "events.jsonl") -> Line:
    fields = {"type": kind, "timestamp": f"2026-01-{number:04}", "event_id": f"evt_{number:04}"}
    return Line(path, number, canonical(fields))


usual = st.builds(event, st.integers(0, 9), st.sampled_from(KINDS))
rows = st.builds(
    lambda day: Line("receipts/x.jsonl", 1, canonical({"read_at": f"2026-01-{day}"})),
    st.integers(10, 20),
)
odd = st.builds(lambda raw: Line("events.jsonl", -1, raw), st.binary(max_size=20))


@settings(max_examples=examples(200))
@given(
    lines=st.lists(st.one_of(usual, rows, odd), max_size=40),
    run_bytes=st.sampled_from([0, 1000, 5000, sorting.RUN_BYTES]),
)
def test_every_line_comes_once_and_in_order(lines: list[Line], run_bytes: int) -> None:
    found = list(in_order(lines, run_bytes))
    assert found == sorted(lines, key=lambda line: (*place(line), *line))


def test_people_come_before_messages_and_those_before_their_receipts() -> None:
    lines = [event(1, "message.receipt"), event(2), event(3, "agent.register")]
    found = [line.offset for line in in_order([*lines, Line("receipts/x.jsonl", 4, b"{}")])]
    assert found == [3, 2, 1, 4]


def test_few_lines_make_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("a file was made")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert len(list(in_order([event(1), event(2)]))) == 2


def test_memory_holds_one_run_and_a_piece_of_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    stored: list[int] = []
    store = marshal.dumps

    def count(piece: list[object]) -> bytes:
        stored.append(len(piece))
        return store(piece)

    monkeypatch.setattr(marshal, "dumps", count)
    numbers = [line.offset for line in in_order((event(n) for n in range(5000)), 500_000)]
    assert numbers == list(range(5000))
    assert max(stored) <= sorting._AT_ONCE
    assert 5000 - sum(stored) <= 500_000 / sorting._BESIDE


def test_nothing_stays_of_a_sort_that_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[IO[bytes]] = []
    make = tempfile.TemporaryFile

    def keep(*args: Any, **options: Any) -> IO[bytes]:
        made.append(make(*args, **options))
        return made[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", keep)
    lines = in_order((event(n) for n in range(100)), 1000)
    assert next(lines).offset == 0
    assert [file.closed for file in made] == [False]
    lines.close()
    assert [file.closed for file in made] == [True]


def test_no_room_for_the_file_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(ThrumError, match="No space left") as caught:
        list(in_order((event(n) for n in range(100)), 1000))
    assert caught.value.kind == "storage"
