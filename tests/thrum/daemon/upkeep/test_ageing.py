"""What is forgotten of work contexts, each part by its own time."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pytest

from thrum.clock import format_ns
from thrum.daemon.projection.queries import sessions
from thrum.daemon.upkeep.ageing import forget_stale

DAY: Final = 24 * 3600 * 1_000_000_000


def execute(node: Any, sql: str, *values: object) -> None:
    """Changes a table as time or another program would."""
    node.store.transact_blocking(lambda t: t.db.execute(sql, values))


def forget(node: Any, later_ns: int = 0) -> None:
    """Forgets what is stale when so much more time was lived than the clock says."""
    node.store.transact_blocking(
        lambda t: forget_stale(t, lambda _: node.parts.now_ns() + later_ns)
    )


PARTS: Final = ("git_updated_at", "task_updated_at", "intent_updated_at")


@pytest.mark.parametrize(
    ("open_", "days", "commits", "kept"),
    [
        # Days since the worktree was seen, the task and the intent were said, the session ended.
        (True, (2, 9, 9, 0), "[]", {"task_updated_at", "intent_updated_at"}),
        (True, (2, 9, 9, 0), '[{"sha":"1"}]', set(PARTS)),
        (True, (0.5, 0, 0, 0), "[]", set(PARTS)),
        (False, (2, 2, 9, 1), "[]", {"task_updated_at"}),
        (False, (2, 2, 2, 1), '[{"sha":"1"}]', set(PARTS)),
        (False, (2, 8, 9, 1), "[]", None),
        (False, (0.5, 0, 0, 8), '[{"sha":"1"}]', None),
    ],
)
def test_each_part_of_a_context_ages_by_itself(
    node: Any, open_: bool, days: tuple[float, ...], commits: str, kept: set[str] | None
) -> None:
    session_id = node.agent("nux")
    now = node.parts.now_ns()
    moments = [format_ns(now - int(day * DAY)) for day in days]
    execute(
        node,
        "UPDATE agent_work_contexts SET branch = 'b', current_task = 't', intent = 'i',"
        " unmerged_commits = ?, git_updated_at = ?, task_updated_at = ?, intent_updated_at = ?",
        *(commits, *moments[:3]),
    )
    if not open_:
        execute(node, "UPDATE sessions SET ended_at = ?", moments[3])
    for _ in range(2):
        forget(node)
    row = (
        node.store.reader()
        .execute(
            f"SELECT {', '.join(PARTS)}, intent, branch FROM agent_work_contexts"
            " WHERE session_id = ?",
            (session_id,),
        )
        .fetchone()
    )
    if kept is None:
        assert row is None
        return
    assert {name for name, value in zip(PARTS, row, strict=False) if value} == kept
    assert bool(row[3]) == ("intent_updated_at" in kept)
    assert bool(row[4]) == ("git_updated_at" in kept)


@pytest.mark.parametrize(("days", "left"), [(6, 1), (8, 0)])
def test_what_a_purged_session_worked_on_is_forgotten(node: Any, days: int, left: int) -> None:
    node.agent("nux")
    moment = format_ns(node.parts.now_ns() - days * DAY)
    execute(
        node,
        "UPDATE agent_work_contexts SET git_updated_at = '', intent = 'i', intent_updated_at = ?",
        moment,
    )
    execute(node, "DELETE FROM sessions")
    forget(node)
    found = node.store.reader().execute("SELECT count(*) FROM agent_work_contexts").fetchone()
    assert found == (left,)


def test_where_an_open_session_works_is_never_forgotten(node: Any) -> None:
    node.agent("nux")
    forget(node)
    (context,) = node.call("nux", "agent.listContext")["contexts"]
    assert context["worktree_path"] == str(node.homes["nux"])


def test_ageing_is_no_event_and_touches_no_session(node: Any) -> None:
    node.agent("nux")
    execute(node, "UPDATE sessions SET ended_at = ?", format_ns(0))
    before = list(node.store.log.since(None).lines)
    sessions = node.store.reader().execute("SELECT * FROM sessions").fetchall()
    forget(node)
    assert node.store.reader().execute("SELECT count(*) FROM agent_work_contexts").fetchone() == (
        0,
    )
    assert node.store.reader().execute("SELECT * FROM sessions").fetchall() == sessions
    assert list(node.store.log.since(None).lines) == before


def test_everything_of_a_stale_look_goes_at_once(node: Any) -> None:
    """No list of files stays behind under a branch that nobody names."""
    node.agent("nux")
    execute(
        node,
        "UPDATE agent_work_contexts SET branch = 'b', uncommitted_files = '[\"a\"]',"
        ' changed_files = \'["b"]\', file_changes = \'[{"path":"b"}]\', git_updated_at = ?',
        format_ns(node.parts.now_ns() - 2 * DAY),
    )
    forget(node)
    (context,) = sessions.contexts(node.store.reader(), "nux")
    assert msgspec.to_builtins(context).keys() == {"session_id", "agent_id", "worktree_path"}


@pytest.mark.parametrize(("open_", "days", "kept"), [(True, 9, 1), (False, 6, 1), (False, 8, 0)])
def test_how_it_went_is_forgotten_like_what_was_said(
    node: Any, open_: bool, days: int, kept: int
) -> None:
    session_id = node.agent("nux")
    if not open_:
        node.call("nux", "session.end", session_id=session_id)
    execute(
        node,
        "UPDATE agent_work_contexts SET agent_status = 'blocked', status_updated_at = ?",
        format_ns(node.parts.now_ns() - days * DAY),
    )
    forget(node)
    found = sessions.contexts(node.store.reader(), "nux", open_only=False)
    assert [each.agent_status for each in found if each.agent_status] == ["blocked"] * kept
