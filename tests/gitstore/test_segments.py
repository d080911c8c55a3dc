"""Files of a shard grow until they are full, and what is in a full one stays there."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pygit2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitstore import Format, Log
from gitstore.objects import Objects
from gitstore.segments import Segments, taking
from gitstore.tree import flat
from tests.laws import examples

Git = Callable[..., str]
SMALL = Format(segment_bytes=100)
SHARD = "messages/a.jsonl"


@pytest.fixture
def objects(tmp_path: Path, git: Git) -> Objects:
    git("init", "-q", "one", cwd=tmp_path)
    return Objects(pygit2.Repository(str(tmp_path / "one")), SMALL.author)


def line(number: int, text: str = "") -> bytes:
    return b'{"event_id":"e%03d","timestamp":"%03d","text":"%s"}' % (number, number, text.encode())


def held(objects: Objects, tree: pygit2.Oid) -> dict[str, list[bytes]]:
    found = flat(objects.repository, tree)
    return {path: objects.data(blob).splitlines() for path, (blob, _) in found}


@settings(max_examples=examples(25))
@given(sizes=st.lists(st.integers(1, 700), min_size=1, max_size=25), every=st.integers(1, 6))
def test_segments_stay_bounded_and_lines_never_move(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], every: int
) -> None:
    where = tmp_path_factory.mktemp("segments")
    subprocess.run(["git", "init", "-q", str(where)], check=True)
    format = Format(segment_bytes=1000)
    log = Log.open(where, journal=where / ".thrum/var/journal.jsonl", format=format)
    home: dict[bytes, str] = {}
    for number, size in enumerate(sizes):
        raw = b'{"event_id":"e%05d","text":"%s","timestamp":"%05d"}' % (number, b"x" * size, number)
        log.append([[("messages/a.jsonl", raw)]])
        if number % every == 0:
            log.commit()
        for line in log.read():
            assert home.setdefault(line.raw, line.path) == line.path
    log.commit()
    found = list(log.read())
    assert len(found) == len(sizes)
    used = {line.path for line in found}
    assert used == {format.segment("messages/a.jsonl", n) for n in range(1, len(used) + 1)}
    for path in used:
        held = [line.raw for line in found if line.path == path]
        assert sum(len(raw) + 1 for raw in held[:-1]) < 1000
    log.close()


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=9), st.integers(1, 100))
def test_one_more_than_fits_is_taken_and_never_less_than_one(lines: list[bytes], room: int) -> None:
    taken = taking(lines, room)
    sizes = [len(raw) + 1 for raw in lines]
    assert 1 <= taken <= len(lines)
    assert sum(sizes[: taken - 1]) < room
    assert taken == len(lines) or sum(sizes[:taken]) >= room


def test_many_lines_fill_one_file_after_the_other(objects: Objects) -> None:
    empty = objects.tree(b"")
    lines = [line(number) for number in range(8)]
    tree, count = Segments(objects, SMALL, unsure=False).added_to(empty, {SHARD: lines})
    found = held(objects, tree)
    assert count == len(lines)
    assert sorted(raw for raws in found.values() for raw in raws) == lines
    assert list(found) == [SMALL.segment(SHARD, number) for number in range(1, len(found) + 1)]
    assert len(found) > 2


def test_the_last_file_is_found_anew_and_after_it_went(objects: Objects) -> None:
    empty = objects.tree(b"")
    segments = Segments(objects, SMALL, unsure=False)
    tree, _ = segments.added_to(empty, {SHARD: [line(number) for number in range(20)]})
    last = max(
        number for number in range(1, 20) if SMALL.segment(SHARD, number) in held(objects, tree)
    )
    more, _ = Segments(objects, SMALL, unsure=False).added_to(tree, {SHARD: [line(99)]})
    changed = {path for path, raws in held(objects, more).items() if line(99) in raws}
    assert changed <= {SMALL.segment(SHARD, last), SMALL.segment(SHARD, last + 1)}
    # Somebody moved the branch back to where there was no such file.
    again, _ = segments.added_to(empty, {SHARD: [line(99)]})
    assert held(objects, again) == {SHARD: [line(99)]}


def test_only_who_is_unsure_searches_files_that_are_closed(objects: Objects) -> None:
    empty = objects.tree(b"")
    lines = [line(number) for number in range(20)]
    tree, _ = Segments(objects, SMALL, unsure=False).added_to(empty, {SHARD: lines})
    same, count = Segments(objects, SMALL, unsure=True).added_to(tree, {SHARD: lines})
    assert (same, count) == (tree, 0)
    _, count = Segments(objects, SMALL, unsure=False).added_to(tree, {SHARD: lines[:1]})
    assert count == 1


def test_of_two_lines_with_one_id_the_earlier_stands(objects: Objects) -> None:
    empty = objects.tree(b"")
    segments = Segments(objects, SMALL, unsure=False)
    low, high = line(1, "a"), line(1, "b")
    tree, count = segments.added_to(empty, {SHARD: [high, low]})
    assert (held(objects, tree), count) == ({SHARD: [low]}, 1)
    tree, _ = segments.added_to(empty, {SHARD: [high]})
    tree, _ = segments.added_to(tree, {SHARD: [low]})
    assert held(objects, tree) == {SHARD: [low]}
