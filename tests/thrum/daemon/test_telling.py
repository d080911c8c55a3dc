"""What other clones hear of work that goes on, and how often."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from thrum import events
from thrum.daemon import telling
from thrum.daemon.projection.queries import sessions as queries
from thrum.daemon.projection.queries.sessions import Commit
from thrum.daemon.store import Store
from thrum.daemon.work import noting
from thrum.daemon.work.reading import GitWork
from thrum.errors import ThrumError
from thrum.identity.files import Identity

SECOND = 1_000_000_000
START = 1_767_225_600 * SECOND


class Clock:
    """Time that only a test moves."""

    now = START

    def __call__(self) -> int:
        Clock.now += 1
        return Clock.now


@pytest.fixture
def town(open_store: Any) -> Store:
    """nux works here, far works in another clone."""
    Clock.now = START
    store: Store = open_store(now_ns=Clock())
    for name in ("nux", "far"):
        register = events.AgentRegister(agent_id=name, kind="agent", role="r", module="m")
        begin = events.SessionStart(session_id=f"ses_{name}", agent_id=name)
        for event in (register, begin):
            store.transact_blocking(lambda t, each=event: t.emit(each))  # type: ignore[misc]
        saw(store, name, branch="main", worktree_path=f"/{name}")
    sql = "UPDATE sessions SET origin_daemon = 'd_far' WHERE agent_id = 'far'"
    store.transact_blocking(lambda t: t.db.execute(sql).rowcount)
    return store


def saw(store: Store, name: str, **found: Any) -> None:
    """A look at the agent's worktree was kept."""
    work = GitWork(**found)
    store.transact_blocking(lambda t: noting.note(t, f"ses_{name}", name, work))


def says(store: Store, intent: str) -> None:
    sql = "UPDATE agent_work_contexts SET intent = ?, intent_updated_at = ? WHERE agent_id = 'nux'"
    store.transact_blocking(lambda t: t.db.execute(sql, (intent, t.now)).rowcount)


def cycle(store: Store, status: str = "", later_s: int = 60) -> int:
    """A cycle of the exchange begins so much later; the events that it has to tell."""
    Clock.now += later_s * SECOND
    filed = {}
    if status:
        when = "2026-01-01T00:00:00Z"
        filed["nux"] = Identity(
            path=Path("/nux"), name="nux", agent_status=status, agent_status_updated_at=when
        )
    return telling.tell(store, filed, Clock.now)


def told(store: Store) -> events.WorkContext:
    """What was told last."""
    (text,) = (
        store.reader()
        .execute("SELECT event_json FROM events WHERE type = 'agent.update' ORDER BY sequence DESC")
        .fetchone()
    )
    contexts = msgspec.json.decode(text, type=events.AgentUpdate).work_contexts or []
    assert len(contexts) == 1
    return contexts[0]


def test_what_is_known_is_told_once_and_only_of_ones_own(town: Store) -> None:
    assert cycle(town) == 1
    assert (told(town).session_id, told(town).branch) == ("ses_nux", "main")
    assert [cycle(town) for _ in range(100)] == [0] * 100
    assert 1 <= sum(cycle(town, later_s=3600) for _ in range(24)) <= 2, "twice a day at most"


def test_a_heartbeat_that_saw_nothing_new_tells_nothing(town: Store) -> None:
    cycle(town)
    for _ in range(20):
        saw(town, "nux", branch="main", worktree_path="/nux")
        assert cycle(town) == 0


@pytest.mark.parametrize(
    "change",
    [
        {"branch": "mend"},
        {"unmerged_commits": [Commit("1" * 40, "Mend")]},
        {"worktree_path": "/elsewhere"},
    ],
)
def test_where_the_branch_stands_is_told_at_once(town: Store, change: dict[str, Any]) -> None:
    cycle(town)
    saw(town, "nux", **{"branch": "main", "worktree_path": "/nux", **change})
    assert cycle(town, later_s=1) == 1
    assert cycle(town, later_s=1) == 0


def test_what_somebody_says_is_told_at_once(town: Store) -> None:
    cycle(town)
    before = told(town).git_updated_at
    says(town, "weld the valve")
    assert cycle(town, later_s=1) == 1
    assert told(town).intent == "weld the valve"
    assert told(town).git_updated_at > before, "or older programs would pass over it"
    says(town, "")
    assert cycle(town, later_s=1) == 1
    assert (told(town).intent, cycle(town, later_s=1)) == ("", 0)


