"""How sessions end, and what others are told of the work in them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum import events
from thrum.clock import format_ns
from thrum.daemon import ending
from thrum.daemon.projection.queries import sessions as queries
from thrum.daemon.projection.queries.sessions import Commit, Context, FileChange
from thrum.daemon.store import Store
from thrum.daemon.transaction import Transaction

NOW_NS = 1_767_225_600 * 1_000_000_000
NOW = format_ns(NOW_NS)
DAY_AGO = format_ns(NOW_NS - ending.GIT_FRESH_NS)
BEFORE = format_ns(NOW_NS - ending.GIT_FRESH_NS - 1)
COMMIT = Commit("1" * 40, "Mend", ["a.py"])


def context(**fields: object) -> Context:
    return Context("ses_1", "nux", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "fresh"),
    [
        ({}, False),
        ({"unmerged_commits": [COMMIT]}, False),
        ({"git_updated_at": NOW}, True),
        ({"git_updated_at": DAY_AGO}, True),
        ({"git_updated_at": BEFORE}, False),
        ({"git_updated_at": BEFORE, "unmerged_commits": [COMMIT]}, True),
        ({"git_updated_at": BEFORE, "unmerged_commits": [], "branch": "b"}, False),
    ],
)
def test_what_was_seen_counts_for_a_day_or_until_it_is_merged(
    fields: dict[str, object], fresh: bool
) -> None:
    assert ending.is_git_fresh(context(**fields), NOW) is fresh


def test_all_that_is_known_is_told() -> None:
    whole = context(
        branch="mend",
        worktree_path="/w",
        unmerged_commits=[COMMIT],
        uncommitted_files=["b.py"],
        changed_files=["a.py"],
        file_changes=[FileChange("a.py", NOW, 1, 2, "modified")],
        git_updated_at=NOW,
        current_task="t",
        task_updated_at=NOW,
        intent="i",
        intent_updated_at=NOW,
    )
    told = ending.as_told(whole, NOW)
    assert told is not None
    for name in events.WorkContext.__struct_fields__:
        assert msgspec.to_builtins(getattr(told, name)) == msgspec.to_builtins(getattr(whole, name))


def test_of_what_is_stale_only_words_are_told() -> None:
    said: dict[str, Any] = {"intent": "i", "intent_updated_at": BEFORE}
    seen = {"branch": "b", "worktree_path": "/w", "uncommitted_files": ["a"]}
    told = ending.as_told(context(git_updated_at=BEFORE, **seen, **said), NOW)
    assert told == events.WorkContext("ses_1", **said)
    assert ending.as_told(context(git_updated_at=BEFORE, **seen), NOW) is None
    assert ending.as_told(context(worktree_path="/w"), NOW) is None


texts = st.text("aé\\", min_size=1, max_size=9).map(lambda text: text * 40)


@given(st.integers(0, 500), st.integers(0, 100), texts, st.text("a", max_size=9))
def test_what_is_told_is_within_its_bound(files: int, commits: int, path: str, most: str) -> None:
    names = [f"{path}{number}" for number in range(files)]
    message = most * 9999
    whole = context(
        git_updated_at=NOW,
        intent="i",
        intent_updated_at=NOW,
        unmerged_commits=[Commit(str(n), message, names[:100]) for n in range(commits)],
        uncommitted_files=list(names),
        changed_files=list(names),
        file_changes=[FileChange(name, NOW, 1, 1, "added") for name in names],
    )
    size = len(msgspec.json.encode(whole))
    told = ending.as_told(whole, NOW)
    assert told is not None
    assert len(msgspec.json.encode(told)) <= ending.LARGEST
    assert told.intent == "i"
    assert (told.changed_files or []) == names[: len(told.changed_files or [])]
    if size <= ending.LARGEST:
        assert (told.changed_files, len(told.unmerged_commits or ())) == (names, commits)
    assert [each.files for each in whole.unmerged_commits or ()] == [names[:100]] * commits


def test_commits_lose_their_files_before_anything_else_is_left_out() -> None:
    names = [f"{'long' * 20}{number:03}.py" for number in range(100)]
    commits = [Commit(str(n), "m", list(names)) for n in range(100)]
    told = ending.as_told(
        context(git_updated_at=NOW, unmerged_commits=commits, changed_files=names), NOW
    )
    assert told is not None
    assert [each.files for each in told.unmerged_commits or ()] == [None] * 100
    assert told.changed_files == names


@pytest.fixture
def working(store: Store) -> Store:
    """nux with two open sessions and work in both, and max with one."""

    def decide(transaction: Transaction) -> None:
        for name, sessions in (("nux", ("ses_1", "ses_2")), ("max", ("ses_3",))):
            transaction.emit(events.AgentRegister(agent_id=name, role="r", module="m"))
            for session in sessions:
                transaction.emit(events.SessionStart(session_id=session, agent_id=name))
                transaction.db.execute(
                    "INSERT INTO agent_work_contexts (session_id, agent_id, intent,"
                    " intent_updated_at) VALUES (?, ?, ?, ?)",
                    (session, name, f"of {session}", transaction.now),
                )

    store.transact_blocking(decide)
    return store


def told(store: Store) -> list[list[str]]:
    """Of which sessions others were told, each time."""
    decoded = [events.decode(line.raw) for line in store.log.since(None).lines]
    return [
        [context.session_id for context in each.work_contexts or ()]
        for each in decoded
        if isinstance(each, events.AgentUpdate)
    ]


def end(store: Store, reason: str, *ids: str) -> str:
    def decide(transaction: Transaction) -> str:
        found = [queries.session(transaction.db, each) for each in ids]
        return ending.end(transaction, [each for each in found if each], reason)

    return store.transact_blocking(decide)


def test_several_end_together_and_are_told_of_once(working: Store) -> None:
    at = end(working, "crashed", "ses_1", "ses_2")
    rows = working.reader().execute(
        "SELECT session_id, end_reason FROM sessions WHERE ended_at IS NOT NULL ORDER BY 1"
    )
    assert rows.fetchall() == [("ses_1", "crashed"), ("ses_2", "crashed")]
    (last,) = working.reader().execute("SELECT max(ended_at) FROM sessions").fetchone()
    assert last == at
    assert [sorted(each) for each in told(working)] == [["ses_1", "ses_2"]]


def test_what_ended_before_is_not_told_of_again(working: Store) -> None:
    end(working, "normal", "ses_1")
    end(working, "normal", "ses_2")
    assert told(working) == [["ses_1"], ["ses_2"]]


def test_without_work_nothing_is_told(working: Store) -> None:
    working.transact_blocking(lambda t: t.db.execute("DELETE FROM agent_work_contexts"))
    assert end(working, "normal", "ses_3")
    assert told(working) == []


def test_ending_nothing_writes_nothing(working: Store) -> None:
    before = list(working.log.since(None).lines)
    assert end(working, "normal") == ""
    assert list(working.log.since(None).lines) == before
