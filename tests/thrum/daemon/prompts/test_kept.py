"""Rows of questions: kept as they were, and taken once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from thrum.daemon.prompts import kept
from thrum.daemon.prompts.prompt import HOOK, PANE, Prompt
from thrum.daemon.state.schema import apply

FIRST, LATER, END = (f"2026-01-02T{hour:02}:00:00.000000000Z" for hour in (3, 4, 11))


def made() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", isolation_level=None)
    for each in kept.SCHEMA.migrations:
        apply(db, each)
    return db


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(made()) as found:
        yield found


def prompt(message_id: str = "msg_1", **more: object) -> Prompt:
    asked = Prompt(
        message_id=message_id,
        agent_id="furiosa",
        runtime="claude",
        recipients=("boss", "user:max"),
        first_detected=FIRST,
        last_nudge_at=FIRST,
        expires_at=END,
    )
    return replace(asked, **more)


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT, TEXT, st.none() | TEXT, st.binary(), st.integers(0, 99))
def test_what_is_kept_comes_back_as_it_was(
    tool: str, target: str, deny: str | None, shown: bytes, nudges: int
) -> None:
    asked = prompt(tool=tool, target=target, deny_key=deny, pane_hash=shown, nudges=nudges)
    assert asked.way == (PANE if target else HOOK)
    with closing(made()) as db:
        kept.keep(db, asked)
        assert kept.load(db) == {"msg_1": asked}
        assert kept.claim(db, "msg_1", LATER) == asked


def test_it_is_taken_once_and_not_when_it_has_expired(db: sqlite3.Connection) -> None:
    for each in ("msg_1", "msg_2"):
        kept.keep(db, prompt(each))
    assert kept.claim(db, "msg_3", LATER) is None
    assert kept.claim(db, "msg_1", END) is None
    assert kept.claim(db, "msg_1", LATER) == prompt()
    assert kept.claim(db, "msg_1", LATER) is None
    assert set(kept.load(db)) == {"msg_2"}


def test_a_later_word_replaces_the_row_and_what_is_over_goes(db: sqlite3.Connection) -> None:
    kept.keep(db, prompt("msg_2", first_detected=LATER))
    kept.keep(db, prompt())
    kept.keep(db, prompt(nudges=2))
    assert [(each.message_id, each.nudges) for each in kept.load(db).values()] == [
        ("msg_1", 2),
        ("msg_2", 1),
    ]
    kept.forget(db, ["msg_1", "msg_9"])
    assert set(kept.load(db)) == {"msg_2"}
