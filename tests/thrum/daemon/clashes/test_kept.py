"""What was told is kept, and in the end forgotten."""

from __future__ import annotations

import sqlite3

from thrum.daemon.clashes import kept


def test_what_is_there_still_is_kept_and_the_oldest_goes() -> None:
    db = sqlite3.connect(":memory:")
    (script,) = kept.SCHEMA.migrations
    assert isinstance(script, str)
    db.executescript(script)
    one, two, three = ("a", "b", "x"), ("b", "a", "x"), ("a", "c", "x")
    kept.note(db, [one, two], 1)
    kept.note(db, [two, three], 5)
    assert kept.load(db) == {one, two, three}
    assert kept.forget(db, 2, 10) == 1
    assert kept.load(db) == {two, three}
    assert kept.forget(db, 2, 1) == 1
    assert len(kept.load(db)) == 1
