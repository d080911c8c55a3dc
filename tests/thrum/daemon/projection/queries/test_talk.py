"""Who said what to whom."""

from __future__ import annotations

import json
from typing import Any

from thrum.daemon.projection.queries import talk

LONG_AGO = "2026-01-01T00:00:00.000000000Z"


def test_messages_come_with_whom_they_answer_and_reach(node: Any) -> None:
    for name in ("furiosa", "nux"):
        node.agent(name)
    first = node.send("furiosa", to="nux")["message_id"]
    answer = node.send("nux", to="furiosa", reply_to=first)
    node.send("furiosa", to="everyone")
    db = node.store.reader()
    rows = talk.since(db, 0, LONG_AGO, 9)
    assert [(row.author, row.kind, row.answered) for row in rows] == [
        ("furiosa", "agent", ""),
        ("nux", "agent", "furiosa"),
        ("furiosa", "agent", ""),
    ]
    assert [row.thread for row in rows] == ["", answer["thread_id"], ""]
    assert [json.loads(row.others) for row in rows] == [["nux"], ["furiosa"], ["nux"]]
    assert [bool(row.is_broadcast) for row in rows] == [False, False, True]
    assert talk.since(db, rows[0].number, LONG_AGO, 1) == [rows[1]]
    assert talk.since(db, 0, rows[-1].event_id and "2999-01-01T00:00:00.000000000Z", 9) == []
    assert talk.event_at(db, rows[1].number) == rows[1].event_id
    assert talk.event_at(db, 10**9) == ""


def test_heads_are_the_newest_commits_of_open_sessions_that_were_looked_at(node: Any) -> None:
    sessions = {name: node.agent(name) for name in ("furiosa", "nux", "max", "ace")}

    def commit(transaction: Any) -> None:
        for name, commits, looked in (
            ("furiosa", '[{"sha": "2"}, {"sha": "1"}]', "x"),
            ("nux", "[]", "x"),
            ("max", '[{"sha": "3"}]', ""),
            ("ace", '[{"sha": "4"}]', "x"),
        ):
            transaction.db.execute(
                "INSERT INTO agent_work_contexts (session_id, agent_id, unmerged_commits,"
                " git_updated_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET"
                " unmerged_commits = ?3, git_updated_at = ?4",
                (sessions[name], name, commits, looked),
            )

    node.store.transact_blocking(commit)
    node.call("ace", "session.end", session_id=sessions["ace"])
    found = talk.heads(node.store.reader(), [*sessions, "nobody"])
    assert found == {"furiosa": {"2"}, "nux": frozenset()}
