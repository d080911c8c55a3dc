"""One line of the log, and the lines of a file."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitstore import canonical
from thrum import clock
from thrum.history.entry import entries_of, entry, has_odd_lines, newest_moment, plain

TIME = "2026-01-01T00:00:05.5Z"


def line(**fields: object) -> bytes:
    base = {
        "type": "message.delete",
        "message_id": "msg_1",
        "event_id": "evt_1",
        "timestamp": TIME,
    }
    return canonical({key: value for key, value in (base | fields).items() if value is not None})


def test_an_event_says_what_when_and_about_what() -> None:
    found = entry("messages/ann.jsonl", 3, line())
    assert (found.type, found.event_id, found.message_id) == ("message.delete", "evt_1", "msg_1")
    assert found.moment == clock.parse(TIME)
    assert found.key == (clock.parse(TIME), "evt_1")
    assert found.problem == ""


def test_a_type_that_nobody_knows_is_told_as_it_is() -> None:
    found = entry("events.jsonl", 1, line(type="weather.report"))
    assert (found.type, found.message_id, found.problem) == ("weather.report", "", "")


@pytest.mark.parametrize(
    ("path", "row", "kind"),
    [
        (
            "messages-v2/ann.jsonl",
            {"message_id": "msg_1", "author_id": "ann", "created_at": TIME},
            "messages-v2",
        ),
        (
            "receipts/ann.jsonl",
            {"message_id": "msg_1", "agent_id": "ann", "read_at": TIME},
            "receipts",
        ),
    ],
)
def test_a_row_has_the_type_of_its_folder_and_its_bytes_for_an_id(
    path: str, row: dict[str, str], kind: str
) -> None:
    raw = canonical(row)
    found = entry(path, 1, raw)
    assert (found.type, found.event_id, found.message_id) == (kind, "", "msg_1")
    assert found.key == (clock.parse(TIME), raw.decode())


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"\xff", line(message_id=None), line(v="x")])
def test_a_line_that_nobody_can_read_says_why(raw: bytes) -> None:
    found = entry("events.jsonl", 7, raw)
    assert found.body is None
    assert found.problem
    assert (found.number, found.raw, found.type, found.moment) == (7, raw, "", 0)


@given(st.binary(max_size=60), st.text(max_size=10))
def test_any_bytes_of_any_file_are_an_entry(raw: bytes, path: str) -> None:
    found = entry(path, 1, raw)
    assert (found.body is None) == bool(found.problem)
    assert found.key


def test_lines_are_numbered_as_an_editor_does() -> None:
    data = line(event_id="evt_1") + b"\n\n" + b"{torn\n" + line(event_id="evt_2")
    found = list(entries_of("events.jsonl", data))
    assert [(each.number, each.event_id) for each in found] == [(1, "evt_1"), (3, ""), (4, "evt_2")]


def test_of_wanted_ids_only_their_lines_and_those_without_one_are_read() -> None:
    lines = [line(event_id="evt_1"), line(event_id="evt_2"), line(event_id=None), b"{torn"]
    found = list(entries_of("events.jsonl", b"\n".join(lines), [b"evt_2"]))
    assert [each.number for each in found] == [2, 3, 4]
    assert has_odd_lines(b"\n".join(lines) + b"\n")
    assert not has_odd_lines(lines[0] + b"\n" + lines[1] + b"\n")


seconds = st.integers(0, 4_000_000_000)


@given(st.lists(seconds, min_size=1, max_size=6), st.integers(0, 9))
def test_no_line_is_newer_than_the_newest_moment(times: list[int], digits: int) -> None:
    texts = []
    for number, second in enumerate(times):
        whole = clock.format_seconds(second * 10**9)[:-1]
        texts.append(f"{whole}.{str(number) * digits}Z" if digits else f"{whole}Z")
    data = b"".join(line(timestamp=text) + b"\n" for text in texts)
    newest = max(clock.parse(text) for text in texts)
    assert newest <= newest_moment(data) <= newest + 10**9


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{torn\n",
        line(timestamp="2026-01-01T00:00:00+02:00") + b"\n",
        line(timestamp="9999-99-99T00:00:00Z") + b"\n",
        line(event_id=None) + b"\n",
        line() + b"\n" + b"{}\n",
    ],
)
def test_where_it_cannot_be_told_nothing_is_passed_over(data: bytes) -> None:
    assert newest_moment(data) == math.inf


def test_all_that_stands_in_a_line_is_told_and_numbers_stay_numbers() -> None:
    assert plain(line(other=[1, 2.5, None])) == json.loads(line(other=[1, 2.5, None]))
    huge = "9" * 5000
    assert plain(b'{"n":' + huge.encode() + b"}") == {"n": huge}
    assert plain(b'{"n":1,"f":1e999,"i":' + huge.encode() + b"}") == {
        "n": 1,
        "f": "1e999",
        "i": huge,
    }
