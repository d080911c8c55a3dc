"""What the words of texts are."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.projection.search.words import BARRIER, indexed, parts_of, spots, words_of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The JWT-token, x_y!", "the jwt token x y"),
        ("src/auth/jwt.py", "src auth jwt py"),
        ("Café naïve Ångström Żółć", "cafe naive angstrom zołc"),
        ("STRASSE straße", "strasse strasse"),
        ("日本語 ab日cd", "日 本 語 ab 日 cd"),
        ("か\u3099 ｶﾞ", "が ガ"),
        ("한국어", "한 국 어"),
        ("½—one", "1 2 one"),
        ("a\x00b\ue000c\uf8ffd", "a b c d"),
        ("हिन्दी עברית", "हिन्दी עברית"),
        ("→ ✓ 😀", ""),
    ],
)
def test_words_are_told_apart_in_every_script(text: str, found: str) -> None:
    assert " ".join(words_of(text)) == found


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("getUserName", "get user name"),
        ("HTTPServer", "http server"),
        ("sha256Sum", "sha256 sum"),
        ("PascalCase", "pascal case"),
        ("lower", ""),
        ("UPPER", ""),
        ("01KABC2D", ""),
    ],
)
def test_names_in_code_have_parts(name: str, parts: str) -> None:
    assert " ".join(parts_of(name)) == parts


def test_parts_of_two_names_are_kept_apart() -> None:
    assert indexed("getUser nameIt x") == ("getUser nameIt x", f"get user {BARRIER} name it")


@pytest.fixture(scope="module")
def fts() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    db.execute("CREATE VIRTUAL TABLE t USING fts5(words, tokenize = 'ascii')")
    db.execute("CREATE VIRTUAL TABLE v USING fts5vocab(t, instance)")
    return db


@given(st.text(max_size=40))
def test_sqlite_sees_the_same_words_at_places_that_are_in_the_text(
    fts: sqlite3.Connection, text: str
) -> None:
    found = list(spots(text))
    assert all(0 <= spot.start < spot.end <= len(text) for spot in found)
    fts.execute("DELETE FROM t")
    try:
        fts.execute("INSERT INTO t VALUES (?)", (indexed(text).words,))
    except UnicodeEncodeError:
        return  # half of a surrogate pair, which no message holds
    seen = fts.execute("SELECT term FROM v ORDER BY offset").fetchall()
    assert [spot.word for spot in found] == [term for (term,) in seen]
