"""What is read from transcripts as the runtimes write them, damaged, endless, or half-written."""

from __future__ import annotations

import json
import tempfile
import threading
import tracemalloc
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import examples
from thrum.runtimes import registry
from thrum.runtimes.contract import Turn
from thrum.snapshots import backwards, conversation

FOLDER = Path(__file__).parents[3] / "fixtures" / "transcripts"
RECORDED = sorted(FOLDER.glob("*/*.jsonl"))


def lines_of(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines()


def expected(file: Path) -> list[str]:
    """What was said in a recorded one: ``> `` before what the person said."""
    return file.with_suffix(".txt").read_text().splitlines()


def spelled(turns: Iterable[Turn]) -> list[str]:
    return [("> " if each.who == "user" else "") + each.text for each in turns]


def read(lines: Iterable[bytes], runtime: str, most: int = 10_000) -> list[str]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"".join(lines))
        file.flush()
        turns, _ = conversation.read(Path(file.name), registry.adapter(runtime), most)
    return spelled(turns)


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_recorded_conversation_is_read(file: Path) -> None:
    turns, is_whole = conversation.read(file, registry.adapter(file.parent.name), 200)
    assert spelled(turns) == expected(file)
    assert is_whole


def test_each_runtime_whose_conversations_are_read_has_a_recorded_one() -> None:
    able = {name for name in registry.MODULES if registry.adapter(name).has_transcripts}
    assert {file.parent.name for file in RECORDED} == able


FILES = st.sampled_from(RECORDED)
GARBAGE = st.sampled_from(
    (b"", b"{", b"[]", b"null", b'"text"', b"\xff\x00", b"[" * 9_999, b'{"type": 7}', b'{"id": []}')
)


@settings(max_examples=examples(40))
@given(file=FILES, data=st.data())
def test_a_file_that_ends_anywhere_says_nothing_that_was_not_said(
    file: Path, data: st.DataObject
) -> None:
    content = file.read_bytes()
    end = data.draw(st.integers(0, len(content)))
    every = texts(file)
    assert set(read([content[:end]], file.parent.name)) <= every


@settings(max_examples=examples(40))
@given(file=FILES, data=st.data())
def test_garbage_between_the_lines_says_nothing_and_hides_nothing(
    file: Path, data: st.DataObject
) -> None:
    lines = []
    for line in lines_of(file):
        lines += [each + b"\n" for each in data.draw(st.lists(GARBAGE, max_size=2))]
        lines.append(line + b"\n")
    assert read(lines, file.parent.name) == expected(file)


@settings(max_examples=examples(40))
@given(file=FILES, data=st.data())
def test_lines_that_are_lost_make_nothing_up(file: Path, data: st.DataObject) -> None:
    lines = lines_of(file)
    kept = data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines)))
    some = [line + b"\n" for line, is_kept in zip(lines, kept, strict=True) if is_kept]
    assert set(read(some, file.parent.name)) <= texts(file)


def texts(file: Path) -> set[str]:
    """All that was ever said in it, also what was taken back later."""
    adapter = registry.adapter(file.parent.name)
    found = set()
    for line in lines_of(file):
        for record in adapter.records(json.loads(line)):
            turns = [each._replace(text=each.text.strip()) for each in adapter.turns(record)]
            cleaned = conversation._cleaned(turns)
            found.update(spelled(cleaned))
    return found


def claude(number: int, text: str, who: str = "user", size: int = 0) -> bytes:
    line: dict[str, Any] = {
        "type": who,
        "uuid": f"u{number}",
        "parentUuid": f"u{number - 1}" if number else None,
        "message": {"content": [{"type": "text", "text": text}]},
    }
    return json.dumps(line | {"toolUseResult": "x" * size}).encode() + b"\n"


def test_of_a_line_whose_end_is_still_to_come_nothing_is_said() -> None:
    whole = [claude(0, "a"), claude(1, "b")]
    for cut in range(1, len(whole[1]) - 1):
        assert read([whole[0], whole[1][:cut]], "claude") == ["> a"]
    assert read([whole[0], whole[1][:-1]], "claude") == ["> a", "> b"]


def test_a_line_that_is_too_long_is_passed_over_and_the_longest_is_not() -> None:
    long = claude(1, "long", size=backwards.LONGEST - 200)
    longer = claude(1, "longer", size=backwards.LONGEST)
    assert len(long) <= backwards.LONGEST < len(longer)
    around = claude(0, "a"), claude(2, "b")
    assert read([around[0], long, around[1]], "claude") == ["> a", "> long", "> b"]
    assert read([around[0], longer, around[1]], "claude") == ["> a", "> b"]


def test_of_an_endless_transcript_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    result = claude(7, "", size=100_000)
    with path.open("wb") as file:
        for number in range(6):
            file.write(claude(number, f"early {number}"))
        file.truncate(500_000_000)  # a hole
        file.seek(0, 2)
        file.write(b"\n" + b"".join([claude(5, "before"), *[result] * 20]))
        for number in range(6, 2_000):
            file.write(claude(number, f"late {number}"))
    tracemalloc.start()
    turns, is_whole = conversation.read(path, registry.adapter("claude"), 200)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert not is_whole
    assert spelled(turns)[-200:] == [f"> late {number}" for number in range(1_800, 2_000)]
    assert peak < 20_000_000
    # Where too little was said at the end, no more is looked at than a bound.
    turns, is_whole = conversation.read(path, registry.adapter("claude"), 10**6, 5_000_000)
    assert (turns[0].text, is_whole) == ("before", False)


def test_a_file_that_grows_meanwhile_is_read_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "s.jsonl"
    path.write_bytes(b"".join(claude(number, f"n{number}") for number in range(300)))
    ends = threading.Event()

    def grow() -> None:
        with path.open("ab", buffering=0) as file:
            for number in range(300, 100_000):
                line = claude(number, f"n{number}")
                file.write(line[:20])
                file.write(line[20:])
                if ends.is_set():
                    return

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        for _ in range(30):
            turns, _ = conversation.read(path, registry.adapter("claude"), 50)
            numbers = [int(each.text[1:]) for each in turns]
            assert numbers == list(range(numbers[0], numbers[-1] + 1))
            assert len(numbers) >= 50
    finally:
        ends.set()
        writer.join()
