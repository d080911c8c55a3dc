"""Events from the rows of an older database: what the log lacks, once, and the same each time."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from gitstore import Line
from tests.contract.test_partners import read_by_partner
from tests.older import agent, made, message, put, reached
from thrum.daemon.projection.facts import interpret
from thrum.errors import ThrumError
from thrum.migration import older
from thrum.migration.known import Known
from thrum.migration.retelling import Retelling, Told

AT = "2026-01-02T09:00:00Z"
ADDED = {"added_at": AT}
SAID = {"body": {"content": "kept", "format": "markdown"}}


@pytest.fixture
def db(tmp_path: Path) -> sqlite3.Connection:
    return made(tmp_path / "messages.db", agents=[agent("ann", "lead"), agent("bob", "tester")])


def told(tmp_path: Path, known: list[Told] | None = None) -> Retelling:
    lines = [Line(path, -1, raw) for path, raw in known or ()]
    retelling = Retelling(Known.of(lines), "d_OURS")
    with older.opened(tmp_path / "messages.db") as database:
        retelling.tell(database)
    return retelling


def of_type(retelling: Retelling, kind: str) -> list[dict[str, Any]]:
    found = [json.loads(raw) for _, raw in retelling.lines]
    return [event for event in found if event["type"] == kind]


def test_a_message_comes_with_all_that_is_known_of_it(
    tmp_path: Path, db: sqlite3.Connection
) -> None:
    put(
        db,
        messages=[message(1, "ann", "hello", thread_id="thr_1", authored_by="user:leon")],
        message_scopes=[{"message_id": f"msg_{1:026}", "scope_type": "m", "scope_value": "auth"}],
        message_refs=[
            {"message_id": f"msg_{1:026}", "ref_type": kind, "ref_value": "bob"}
            for kind in ("mention", "issue")
        ],
        message_deliveries=[reached(1, "ann", AT), reached(1, "bob", AT)],
    )
    found = told(tmp_path)
    [sent] = of_type(found, "message.create")
    assert sent["refs"] == [{"type": kind, "value": "bob"} for kind in ("issue", "mention")]
    assert sent["recipients"] == ["bob"]
    assert (sent["thread_id"], sent["authored_by"]) == ("thr_1", "user:leon")
    assert sent["timestamp"] == "2026-01-02T00:01:00.500000000Z"
    [read] = of_type(found, "message.receipt")
    assert (read["agent_id"], read["receipt_type"]) == ("bob", "read")
    assert dict(found.counts) == {"agents": 2, "messages": 1, "receipts": 1}
    for path, raw in found.lines:
        interpret(path, raw)


def test_what_is_told_again_is_the_same_and_what_is_known_is_not_told(
    tmp_path: Path, db: sqlite3.Connection
) -> None:
    put(
        db,
        messages=[message(n, "ann", f"text {n}") for n in range(3)],
        message_deliveries=[reached(n, "bob", AT) for n in range(3)],
        groups=[{"group_id": "grp_1", "name": "qa", "created_at": AT, "created_by": "ann"}],
        group_members=[
            {"group_id": "grp_1", "member_type": "agent", "member_value": each, "added_at": AT}
            for each in ("ann", "bob")
        ],
        sessions=[
            {"session_id": "ses_1", "agent_id": "ann", "started_at": AT, "last_seen_at": AT}
            | {"ended_at": AT, "end_reason": "normal"}
        ],
    )
    first = told(tmp_path)
    ids = [json.loads(raw)["event_id"] for _, raw in first.lines]
    assert len(set(ids)) == len(ids) == 2 + 3 + 3 + 1 + 2 + 2
    assert told(tmp_path).lines == first.lines
    assert told(tmp_path, first.lines).lines == []
    half = first.lines[::2]
    assert sorted([*told(tmp_path, half).lines, *half]) == sorted(first.lines)


def test_older_programs_read_what_is_told(tmp_path: Path, db: sqlite3.Connection) -> None:
    """Among clones there may be some that have not come over yet."""
    twice = {"type": "mention", "value": "bob"}
    kept = {"type": "message.create", "message_id": "msg_1", "agent_id": "ann", "session_id": ""}
    put(
        db,
        messages=[message(n, "ann", f"text {n} <&>", session_id="") for n in range(3)],
        message_edits=[{"message_id": f"msg_{1:026}", "edited_at": AT, "edited_by": "s"}],
        message_deliveries=[reached(n, "bob", AT) for n in range(3)],
        groups=[{"group_id": "grp_1", "name": "qa", "created_at": AT, "created_by": ""}],
        group_members=[{"group_id": "grp_1", "member_type": "role", "member_value": "*"} | ADDED],
        sessions=[{"session_id": "s", "agent_id": "ann", "started_at": AT, "last_seen_at": AT}],
        events=[
            {"event_id": "evt_0", "sequence": 0, "type": "message.create", "timestamp": AT}
            | {"origin_daemon": "d"}
            | {"event_json": json.dumps(kept | _base(0) | {"body": {}, "refs": [twice, twice]})},
            {"event_id": "evt_1", "sequence": 1, "type": "message.create", "timestamp": AT}
            | {"origin_daemon": "d"}
            | {"event_json": json.dumps(kept | _base(1) | SAID | {"refs": [twice, twice]})},
        ],
    )
    found, files = told(tmp_path), dict[str, bytes]()
    for path, raw in found.lines:
        files[path] = files.get(path, b"") + raw + b"\n"
    assert len(read_by_partner(files)) == len(found.lines) > 10
    assert found.left == 1  # a body without a text


def test_an_edited_message_has_its_first_text_and_its_edits(
    tmp_path: Path, db: sqlite3.Connection
) -> None:
    changes = [("one", "two", "10"), ("two", "three", "11")]
    put(
        db,
        messages=[message(1, "ann", "three")],
        message_edits=[
            {"message_id": f"msg_{1:026}", "edited_at": f"2026-01-02T{hour}:00:00Z"}
            | {"edited_by": "s", "old_content": old, "new_content": new}
            for old, new, hour in changes
        ],
    )
    found = told(tmp_path)
    assert of_type(found, "message.create")[0]["body"]["content"] == "one"
    edits = [event["body"]["content"] for event in of_type(found, "message.edit")]
    assert edits == ["two", "three"]


def test_deleted_messages_stay_behind_and_deletions_come(
    tmp_path: Path, db: sqlite3.Connection
) -> None:
    gone = {"deleted": 1, "deleted_at": AT, "delete_reason": "typo"}
    put(db, messages=[message(1, "ann", "known", **gone), message(2, "ann", "unknown", **gone)])
    sent: dict[str, object] = {
        "type": "message.create",
        "event_id": "evt_1",
        "timestamp": AT,
        "agent_id": "ann",
    }
    sent |= {"message_id": f"msg_{1:026}", "body": {"content": "known"}}
    found = told(tmp_path, [("messages/ann.jsonl", json.dumps(sent).encode())])
    [event] = of_type(found, "message.delete")
    assert (event["message_id"], event["reason"]) == (f"msg_{1:026}", "typo")
    assert of_type(found, "message.create") == []


def test_kept_events_come_as_they_were_but_for_what_would_take_from_others(
    tmp_path: Path, db: sqlite3.Connection
) -> None:
    kept: list[dict[str, object]] = [
        {"type": "group.create", "group_id": "g", "name": "n", "created_by": "ann", "later": 1},
        {"type": "purge.executed", "cutoff": AT},
        {"type": "agent.cleanup", "agent_id": "ann"},
    ]
    put(
        db,
        events=[
            {"event_id": f"evt_{n}", "sequence": n, "type": each["type"], "timestamp": AT}
            | {"origin_daemon": "d", "event_json": json.dumps(each | _base(n))}
            for n, each in enumerate(kept)
        ],
    )
    found = told(tmp_path)
    [group] = of_type(found, "group.create")
    assert group["later"] == 1
    assert "sequence" not in group
    assert {json.loads(raw)["type"] for _, raw in found.lines} == {"agent.register", "group.create"}


def _base(number: int) -> dict[str, object]:
    return {"event_id": f"evt_{number}", "timestamp": AT, "sequence": number, "v": 1}


def test_what_cannot_be_told_keeps_back_nothing_else(
    tmp_path: Path, db: sqlite3.Connection
) -> None:
    put(
        db,
        messages=[
            message(1, "../../etc/passwd", "traversal"),
            message(2, "ann", "no time", created_at="soon"),
            message(3, "ann", "fine"),
            message(4, "ann", sqlite3.Binary(b"\xff\xfe")),  # type: ignore[arg-type]
        ],
        events=[
            {"event_id": "evt_x", "sequence": 1, "type": "x", "timestamp": AT, "origin_daemon": ""}
            | {"event_json": text}
            for text in ("[" * 5000,)
        ],
        agents=[agent("c" * 300, "tester"), agent("system", "x"), agent("monitor:logs", "x")],
    )
    found = told(tmp_path)
    assert [event["body"]["content"][:4] for event in of_type(found, "message.create")] == [
        "fine",
        "\ufffd\ufffd",
    ]
    assert found.left == len(found.refused) == 4
    assert {event["agent_id"] for event in of_type(found, "agent.register")} == {"ann", "bob"}


def test_old_schemas_lack_tables_and_columns(tmp_path: Path) -> None:
    path = tmp_path / "messages.db"
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("CREATE TABLE messages (message_id, agent_id, created_at, body_content)")
    db.execute("CREATE TABLE message_reads (message_id, session_id, agent_id, read_at)")
    db.execute("INSERT INTO messages VALUES ('msg_1', 'ann', ?, 'old')", (AT,))
    db.execute("INSERT INTO message_reads VALUES ('msg_1', 's', 'bob', ?)", (AT,))
    found = told(tmp_path)
    assert dict(found.counts) == {"messages": 1, "receipts": 1}
    assert of_type(found, "message.create")[0]["session_id"] == ""


def test_reading_writes_nothing_and_sees_the_write_ahead_log(
    tmp_path: Path, db: sqlite3.Connection
) -> None:
    put(db, messages=[message(1, "ann", "only in the log")])
    before = {path.name: path.read_bytes() for path in tmp_path.glob("messages.db*")}
    assert len(before["messages.db-wal"]) > 0
    assert of_type(told(tmp_path), "message.create")
    after = {path.name: path.read_bytes() for path in tmp_path.glob("messages.db*")}
    assert after == before


def test_a_damaged_database_is_refused(tmp_path: Path, db: sqlite3.Connection) -> None:
    put(db, messages=[message(n, "ann", "x" * 5000) for n in range(20)])
    db.close()
    path = tmp_path / "messages.db"
    data = path.read_bytes()
    path.write_bytes(data[:8192] + bytes(len(data) - 8192))
    with pytest.raises(ThrumError, match="cannot be read"):
        told(tmp_path)


def test_ours_is_no_older_one(tmp_path: Path) -> None:
    assert not older.is_older(tmp_path / "missing.db")
    (tmp_path / "text.db").write_text("SQLite it is not")
    assert not older.is_older(tmp_path / "text.db")
    made(tmp_path / "theirs.db").close()
    assert older.is_older(tmp_path / "theirs.db")
