from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitstore import Format
from gitstore.line import (
    DEEPEST,
    Conflict,
    Reader,
    canonical,
    is_object,
    is_too_deep,
    newer,
    normal,
    split,
)

READER = Reader(Format())
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def line(id: str, order: str = "2026", **more: object) -> bytes:
    return canonical({"event_id": id, "timestamp": order, **more})


lines = st.one_of(
    st.builds(line, st.sampled_from("abcdef"), st.sampled_from(["1", "2", "3"]), x=json_values),
    st.sampled_from(
        [b"{not json", b"[]", b"{}", b'{"event_id":5}', b'{"event_id":""}', b"\xff\xfe"]
    ),
    st.binary(min_size=1, max_size=20).filter(lambda raw: b"\n" not in raw),
)
files = st.lists(lines, max_size=8).map(lambda found: b"\n".join(found))


@given(st.dictionaries(st.text(), json_values))
def test_canonical_bytes_mean_the_same_and_are_sorted_and_escaped(value: dict[str, object]) -> None:
    data = canonical(value)
    assert json.loads(data) == value
    assert not any(sign in data for sign in (b"<", b">", b"&", b"\n"))
    assert "\u2028".encode() not in data
    assert list(json.loads(data)) == sorted(value)


def test_canonical_bytes_are_those_of_the_recorded_partner() -> None:
    value = {"b": '<&>\u2028\u2029é\x01\x7f\b\f\n\r\t"\\/', "a": {"z": 1, "y": [True, None]}}
    assert canonical(value) == (
        b'{"a":{"y":[true,null],"z":1},"b":"\\u003c\\u0026\\u003e\\u2028\\u2029\xc3\xa9\\u0001\x7f'
        b'\\b\\f\\n\\r\\t\\"\\\\/"}'
    )


def test_text_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(ValueError):
        canonical({"text": "\ud800"})


@given(st.binary())
def test_split_gives_every_line_with_its_offset(data: bytes) -> None:
    for offset, raw in split(data):
        assert data[offset : offset + len(raw)] == raw
        assert raw
        assert b"\n" not in raw
    assert b"".join(raw for _, raw in split(data)) == data.replace(b"\n", b"")


@given(files, files, files, st.randoms(use_true_random=False))
def test_the_union_is_commutative_associative_idempotent(
    a: bytes, b: bytes, c: bytes, order: random.Random
) -> None:
    def union(*sides: bytes) -> bytes:
        return normal("f", sides, READER)

    assert union(a, b) == union(b, a)
    assert union(union(a, b), c) == union(a, union(b, c)) == union(a, b, c)
    once = union(a, b, c)
    assert union(once, once) == once
    shuffled = once.split(b"\n")
    order.shuffle(shuffled)
    assert union(b"\n".join(shuffled)) == once


@given(files, files)
def test_the_union_loses_no_id_and_no_line_without_one(a: bytes, b: bytes) -> None:
    united = {raw for _, raw in split(normal("f", (a, b), READER))}
    every = {raw for data in (a, b) for _, raw in split(data)}
    assert {READER.keys(raw).id for raw in united} == {READER.keys(raw).id for raw in every}
    assert {raw for raw in every if not READER.keys(raw).id} <= united
    assert united <= every


def test_of_two_lines_with_one_id_the_earlier_stands_and_the_other_is_reported() -> None:
    early, late = line("a", "1", x="zzz"), line("a", "2", x="aaa")
    conflicts: list[Conflict] = []
    assert normal("f", (late, early), READER, conflicts) == early + b"\n"
    assert conflicts == [Conflict("f", "a", early, late)]


def test_lines_stand_by_time_then_id_and_the_unreadable_at_the_end() -> None:
    data = b"\n".join([b"junk", line("b", "2"), line("a", "2"), line("z", "1")])
    ids = [READER.keys(raw).id for _, raw in split(normal("f", (data,), READER))]
    assert ids == ["z", "a", "b", ""]


@given(st.binary(), st.binary())
def test_newer_does_not_depend_on_the_side(a: bytes, b: bytes) -> None:
    assert newer(a, b, READER) == newer(b, a, READER)


def test_newer_takes_the_later_moment() -> None:
    old, new = b'{"last_seen_at":"2025","x":9}', b'{"last_seen_at":"2026","x":1}'
    assert newer(old, new, READER) == new


def nested(depth: int) -> bytes:
    """A line whose deepest list stands in so many others, the line's own object counted."""
    inner = b"[" * (depth - 1) + b"]" * (depth - 1)
    return b'{"event_id":"a","created_at":"2026","more":' + inner + b"}"


@pytest.mark.parametrize("depth", [DEEPEST + 1, 990, 3_000, 1_000_000])
def test_what_is_nested_too_deeply_has_no_id_and_is_kept(depth: int) -> None:
    raw = nested(depth)
    assert READER.keys(raw) == ("", "")
    assert READER.row_order(raw) == ""
    assert not is_object(raw)
    assert normal("f", [raw, line("b")], READER) == line("b") + b"\n" + raw + b"\n"


def test_the_bound_counts_nesting_and_nothing_else() -> None:
    assert READER.keys(nested(DEEPEST)).id == "a"
    wide = line("a", text='[{"\\' * 999, more=[[{}]] * 999)
    assert READER.keys(wide).id == "a"
    assert is_too_deep(b'"' + b'\\"[' * 999 + b'",' + b"[" * (DEEPEST + 1))
    assert not is_too_deep(b'"never ended ' + b"[" * 999)


def test_what_has_an_id_does_not_hang_on_how_deep_the_caller_stands() -> None:
    def below(calls: int) -> bool:
        return below(calls - 1) if calls else READER.keys(nested(DEEPEST)).id == "a"

    assert below(0)
    assert below(600)
