"""What is claimed, what it covers, and what overlaps."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.claims import patterns
from thrum.claims.patterns import What, covers, escaped, overlap, read
from thrum.errors import ThrumError


@pytest.mark.parametrize(
    ("said", "directory", "text"),
    [
        ("src/a.py", "", "src/a.py"),
        ("./src//a.py/", "", "src/a.py"),
        ("a.py", "src/x", "src/x/a.py"),
        ("../a.py", "src/x", "src/a.py"),
        ("..", "src", "."),
        (".", "", "."),
        ("*.py", "[x]", r"\[x\]/*.py"),
        (r"app/\[id\]", "", r"app/\[id\]"),
        ("e\u0301.md", "", "\u00e9.md"),
        ("./ab:c", "", "ab:c"),
        ("a/b:c", "", "a/b:c"),
        ("c:d", "", "c:d"),
    ],
)
def test_paths_are_told_from_the_root(said: str, directory: str, text: str) -> None:
    found = read(said, directory)
    assert found == What("path", text)
    assert patterns.is_right(found)


def test_a_word_and_a_colon_make_a_key() -> None:
    assert read("task:auth-42", "src") == What("key", "task:auth-42")
    assert overlap(read("task:auth-42"), read("Task:AUTH-42"))
    assert not overlap(read("task:auth-42"), read("task:auth-4"))
    assert not overlap(read("task:x"), What("path", "task:x"))


@pytest.mark.parametrize(
    "said",
    [
        *("", " ", "/etc/passwd", "~/x", "../x", "a/../../x", "a\0b", "a\nb", "a[", "a[/]b", "[]"),
        *("[z-a]", "a\\", "*/" * 40, "*a" * 40, "x" * 2000, "?" * 25, "key:\0"),
    ],
)
def test_what_can_be_nothing_is_refused_in_a_sentence(said: str) -> None:
    with pytest.raises(ThrumError) as caught:
        read(said)
    assert caught.value.kind in {"invalid_params", "too_large"}
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 200


COVERED = [
    ("src", "src", True),
    ("src", "src/a/b.py", True),
    ("src", "srcs", False),
    ("src/a", "src", False),
    ("SRC/A.py", "src/a.PY", True),
    (".", "anything/at/all", True),
    ("src/*.py", "src/a.py", True),
    ("src/*.py", "src/x/a.py", False),
    ("src/**/*.py", "src/a.py", True),
    ("src/**/*.py", "src/x/y/a.py", True),
    ("**", "a/b", True),
    ("src/**", "src/a/b", True),
    ("a?c", "abc", True),
    ("a?c", "a/c", False),
    ("[a-c]x", "bx", True),
    ("[!a-c]x", "bx", False),
    ("[^a-c]x", "dx", True),
    ("[]]x", "]x", True),
    (r"app/\[id\]", "app/[id]/page.tsx", True),
    (r"app/\[id\]", "app/i", False),
    ("straße", "STRASSE", True),
]


@pytest.mark.parametrize(("said", "path", "does"), COVERED)
def test_what_is_covered(said: str, path: str, does: bool) -> None:
    assert covers(read(said), path) is does
    assert overlap(read(said), What("path", escaped(path))) or not does


names = st.text("ab.", min_size=1, max_size=2).filter(lambda name: name not in {".", ".."})
wild = st.one_of(names, st.sampled_from(["*", "**", "a*", "*b", "?", "[ab]x", "[!a]", "*.a*"]))
pats = st.lists(wild, min_size=1, max_size=3).map("/".join)
NAMES = ["".join(each) for n in (1, 2, 3) for each in itertools.product("ab.x", repeat=n)]
NAMES = [name for name in NAMES if name not in {".", ".."}]


def as_expression(pattern: str) -> re.Pattern[str]:
    """The same pattern, by the library's means."""
    parts = []
    for name in pattern.split("/"):
        if name == "**":
            parts.append("(?:/[^/]+)*")
        else:
            spelled = re.sub(r"\.", r"\\.", name).replace("*", "[^/]*").replace("?", "[^/]")
            parts.append("/" + spelled.replace("[!", "[^/"))
    is_plain = not re.search(r"[*?\[]", pattern)
    return re.compile("".join(parts) + ("(?:/.*)?" if is_plain else ""))


paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map("/".join)


@given(pats, pats, paths)
def test_what_two_cover_they_overlap_in(one: str, other: str, path: str) -> None:
    first, second = read(one), read(other)
    assert covers(first, path) == bool(as_expression(one).fullmatch(f"/{path}"))
    assert overlap(first, second) == overlap(second, first)
    assert overlap(first, first)
    if covers(first, path) and covers(second, path):
        assert overlap(first, second)
    near = patterns.anchor(first), patterns.anchor(second)
    if overlap(first, second):
        assert near[0] in patterns.above(near[1]) or near[1] in patterns.above(near[0])


names_of_one = st.sampled_from(["*", "a*", "*a", "?", "a?", "[ab]b", "[!a]a", "b*b", "**b"])


@given(names_of_one, names_of_one)
def test_what_overlaps_has_a_name_in_both(one: str, other: str) -> None:
    both = any(
        as_expression(one).fullmatch(f"/{name}") and as_expression(other).fullmatch(f"/{name}")
        for name in NAMES
    )
    assert overlap(read(one), read(other)) is both


@given(st.text(max_size=30), st.text(max_size=10))
def test_no_text_does_more_than_be_refused(said: str, directory: str) -> None:
    try:
        found = read(said, directory)
    except ThrumError:
        return
    assert patterns.is_right(found)
    assert overlap(found, found)
    assert read(f"./{found.text}" if found.kind == "path" else found.text) == found


def test_two_of_the_worst_are_compared_in_a_moment() -> None:
    assert overlap(read("/".join(["**", "*a*a*"] * 6)), read("**/" + "a" * 900 + "/[a]a/aa/aa"))
