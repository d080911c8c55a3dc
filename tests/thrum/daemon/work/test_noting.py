"""What was seen of a session's work comes back as it was seen, beside what was said of it."""

from __future__ import annotations

from typing import Any

import pytest

from thrum import events
from thrum.daemon.projection.queries.sessions import Commit, Context, FileChange
from thrum.daemon.projection.queries.sessions import contexts as stored
from thrum.daemon.store import Store
from thrum.daemon.transaction import Transaction
from thrum.daemon.work import noting
from thrum.daemon.work.reading import GitWork

SEEN = GitWork(
    branch="mend",
    worktree_path="/w/nux",
    unmerged_commits=[Commit("1" * 40, 'Mend "the" lid', ["a b.py", "é\ufffd.py"])],
    uncommitted_files=["new/", "a -> b"],
    changed_files=["a b.py"],
    file_changes=[FileChange("a b.py", "2026-01-01T00:00:00Z", 2, 1, "modified")],
)


@pytest.fixture
def session(store: Store) -> str:
    """An open session of nux."""

    def begin(transaction: Transaction) -> None:
        transaction.emit(events.AgentRegister(agent_id="nux", role="r", module="m"))
        transaction.emit(events.SessionStart(session_id="ses_1", agent_id="nux"))

    store.transact_blocking(begin)
    return "ses_1"


def noted(store: Store, work: GitWork) -> str:
    """Notes it; when that was."""

    def decide(transaction: Transaction) -> str:
        noting.note(transaction, "ses_1", "nux", work)
        return transaction.now

    return store.transact_blocking(decide)


def seeded(store: Store, worktree: str) -> None:
    store.transact_blocking(lambda t: noting.seed(t, "ses_1", "nux", worktree))


def known(store: Store) -> Context:
    (found,) = stored(store.reader())
    return found


def test_what_was_seen_comes_back(store: Store, session: str) -> None:
    at = noted(store, SEEN)
    found = known(store)
    assert (found.session_id, found.agent_id, found.git_updated_at) == (session, "nux", at)
    for name in GitWork.__struct_fields__:
        assert getattr(found, name) == getattr(SEEN, name), name


def test_the_latest_look_counts_and_an_empty_one_too(store: Store, session: str) -> None:
    first = noted(store, SEEN)
    second = noted(store, GitWork(branch="other", worktree_path="/w/other"))
    found = known(store)
    assert second > first
    expected = Context(
        session, "nux", branch="other", worktree_path="/w/other", git_updated_at=second
    )
    assert found == expected
    noted(store, GitWork())
    assert (known(store).branch, known(store).worktree_path) == ("", "")


def test_task_and_intent_stay_as_they_are(store: Store, session: str) -> None:
    seeded(store, "/w/nux")
    said: dict[str, Any] = {
        "current_task": "t",
        "task_updated_at": "2026-01-01T00:00:00.000000000Z",
        "intent": "i",
        "intent_updated_at": "2026-01-02T00:00:00.000000000Z",
    }
    changes = ", ".join(f"{name} = ?" for name in said)
    sql = f"UPDATE agent_work_contexts SET {changes}"
    store.transact_blocking(lambda t: t.db.execute(sql, tuple(said.values())))
    noted(store, SEEN)
    found = known(store)
    assert {name: getattr(found, name) for name in said} == said
    assert found.branch == "mend"


def test_a_seed_says_where_and_that_nobody_looked(store: Store, session: str) -> None:
    seeded(store, "/w/nux")
    assert known(store) == Context(session, "nux", worktree_path="/w/nux")


def test_a_seed_takes_nothing_away(store: Store, session: str) -> None:
    at = noted(store, SEEN)
    seeded(store, "/elsewhere")
    found = known(store)
    assert (found.worktree_path, found.branch, found.git_updated_at) == ("/w/nux", "mend", at)
    noted(store, GitWork())
    seeded(store, "/elsewhere")
    assert known(store).worktree_path == "/elsewhere", "nothing was known of where it works"


def test_noting_is_no_event(store: Store, session: str) -> None:
    before = list(store.log.since(None).lines)
    seeded(store, "/w/nux")
    noted(store, SEEN)
    assert list(store.log.since(None).lines) == before
