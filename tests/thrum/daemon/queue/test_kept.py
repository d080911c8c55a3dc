"""Commands in their table: one way to each state, and each thing said once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.laws import examples
from thrum.daemon.queue import kept
from thrum.daemon.queue.command import ACTIVE, LIVE, MOST, Command, State
from thrum.daemon.queue.kept import Notice
from thrum.daemon.state.schema import apply
from thrum.errors import ThrumError

NEW = Command("cmd_1", "api", "alice", "make", 1000, 2000, True, "2026-01-01T00:00:00Z")
AT = "2026-01-01T00:00:01Z"


def table() -> sqlite3.Connection:
    made = sqlite3.connect(":memory:", isolation_level=None)
    apply(made, kept.SCHEMA.migrations[0])
    return made


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(table()) as made:
        yield made


def named(number: int, session: str = "api") -> Command:
    return replace(NEW, id=f"cmd_{number:03}", session=session)


def test_what_is_kept_is_what_came(db: sqlite3.Connection) -> None:
    assert kept.add(db, NEW) == 1
    assert kept.command(db, "cmd_1") == replace(NEW, position=1)
    with pytest.raises(ThrumError) as refused:
        kept.command(db, "cmd_2")
    assert refused.value.kind == "not_found"


def test_the_latest_is_the_one_that_runs_else_the_one_that_ended_last(
    db: sqlite3.Connection,
) -> None:
    for number in range(3):
        kept.add(db, named(number))
    assert kept.latest(db, "api") is None
    for number, at in ((0, "2026-01-01T00:00:03Z"), (1, "2026-01-01T00:00:02Z")):
        kept.sent(db, f"cmd_{number:03}", AT)
        after = replace(named(number), state=State.COMPLETED, completed_at=at)
        kept.ended(db, after, ACTIVE, None)
    for expected in ("cmd_000", "cmd_002"):
        found = kept.latest(db, "api")
        assert found is not None
        assert found.id == expected
        kept.sent(db, "cmd_002", AT)
    assert kept.latest(db, "ap") is None


def test_turns_are_in_the_order_of_coming_whatever_the_ids_are(db: sqlite3.Connection) -> None:
    for number in (7, 3, 5):
        kept.add(db, named(number))
    assert [each.id for each in kept.live(db, "api")] == ["cmd_007", "cmd_003", "cmd_005"]
    assert kept.first(db, "api") == replace(named(7), position=1)


def test_each_session_has_a_queue_of_its_own(db: sqlite3.Connection) -> None:
    assert [kept.add(db, named(n)) for n in range(3)] == [1, 2, 3]
    assert kept.add(db, named(3, "other")) == 1
    assert kept.sent(db, "cmd_000", AT)
    assert [each.id for each in kept.live(db, "api")] == ["cmd_000", "cmd_001", "cmd_002"]
    assert len(kept.live(db)) == 4
    found = kept.first(db, "api")
    assert found is not None
    assert found.id == "cmd_001"
    assert kept.first(db, "ap") is None
    for number in range(4, 4 + MOST - 3):
        kept.add(db, named(number))
    with pytest.raises(ThrumError) as refused:
        kept.add(db, named(999))
    assert refused.value.kind == "busy"


def test_what_was_not_typed_after_all_waits_again(db: sqlite3.Connection) -> None:
    kept.add(db, NEW)
    assert kept.sent(db, NEW.id, AT)
    assert not kept.sent(db, NEW.id, AT)
    assert kept.unsent(db, NEW.id)
    assert kept.command(db, NEW.id) == replace(NEW, position=1)
    assert not kept.unsent(db, NEW.id)


def test_what_ended_is_forgotten_after_a_while(db: sqlite3.Connection) -> None:
    for number in range(3):
        kept.add(db, named(number))
    done = replace(named(0), state=State.COMPLETED, completed_at=AT, output="x", exit_status=3)
    assert kept.ended(db, done, LIVE, None)
    assert kept.command(db, "cmd_000") == replace(done, position=1)
    kept.forget(db, AT)
    assert kept.command(db, "cmd_000").output == "x"
    kept.forget(db, "2026-01-02T00:00:00Z")
    with pytest.raises(ThrumError):
        kept.command(db, "cmd_000")
    assert len(kept.live(db)) == 2


STEPS = st.sampled_from(["sent", "unsent", "late", "done", "cancel", "cancel running", "kill"])


@settings(max_examples=examples(60))
@given(st.lists(STEPS, max_size=12))
def test_whatever_comes_at_once_it_ends_once_and_that_is_said_once(steps: list[str]) -> None:
    with closing(table()) as db:
        kept.add(db, NEW)
        ends = [_step(db, each) for each in steps].count(True)
        state = kept.command(db, NEW.id).state
        assert ends == (state not in LIVE)
        finals = [each for each in kept.notices(db) if not each.key.endswith("late")]
        assert len(finals) == ends
        for each in kept.notices(db):
            kept.told(db, each.key)
        assert kept.notices(db) == []


def _step(db: sqlite3.Connection, step: str) -> bool:
    """Whether it ended the command."""
    if step == "late":
        kept.late(db, NEW.id, Notice(f"{NEW.id} late", "alice", "late"))
    if step in {"sent", "unsent", "late"}:
        return step == "sent" and kept.sent(db, NEW.id, AT) and False
    after, states = {
        "done": (State.COMPLETED, ACTIVE),
        "cancel": (State.CANCELED, (State.QUEUED,)),
        "cancel running": (State.CANCELED, ACTIVE),
        "kill": (State.INTERRUPTED, LIVE),
    }[step]
    told = Notice(f"{NEW.id} {after.value}", "alice", after.value)
    return kept.ended(db, replace(NEW, state=after, completed_at=AT), states, told)
