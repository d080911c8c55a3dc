"""One person for each account."""

from __future__ import annotations

import sqlite3

from thrum.daemon.people import bound


def test_the_last_word_counts_and_others_stay() -> None:
    db = sqlite3.connect(":memory:")
    for step in bound.SCHEMA.migrations:
        assert isinstance(step, str)
        db.executescript(step)
    assert bound.read(db, 1000) == ""
    for uid, user_id in ((1000, "user:ada"), (1001, "user:bo"), (1000, "user:eve")):
        bound.bind(db, uid, user_id)
    assert [bound.read(db, uid) for uid in (1000, 1001, 1002)] == ["user:eve", "user:bo", ""]
    db.close()
