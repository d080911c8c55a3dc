"""Purging: what goes, what stays, who may, and that the preview counts what is done."""

from __future__ import annotations

from typing import Any

import pytest

from gitstore import canonical
from thrum import events
from thrum.clock import format_ns

DAY_NS = 86_400_000_000_000


@pytest.fixture
def old(node: Any) -> Any:
    """A node with furiosa and nux, testers, and max, a coordinator, and some history.

    Attributes:
        middle: a moment in that history, three messages and one ended session later.
    """
    node.agent("furiosa")
    first = node.agent("nux")
    node.agent("max", role="coordinator")
    sent = node.send("furiosa", "one", to="nux")["message_id"]
    node.call("nux", "message.markRead", message_ids=[sent])
    node.call("furiosa", "message.edit", message_id=sent, content="one, edited")
    doomed = node.send("furiosa", "two", to="nux")["message_id"]
    node.call("furiosa", "message.delete", message_id=doomed)
    node.send("nux", "three")
    home = {"type": "worktree", "value": str(node.homes["nux"])}
    node.call("nux", "session.end", session_id=first)
    node.call("nux", "session.start", agent_id="nux", refs=[home])
    node.middle = node.parts.now_ns()
    node.send("furiosa", "four", to="nux", reply_to=sent)
    return node


def counts(node: Any) -> tuple[int, int, int]:
    db = node.store.reader()
    found = [
        db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("messages", "sessions", "events")
    ]
    return found[0], found[1], found[2]


def purge(node: Any, agent: str = "max", **params: Any) -> dict[str, Any]:
    answer: dict[str, Any] = node.call(
        agent, "purge.execute", **{"before": format_ns(node.middle), **params}
    )
    return answer


def test_a_preview_counts_what_is_done_then_and_changes_nothing(old: Any) -> None:
    before = counts(old)
    preview = purge(old, dry_run=True)
    assert counts(old) == before
    done = purge(old)
    assert done == preview | {"dry_run": False}
    after = counts(old)
    assert done["messages_deleted"] == before[0] - after[0] == 3
    assert done["sessions_deleted"] == before[1] - after[1] == 1
    # The purge itself is an event.
    assert done["events_deleted"] == before[2] - after[2] + 1 == 6
    assert old.inbox("nux") == ["four"]
    again = purge(old)
    assert (again["messages_deleted"], again["sessions_deleted"]) == (0, 0)
    assert counts(old) == after, "a purge that is covered writes nothing"


def test_open_sessions_stay_however_old(old: Any) -> None:
    old.middle = old.parts.now_ns()
    assert purge(old)["messages_deleted"] == 4
    rows = old.call("nux", "session.list", active_only=True)["sessions"]
    assert {row["agent_id"] for row in rows} == {"furiosa", "nux", "max"}
    old.send("furiosa", "goes on", to="nux")
    assert old.inbox("nux") == ["goes on"]


def test_a_time_in_the_future_means_now(old: Any) -> None:
    far = "2999-01-01T00:00:00Z"
    assert purge(old, before=far, dry_run=True)["messages_deleted"] == 4
    done = purge(old, before=far)
    assert (done["messages_deleted"], done["before"]) == (4, far)
    old.send("furiosa", "later", to="nux")
    assert old.inbox("nux") == ["later"]


@pytest.mark.parametrize("before", [None, "", "soon", "2026-01-01", 1])
def test_a_time_is_needed(old: Any, before: Any) -> None:
    assert old.refused("max", "purge.execute", before=before) == "invalid_params"


def test_it_is_for_people_and_coordinators_and_everybody_may_look(old: Any) -> None:
    before = counts(old)
    params: dict[str, Any] = {"before": format_ns(old.middle)}
    assert old.refused("nux", "purge.execute", **params) == "not_allowed"
    for dry_run in (True, False):
        params["dry_run"] = dry_run
        assert old.refused("nobody", "purge.execute", **params) == "anonymous_caller"
    assert purge(old, "nux", dry_run=True)["messages_deleted"] == 3
    assert counts(old) == before


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_time_that_others_have_not_come_to_is_refused(old: Any, dry_run: bool) -> None:
    """Somebody answered a message a moment ago, by a clock that is two days behind."""
    now_ns = old.parts.now_ns()
    asked = old.send("max", "what is the time?")["message_id"]
    answer = events.MessageCreate(
        message_id="msg_answer",
        agent_id="far",
        body=events.Body("the day before yesterday"),
        refs=[events.Pair("reply_to", asked)],
        event_id="evt_answer",
        timestamp=format_ns(now_ns - 2 * DAY_NS),
        origin_daemon=f"d_{'F' * 26}",
    )
    old.store.log.append([[("messages/far.jsonl", canonical(answer))]])
    old.store.catch_up()
    params = {"before": format_ns(now_ns - DAY_NS), "dry_run": dry_run}
    assert old.refused("max", "purge.execute", **params) == "conflict"
    params["before"] = format_ns(now_ns - 3 * DAY_NS)
    assert old.call("max", "purge.execute", **params)["messages_deleted"] == 0


def test_what_comes_late_and_was_not_seen_stays(old: Any) -> None:
    done = purge(old)
    assert done["messages_deleted"] == 3
    late = events.MessageCreate(
        message_id="msg_late",
        agent_id="far",
        body=events.Body("sent long ago, unseen"),
        recipients=["nux"],
        event_id="evt_late",
        timestamp="2020-01-01T00:00:00Z",
        origin_daemon=f"d_{'F' * 26}",
    )
    old.store.log.append([[("messages/far.jsonl", canonical(late))]])
    old.store.catch_up()
    assert "sent long ago, unseen" in old.inbox("nux")
