"""Foreign text: escaped, measured and fitted."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.cli.render import text
from thrum.cli.render.document import document_text

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x07\x00\r\n\t\x7f\x9b\u202e\u2066\u200b\u200d\ufe0f\ud800\U000e0041"),
        st.sampled_from("漢字かな한국ＡＢ😀👩🏽é\u0301\u0308"),
    ),
    max_size=60,
)
BAD = {"Cc", "Cs", "Zl", "Zp"}


def acts(character: str) -> bool:
    """Whether a terminal does something else than showing the character."""
    return unicodedata.category(character) in BAD or unicodedata.bidirectional(character) in {
        "LRE",
        "RLE",
        "LRO",
        "RLO",
        "PDF",
        "LRI",
        "RLI",
        "FSI",
        "PDI",
    }


@given(HOSTILE)
def test_nothing_that_acts_on_a_terminal_gets_through(foreign: str) -> None:
    assert not [c for c in text.visible(foreign) if acts(c) and c not in "\n\t"]
    assert not [c for c in text.one_line(foreign) if acts(c)]


@given(HOSTILE)
def test_escaping_twice_is_escaping_once(foreign: str) -> None:
    assert text.visible(text.visible(foreign)) == text.visible(foreign)


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Mn"]), max_size=60))
def test_what_is_harmless_stays_as_it_is(harmless: str) -> None:
    assert text.visible(harmless) == harmless


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("one\r\ntwo", "one\ntwo"),
        ("hidden\rshown", "hidden\\x0dshown"),
        ("\u202eltr", "\\u202eltr"),
        ("a\U000e0041b", "a\\U000e0041b"),
        ("\udcff", "\\udcff"),
        ("👩‍🚀 naïve 漢字", "👩‍🚀 naïve 漢字"),
    ],
)
def test_escapes_can_be_read(foreign: str, shown: str) -> None:
    assert text.visible(foreign) == shown


@pytest.mark.parametrize(
    ("shown", "columns"),
    [
        ("abc", 3),
        ("漢字", 4),
        ("e\u0301", 1),
        ("ＡＢ", 4),
        ("😀", 2),
        ("👩‍🚀", 2),
        ("👍🏽", 2),
        ("❤️", 2),
        ("한국", 4),
        ("\u1112\u1161\u11ab", 2),
        ("", 0),
    ],
)
def test_widths(shown: str, columns: int) -> None:
    assert text.width(shown) == columns


@given(HOSTILE, st.integers(1, 40))
def test_cut_and_pad_keep_to_the_columns(foreign: str, columns: int) -> None:
    line = text.one_line(foreign)
    assert text.width(text.cut(line, columns)) <= columns
    assert text.width(text.pad(line, columns)) == columns


@given(HOSTILE, st.integers(2, 40))
def test_wrapped_lines_fit_and_lose_nothing_but_spaces(foreign: str, columns: int) -> None:
    lines = text.wrap(foreign, columns)
    assert all(text.width(line) <= columns or "://" in line for line in lines)
    kept = "".join("".join(lines).split())
    assert kept == "".join(text.visible(foreign).split())


@pytest.mark.parametrize(
    ("line", "columns", "lines"),
    [(" 漢", 2, ["漢"]), (" 漢", 3, [" 漢"]), (" 漢字", 3, [" 漢", " 字"])],
)
def test_an_indent_leaves_room_for_a_wide_character(
    line: str, columns: int, lines: list[str]
) -> None:
    assert text.wrap(line, columns) == lines


def test_wrapping_keeps_line_breaks_and_indents() -> None:
    code = "def f():\n    return 1\n\nend"
    assert text.wrap(code, 40) == code.split("\n")
    assert text.wrap("  one two three", 9) == ["  one two", "  three"]


@given(st.recursive(HOSTILE | st.integers(), lambda inner: st.dictionaries(HOSTILE, inner)))
def test_documents_are_json_and_harmless(document: object) -> None:
    for indent in (True, False):
        written = document_text(document, indent=indent)
        assert not [c for c in written if acts(c) and c != "\n"]
        written.encode()
        assert json.loads(written) == json.loads(json.dumps(document))
    assert document_text(document, indent=False).count("\n") == 1


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b", "c", "d"], "a, b, c, d"),
        (["a", "b", "c", "d", "e", "f"], "a, b, c, d and 2 more"),
    ],
)
def test_of_many_names_some_are_told(names: list[str], said: str) -> None:
    assert text.some(names) == said


ADDRESSES = (
    "https://example.org/a/very/long/path/that/goes/on?and=on&more=%20#here",
    "http://localhost:8080/x-y_z-and-so-on-and-on-and-on-and-on",
    "ssh://git@example.org:2222/~team/some-repository-of-ours.git",
    "git+https://user@example.org/" + "x" * 300,
    "file:///home/somebody/Documents/notes-of-a-long-meeting.md",
    "msg_01M7XCNHBQTZPY0FK2ZTKHWB87",
    "ses_01M7XCMNVS4RYV6N772VPNAVN5",
    "evt_01M7XCMNVS4RYV6N772VPNAVN5",
)


@pytest.mark.parametrize("columns", [4, 18, 40])
@pytest.mark.parametrize(
    "around", ["{}", "see {} now", "  - ({})", "見{}", "[a](<{}>), then", "'{}'"]
)
def test_an_address_and_an_id_are_never_broken(around: str, columns: int) -> None:
    for address in ADDRESSES:
        lines = text.wrap(around.format(address), columns)
        (line,) = [each for each in lines if address in each]
        assert all(text.width(each) <= columns for each in lines if each is not line), lines
        if text.width(line) > columns:
            # It has the line to itself, but for what belongs to it.
            assert " " not in line.strip(), lines
            assert text.width(line.strip().partition(address)[0]) <= 3, lines
        assert "".join("".join(lines).split()) == "".join(around.format(address).split())


@pytest.mark.parametrize(
    "pretended",
    [
        "https://example.org/" + "x" * 9_000,
        "https://" + "│" * 90,
        "x" * 90,
        "://" * 90,
        "a" * 40 + "_" + "0" * 26 + "0" * 40,
        "https://\u00a0" + "○\u00a0" * 90,
    ],
)
def test_what_is_no_address_is_broken(pretended: str) -> None:
    lines = text.wrap(pretended, 20)
    assert len(lines) > 2
    assert max(text.width(line) for line in lines) <= 2_100
    assert all(line.isascii() for line in lines if text.width(line) > 20)


def test_a_long_word_is_looked_at_once() -> None:
    assert len(text.wrap("a" * 200_000, 100)) == 2_000
