"""What was answered holds while its version does."""

from __future__ import annotations

import sqlite3

import pytest

from thrum.daemon.projection import answers
from thrum.daemon.projection.answers import Answers


class Question:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, _db: sqlite3.Connection, about: str) -> str:
        self.asked.append(about)
        return about.upper()


def test_it_is_asked_anew_with_another_version_and_when_told_to() -> None:
    known, question, db = Answers(), Question(), sqlite3.connect(":memory:")
    for version, about in [(1, "ann"), (1, "ann"), (1, "bob"), (2, "ann"), (2, "ann")]:
        assert known.of(version, db, question, about) == about.upper()
    assert question.asked == ["ann", "bob", "ann"]
    known.forget()
    known.of(2, db, question, "ann")
    assert question.asked == ["ann", "bob", "ann", "ann"]
    db.close()


def test_no_more_are_kept_than_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MOST", 3)
    known, question, db = Answers(), Question(), sqlite3.connect(":memory:")
    for about in ["a", "b", "c", "a", "d", "d"]:
        known.of(1, db, question, about)
    assert question.asked == ["a", "b", "c", "a", "d"]
    db.close()
