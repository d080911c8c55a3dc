"""Subscriptions as they are kept in ``state.db``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from thrum.daemon.push import wishes
from thrum.daemon.push.wishes import Wish
from thrum.daemon.state import State, Tables
from thrum.events import Pair

FILE = Pair("file", "a.py")
NOW = "2026-01-02T03:04:05Z"


@pytest.fixture
def tables(tmp_path: Path) -> Iterator[Tables]:
    """The tables of the service alone."""
    state = State.open(tmp_path / "state.db", (wishes.SCHEMA,), time.time_ns)
    yield state.of("push")
    state.close()


def add(tables: Tables, session_id: str, scope: Pair | None = None, mention: str = "") -> Wish:
    """Writes a subscription down."""
    return tables.write_now(lambda db: wishes.add(db, session_id, scope, mention, NOW))


def test_what_was_asked_for_is_read_in_the_order_of_asking(tables: Tables) -> None:
    made = [add(tables, "ses_1", FILE), add(tables, "ses_2"), add(tables, "ses_1", None, "nux")]
    assert [(each.scope, each.mention) for each in made] == [(FILE, ""), (None, ""), (None, "nux")]
    assert tables.ask_now(wishes.read) == {"ses_1": [made[0], made[2]], "ses_2": [made[1]]}


def test_a_number_is_never_given_out_again(tables: Tables) -> None:
    first = add(tables, "ses_1", FILE)
    tables.write_now(lambda db: wishes.remove(db, first.id))
    assert add(tables, "ses_1", FILE).id > first.id


def test_of_one_kind_a_session_has_one(tables: Tables) -> None:
    add(tables, "ses_1", FILE)
    add(tables, "ses_2", FILE)
    with pytest.raises(Exception, match="UNIQUE"):
        add(tables, "ses_1", FILE)


def test_only_what_was_meant_is_struck_out(tables: Tables) -> None:
    made = [add(tables, session, FILE) for session in ("ses_1", "ses_2", "ses_3")]
    add(tables, "ses_1", None, "nux")
    tables.write_now(lambda db: wishes.remove(db, made[1].id))
    tables.write_now(lambda db: wishes.forget(db, ["ses_1", "ses_unheard_of"]))
    assert tables.ask_now(wishes.read) == {"ses_3": [made[2]]}
    tables.write_now(lambda db: wishes.forget(db, []))
    assert tables.ask_now(wishes.read) == {"ses_3": [made[2]]}
