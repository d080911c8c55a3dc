"""What is made of what people write."""

from __future__ import annotations

import pytest

from thrum.clock import parse
from thrum.daemon.projection.search.query import (
    LONGEST,
    MOST_TERMS,
    About,
    Phrase,
    Query,
    Term,
    parse_query,
)

NOW = parse("2026-05-10T12:00:00Z")


def read(text: str) -> Query:
    return parse_query(text, NOW)


def said(text: str) -> list[str]:
    """What is asked for, one clause after the other, in short."""
    return [" | ".join(map(_short, clause)) for clause in read(text).clauses]


def _short(term: Term) -> str:
    sign = "-" * term.is_kept_out
    if isinstance(term.what, About):
        return f"{sign}{term.what.name}:{term.what.value}"
    return sign + " ".join(term.what.words) + "*" * term.what.is_prefix


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("Foo bar", ["foo", "bar"]),
        ('"foo bar" baz', ["foo bar", "baz"]),
        ('-foo -"a b" -from:nux', ["-foo", "-a b", "-from:nux"]),
        ("a OR b c OR d OR e", ["a | b", "c | d | e"]),
        ("foo AND bar", ["foo", "bar"]),
        ('fo* "foo ba"*', ["fo*", "foo ba*"]),
        ("from:@Nux to:me", ["from:Nux", "to:me"]),
        ("HAS:Reply has:structured", ["has:reply", "has:structured"]),
        ("--verbose a-b", ["verbose", "a b"]),
        ("std::vector http://x.y/z", ["std vector", "http x y z"]),
        ("- -> ** ()", []),
        ("NEAR(a b) ^c {d}: e", ["near a", "b", "c", "d", "e"]),
        ("日本", ["日 本"]),
    ],
)
def test_it_is_read(text: str, clauses: list[str]) -> None:
    assert said(text) == clauses
    assert read(text).notices == []


@pytest.mark.parametrize(
    ("text", "clauses", "notice"),
    [
        ('foo "bar baz', ["foo", "bar", "baz"], "is not closed"),
        ("OR foo", ["or", "foo"], "nothing before"),
        ("foo OR", ["foo", "or"], "nothing after"),
        ("a*", ["a"], "too short"),
        ("before:soon", ["before soon"], "before:soon means nothing"),
        ("has:cheese", ["has cheese"], "has:cheese means nothing"),
        ("in:vain from:", ["in vain", "from"], "in:vain means nothing"),
        ("foo OR before:2026-01-01", ["foo"], "also beside OR"),
        ("foo NOT bar", ["foo", "not", "bar"], "(-draft)"),
        ("(foo OR bar) baz", ["foo | bar", "baz"], "brackets group nothing"),
        ("get*Name *.py", ["get name", "py"], "only behind a word"),
    ],
)
def test_what_means_nothing_is_searched_as_words_and_said(
    text: str, clauses: list[str], notice: str
) -> None:
    assert said(text) == clauses
    assert notice in "; ".join(read(text).notices)


def test_it_is_narrowed() -> None:
    query = read("thread:thr_1 -thread:thr_2 has:unread in:context in:snapshots")
    assert query.threads == [("thr_1", False), ("thr_2", True)]
    assert query.unread is True
    assert query.kinds == {"context", "snapshot"}
    assert read("-has:unread -in:context").kinds == {"message", "snapshot"}
    assert not query.is_empty
    assert read('!? ""').is_empty


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-01", "2026-05-01T00:00:00Z"),
        ("2026-05-01T10:00:00+02:00", "2026-05-01T08:00:00Z"),
        ("7d", "2026-05-03T12:00:00Z"),
        ("2h", "2026-05-10T10:00:00Z"),
        ("today", "2026-05-10T00:00:00Z"),
        ("yesterday", "2026-05-09T00:00:00Z"),
    ],
)
def test_times_are_days_moments_and_spans(text: str, moment: str) -> None:
    assert read(f"after:{text}").after_ns == parse(moment)
    assert read(f"-after:{text}").before_ns == parse(moment)
    assert read(f"before:{text} before:2030-01-01").before_ns == parse(moment)


def test_what_is_asked_for_is_bounded() -> None:
    query = read(" ".join(f"w{n}" for n in range(1000)))
    assert len(query.clauses) == MOST_TERMS
    assert "not 936 more" in query.notices[0]
    assert f"{LONGEST:,}" in read("x" * (LONGEST + 1)).notices[0]
    joined = read(" OR ".join(f"w{n}" for n in range(MOST_TERMS + 9)))
    assert [len(clause) for clause in joined.clauses] == [MOST_TERMS]
    assert joined.notices == [f"only the first {MOST_TERMS} terms are searched, not 9 more"]


def test_a_name_in_code_is_meant_by_its_parts_as_well() -> None:
    (phrase,) = read("userName").phrases()
    assert phrase == Phrase(("username",), parts=("user", "name"))
