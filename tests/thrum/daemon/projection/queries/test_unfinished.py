"""What was changed and not committed, of whom that still says something."""

from __future__ import annotations

from collections.abc import Callable

from thrum import events
from thrum.daemon.projection.queries.unfinished import Unfinished, unfinished
from thrum.daemon.store import Store
from thrum.daemon.transaction import Transaction
from thrum.daemon.work import noting
from thrum.daemon.work.reading import GitWork

LONG_AGO = "2020-01-01T00:00:00.000000000Z"


def do(store: Store, decide: Callable[[Transaction], object]) -> None:
    store.transact_blocking(decide)


def works(store: Store, name: str, session: str, *files: str) -> None:
    """An agent begins a session, in which it has changed files."""

    def begin(transaction: Transaction) -> None:
        register = events.AgentRegister(agent_id=name, kind="agent", role="r", module="m")
        transaction.emit(register)
        transaction.emit(events.SessionStart(session_id=session, agent_id=name))
        work = GitWork("main", f"/{session}", uncommitted_files=[*files])
        noting.note(transaction, session, name, work)

    do(store, begin)


def ends(store: Store, session: str) -> None:
    do(store, lambda transaction: transaction.emit(events.SessionEnd(session_id=session)))


def seen(store: Store, since: str = LONG_AGO) -> list[tuple[str, list[str]]]:
    return sorted((each.worktree, each.names) for each in unfinished(store.reader(), since))


def test_open_sessions_and_the_last_one_of_each_agent(store: Store) -> None:
    works(store, "nux", "one", "a", "b -> c")
    works(store, "furiosa", "two")
    assert seen(store) == [("/one", ["a", "b -> c"])]
    ends(store, "one")
    assert seen(store) == [("/one", ["a", "b -> c"])]
    works(store, "nux", "three", "d")
    assert seen(store) == [("/three", ["d"])]
    (found,) = unfinished(store.reader(), LONG_AGO)
    assert found == Unfinished("nux", "d_here", "/three", ["d"], found.seen_at, is_over=False)
    assert unfinished(store.reader(), found.seen_at) == [found]
    ends(store, "three")
    assert [each.is_over for each in unfinished(store.reader(), LONG_AGO)] == [True]


def test_what_was_seen_before_says_nothing(store: Store) -> None:
    works(store, "nux", "one", "a")
    assert seen(store, "2100-01-01T00:00:00.000000000Z") == []