def test_how_it_goes_is_told_as_the_file_says(town: Store) -> None:
    cycle(town, "working")
    assert told(town).agent_status == "working"
    assert cycle(town, "blocked", later_s=1) == 1
    assert (told(town).agent_status, cycle(town, "blocked")) == ("blocked", 0)


def test_files_alone_are_told_every_few_minutes(town: Store) -> None:
    cycle(town)
    count = 0
    for number in range(60):
        saw(town, "nux", branch="main", worktree_path="/nux", uncommitted_files=[f"{number}.py"])
        count += cycle(town, later_s=10)
    assert 1 <= count <= 2
    saw(town, "nux", branch="main", worktree_path="/nux", uncommitted_files=["last.py"])
    assert cycle(town, later_s=301) == 1
    assert told(town).uncommitted_files == ["last.py"]


def test_files_that_somebody_elsewhere_is_at_are_told_at_once(town: Store) -> None:
    cycle(town)
    saw(town, "far", branch="main", worktree_path="/far", uncommitted_files=["a.py -> B.py"])
    claim = events.ClaimTake(
        claim_id="clm_1", agent_id="far", kind="path", what="src", until="2030-01-01T00:00:00Z"
    )
    town.transact_blocking(lambda t: t.emit(claim))
    sql = "UPDATE claims SET origin_daemon = 'd_far'"
    town.transact_blocking(lambda t: t.db.execute(sql).rowcount)
    files: list[str] = []
    rows = [("a.txt", 1), ("c.py", 0), ("b.py", 1), ("d.py", 0), ("SRC/e.py", 1), ("f.py", 0)]
    for name, is_told in rows:
        files.append(name)
        saw(town, "nux", branch="main", worktree_path="/nux", uncommitted_files=files)
        assert (name, cycle(town, later_s=1)) == (name, is_told)
        assert cycle(town, later_s=1) == 0, "once"
    for files in ([], ["g.py"], [], ["h.py"]):
        saw(town, "nux", branch="main", worktree_path="/nux", uncommitted_files=files)
        assert cycle(town, later_s=1) == 0, "what was told is not empty yet"


def test_much_is_told_within_a_bound(town: Store) -> None:
    names = [f"{'x' * 100}{number}.py" for number in range(500)]
    saw(town, "nux", branch="main", uncommitted_files=names)
    assert cycle(town) == 1
    assert len(msgspec.json.encode(told(town))) <= telling.LARGEST
    assert told(town).uncommitted_files
    assert cycle(town, later_s=1) == 0


def test_who_ended_tells_no_more(town: Store) -> None:
    cycle(town)
    end = events.SessionEnd(session_id="ses_nux")
    town.transact_blocking(lambda t: t.emit(end))
    saw(town, "nux", branch="other")
    assert cycle(town) == 0


def test_another_clone_shows_what_it_was_told(town: Store, open_store: Any, tmp_path: Path) -> None:
    says(town, "weld the valve")
    cycle(town, "blocked")
    other = open_store(database=tmp_path / "other.db", origin_daemon="d_there")
    (context,) = queries.contexts(other.reader(), "nux")
    assert (context.branch, context.intent) == ("main", "weld the valve")
    assert context.agent_status == "blocked"


def test_nobody_who_writes_waits_while_there_is_nothing_to_tell(
    town: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle(town, "working")
    turns: list[object] = []
    take = town.transact_blocking

    def counted(decide: Any) -> Any:
        turns.append(decide)
        return take(decide)

    monkeypatch.setattr(town, "transact_blocking", counted)
    assert [cycle(town, "working") for _ in range(20)] == [0] * 20
    assert turns == []
    assert cycle(town, "blocked") == len(turns) == 1


def test_what_somebody_else_told_meanwhile_is_not_told_twice(
    town: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = town.transact_blocking

    def late(decide: Any) -> Any:
        monkeypatch.setattr(town, "transact_blocking", take)
        assert cycle(town) == 1
        return take(decide)

    monkeypatch.setattr(town, "transact_blocking", late)
    assert cycle(town) == 0


def test_a_database_that_cannot_be_read_is_told(
    town: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = sqlite3.connect(":memory:")
    monkeypatch.setattr(town, "reader", lambda: empty)
    with pytest.raises(ThrumError, match="cannot be read") as refusal:
        cycle(town)
    assert refusal.value.kind == "storage"
    empty.close()
