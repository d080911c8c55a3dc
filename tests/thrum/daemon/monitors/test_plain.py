"""Output as text that can be shown anywhere."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.monitors.plain import plain


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\x1b[31;1mERROR\x1b[0m x", "ERROR x"),
        (b"\x1b]0;title\x07shown", "shown"),
        (b"\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1b]0;never ends\nnext", "\nnext"),
        (b"a\x00b\x08\x7f\rc", "abc"),
        (b"a\tb\nc", "a\tb\nc"),
        (b"\xff\xfe ok", "\ufffd\ufffd ok"),
        ("‮gnp.exe".encode(), "gnp.exe"),
        ("a\u2028b\x85c".encode(), "abc"),
        (b"\x1b", ""),
        (b"\x1b[", ""),
        (b"\x1bc\x1b(Bx", "x"),
        (b"\x1bP1$qm\x1b\\x", "x"),
        ("日本 é 🙂".encode(), "日本 é 🙂"),
    ],
)
def test_what_is_left(data: bytes, text: str) -> None:
    assert plain(data) == text


pieces = st.lists(
    st.sampled_from([b"\x1b", b"[", b"]", b"\\", b"\x07", b"\n", b"a", b"\xff", b"\xe2\x80\xae"])
).map(b"".join)


@given(pieces | st.binary())
def test_lines_stay_and_nothing_commands(data: bytes) -> None:
    text = plain(data)
    assert text.count("\n") == data.count(b"\n")
    left = {c for c in text if unicodedata.category(c) == "Cc"}
    assert left <= {"\n", "\t"}


def test_a_hostile_text_is_passed_once() -> None:
    # Each of these would take hours where one start after the other is tried to the end.
    for data in (b"\x1b]" * 500_000, b"\x1b[" * 500_000, b"\x1b" * 1_000_000):
        assert "\x1b" not in plain(data)
