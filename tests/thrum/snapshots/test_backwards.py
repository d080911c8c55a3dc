"""Lines from the end of a file are its lines, however they lie and whoever writes meanwhile."""

from __future__ import annotations

import os
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import examples
from thrum.snapshots import backwards

SIZES = st.sampled_from((0, 1, 7, 255, 256, 257, 700))
CONTENT = st.lists(SIZES.map(lambda size: b"x" * size), max_size=9).map(b"\n".join)


@settings(max_examples=examples(60))
@given(content=CONTENT, piece=st.sampled_from((1, 2, 255, 256, 1024)), longest=SIZES)
def test_they_are_the_lines_of_the_file_in_turn(content: bytes, piece: int, longest: int) -> None:
    with pytest.MonkeyPatch.context() as patch, tempfile.NamedTemporaryFile() as file:
        patch.setattr(backwards, "_PIECE", piece)
        patch.setattr(backwards, "LONGEST", longest)
        file.write(content)
        file.flush()
        found = list(backwards.lines(Path(file.name)))[::-1]
    whole = content.split(b"\n")
    assert [each.data for each in found] == [
        each if len(each) <= longest else b"" for each in whole
    ]
    assert [each.start for each in found] == [
        sum(len(each) + 1 for each in whole[:number]) for number in range(len(whole))
    ]


def test_what_is_appended_meanwhile_is_not_seen(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"a\n" * 400_000 + b"last")
    found = backwards.lines(path)
    assert next(found).data == b"last"
    with path.open("ab") as more:
        more.write(b" and more\nnew\n")
    assert {each.data for each in found} == {b"a"}


def test_one_that_is_cut_off_meanwhile_ends(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"a\n" * 400_000)
    found = backwards.lines(path)
    next(found)
    path.write_bytes(b"b\n")
    assert {each.data for each in found} <= {b"a", b"b", b""}


def test_a_file_of_any_size_takes_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        file.write(b"first\n" + b"x" * 30_000_000 + b"\n")
        os.ftruncate(file.fileno(), 500_000_000)  # a hole, which is one line without an end
    tracemalloc.start()
    found = list(backwards.lines(path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [each.data for each in found] == [b"", b"", b"first"]
    assert peak < 2.5 * backwards.LONGEST


def test_a_pipe_is_refused_and_nobody_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert [each.data for each in backwards.lines(tmp_path / "pipe")] == [b""]
    with pytest.raises(OSError):
        list(backwards.lines(tmp_path / "none"))
