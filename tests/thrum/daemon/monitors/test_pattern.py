"""Patterns of RE2."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from thrum.daemon.monitors.job import LONGEST_MATCH
from thrum.daemon.monitors.pattern import Pattern
from thrum.errors import ThrumError


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("", b"", True),
        ("", b"\xff", True),
        ("ERROR", b"an ERROR here", True),
        ("ERROR", b"error", False),
        ("(?i)error", b"ERROR", True),
        ("^b", b"ab", False),
        ("b$", b"ab", True),
        ("é+", "caféé".encode(), True),
        (r"\bfail(ed|s)?\b", b"it fails", True),
        ("b", b"\xff\x00b", True),
        (r"\x00", b"a\x00", True),
    ],
)
def test_what_matches(text: str, line: bytes, found: bool) -> None:
    assert Pattern(text).matches(line) is found


USUAL = ("a", "b", ".", "^", "$", r"\b", r"\B", r"\s", "[^a]", "(?i:A)", "a*", "b+?", "(a|$)", "|")
RARE = (r"\A", r"\z", "(?-m:^)", "(?s:.)", r"\W", "x{0,2}", r"\Qa\E", r"\n", r"\t")
PARTS = st.sampled_from([*USUAL, *RARE])
LINES = st.lists(st.text("ab \t-Aé\r", max_size=4), min_size=1, max_size=5)


@given(st.lists(PARTS, max_size=5).map("".join), LINES)
def test_lines_looked_at_together_hide_none_that_matches(text: str, lines: list[str]) -> None:
    try:
        of = Pattern(text)
    except ThrumError:
        assume(False)
    if any(of.matches(line.encode()) for line in lines):
        assert of.may_match("\n".join(lines).encode())


def test_lines_that_cannot_match_are_not_looked_at_one_by_one() -> None:
    assert not Pattern("^ERROR$").may_match(b"an ERROR\nERRORS\nfine")
    assert Pattern("^ERROR$").may_match(b"fine\nERROR\nfine")


@pytest.mark.parametrize(
    "text",
    [
        "(",
        "[a",
        "a**",
        "(?=a)",
        "(?<!a)b",
        r"(a)\1",
        "(?P<n>a)(?P=n)",
        "a{1001}",
        "((a{100}){100}){100}",
        "\ud800",
        "a" * (LONGEST_MATCH + 1),
    ],
)
def test_what_is_no_pattern_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(ThrumError) as refused:
        Pattern(text)
    assert refused.value.kind == "invalid_params"
    head, _, why = refused.value.message.partition("invalid match pattern: ")
    assert (head, bool(why)) == ("", True)


@pytest.mark.parametrize("text", ["(a+)+$", "(a|a)*b$", "(x+x+)+y", "(.*a){20}$"])
def test_no_line_takes_long(text: str) -> None:
    # A pattern that tries one way after the other would not come back.
    assert Pattern(text).matches(b"a" * 2000 + b"x" * 2000 + b"!") is False
