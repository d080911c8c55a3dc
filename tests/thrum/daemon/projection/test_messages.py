"""What the tables say after events about messages; that order does not matter is shown apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gitstore import Line, canonical
from thrum import events
from thrum.daemon.projection.queries.listing import inbox_counts
from thrum.daemon.projection.queries.messages import Message, Metadata, edits, message
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def at(second: int) -> str:
    return f"2026-01-01T00:00:{second:02}.000000000Z"


def created(number: int, second: int = 10, **fields: Any) -> events.MessageCreate:
    return events.MessageCreate(
        **{
            "message_id": f"msg_{number}",
            "agent_id": "ann",
            "session_id": "ses_1",
            "body": events.Body(f"text {number}", format="plain"),
            "timestamp": at(second),
            "event_id": f"evt_{number}",
            **fields,
        }
    )


def reply(number: int, to: int, **fields: Any) -> events.MessageCreate:
    return created(number, refs=[events.Pair("reply_to", f"msg_{to}")], **fields)


def edited(event_id: str, second: int, text: str, structured: str = "") -> events.MessageEdit:
    body = events.Body(text, format="markdown", structured=structured)
    return events.MessageEdit(
        message_id="msg_1", body=body, timestamp=at(second), event_id=event_id
    )


def registered(agent_id: str, second: int, **fields: Any) -> events.AgentRegister:
    return events.AgentRegister(
        agent_id=agent_id,
        timestamp=at(second),
        event_id=f"evt_{agent_id}_{second}",
        **{"role": "dev", "module": "m", **fields},
    )


def read(agent_id: str, second: int, kind: str = "read") -> events.MessageReceipt:
    return events.MessageReceipt(
        message_id="msg_1",
        agent_id=agent_id,
        receipt_type=kind,
        timestamp=at(second),
        event_id=f"evt_{agent_id}_{second}_{kind}",
    )


def the_message(tables: Tables, message_id: str = "msg_1") -> Message:
    found = message(tables.db, message_id)
    assert found is not None
    return found


def test_the_last_edit_is_the_text(tables: Tables, put: Put) -> None:
    put(created(1), edited("evt_b", 12, "last"), edited("evt_a", 12, "first"))
    found = the_message(tables)
    assert (found.body.content, found.body.format) == ("last", "plain")
    assert edits(tables.db, "msg_1") == 2
    assert found.updated_at == at(12)
    history = tables.db.execute(
        "SELECT old_content, new_content, edited_by FROM message_edits ORDER BY event_id"
    ).fetchall()
    assert history == [("text 1", "first", "ses_1"), ("first", "last", "ses_1")]


def test_an_edit_before_its_message_waits(tables: Tables, put: Put) -> None:
    put(edited("evt_a", 12, "new", structured="{}"))
    assert tables.db.execute("SELECT waits_for FROM parked_events").fetchall() == [("msg_1",)]
    put(created(1))
    assert the_message(tables).body.structured == "{}"
    assert tables.db.execute("SELECT waits_for FROM parked_events").fetchall() == []


def test_a_deleted_message_keeps_its_text_and_leaves_the_counts(tables: Tables, put: Put) -> None:
    put(registered("bob", 1), created(1, recipients=["bob"]))
    assert inbox_counts(tables.db, "bob").unread == 1
    gone = events.MessageDelete(
        message_id="msg_1", reason="typo", timestamp=at(11), event_id="evt_d"
    )
    put(gone, edited("evt_a", 12, "later"))
    found = the_message(tables)
    assert (found.deleted, found.metadata) == (True, Metadata(at(11), "typo"))
    assert found.body.content == "later"
    counts = inbox_counts(tables.db, "bob")
    assert (counts.total, counts.unread, counts.deleted) == (0, 0, 1)


def test_the_earliest_message_of_an_id_stands(tables: Tables, put: Put) -> None:
    put(
        created(1, 12, event_id="evt_x", recipients=["cy"]),
        created(1, 11, event_id="evt_y", agent_id="eve", recipients=["bob"]),
        created(1, 13, event_id="evt_z", recipients=["dan"]),
    )
    found = the_message(tables)
    assert (found.author.agent_id, found.created_at) == ("eve", at(11))
    assert [each.agent_id for each in found.recipients or ()] == ["bob"]


def test_a_thread_is_named_after_its_first_message(tables: Tables, put: Put) -> None:
    put(created(1), reply(2, 1), reply(3, 2), created(4))
    assert [the_message(tables, f"msg_{n}").thread_id for n in (1, 2, 3, 4)] == ["thr_1"] * 3 + [""]


def test_a_thread_that_the_first_message_names_is_kept(tables: Tables, put: Put) -> None:
    put(reply(3, 2, thread_id="thr_other"), reply(2, 1), created(1, thread_id="thr_own"))
    assert {the_message(tables, f"msg_{n}").thread_id for n in (1, 2, 3)} == {"thr_own"}


def test_an_answer_to_a_message_that_is_not_here_has_a_thread(tables: Tables, put: Put) -> None:
    put(reply(2, 1), reply(3, 2))
    assert {the_message(tables, f"msg_{n}").thread_id for n in (2, 3)} == {"thr_1"}


def test_answers_in_a_ring_end(tables: Tables, put: Put) -> None:
    put(reply(1, 3), reply(2, 1), reply(3, 2), reply(4, 4))
    assert {the_message(tables, f"msg_{n}").thread_id for n in (1, 2, 3)} == {"thr_1"}
    assert the_message(tables, "msg_4").thread_id == ""


@pytest.mark.parametrize(
    ("receipts", "expected"),
    [
        ([read("bob", 20), read("bob", 15)], (at(15), at(15))),
        ([read("bob", 15, "seen"), read("bob", 20)], (at(15), at(20))),
        ([read("bob", 15, "seen")], (at(15), "")),
        ([read("eve", 15)], ("", "")),
    ],
)
def test_the_earliest_receipt_of_a_recipient_counts(
    tables: Tables,
    put: Put,
    receipts: list[events.MessageReceipt],
    expected: tuple[str, str],
) -> None:
    put(created(1, recipients=["bob"]), *receipts)
    (found,) = the_message(tables).recipients or []
    assert (found.agent_id, found.seen_at, found.read_at) == ("bob", *expected)
    assert inbox_counts(tables.db, "bob").unread == (0 if expected[1] else 1)


def test_a_message_to_oneself_is_read_and_in_the_inbox(tables: Tables, put: Put) -> None:
    put(registered("ann", 1), created(1, refs=[events.Pair("mention", "ann")]))
    counts = inbox_counts(tables.db, "ann")
    assert (counts.total, counts.own, counts.unread) == (1, 1, 0)


def test_who_registers_later_gets_what_names_it(tables: Tables, put: Put) -> None:
    put(
        created(1, refs=[events.Pair("mention", "bob")]),
        created(2, refs=[events.Pair("mention", "dev")]),
        created(3),
        registered("bob", 20),
    )
    assert inbox_counts(tables.db, "bob").total == 1
    put(registered("bob", 5, role="other"))
    counts = inbox_counts(tables.db, "bob")
    assert counts.total == 3


def test_a_receipt_counts_for_a_delivery_that_comes_later(tables: Tables, put: Put) -> None:
    put(created(1, refs=[events.Pair("mention", "bob")]), read("bob", 15), registered("bob", 20))
    counts = inbox_counts(tables.db, "bob")
    assert (counts.total, counts.unread) == (1, 0)


def test_a_role_change_moves_the_mail_of_the_role(tables: Tables, put: Put) -> None:
    put(registered("bob", 1), created(1, refs=[events.Pair("mention", "ops")]))
    assert inbox_counts(tables.db, "bob").total == 0
    put(registered("bob", 20, role="ops"))
    assert inbox_counts(tables.db, "bob").total == 1
    put(registered("bob", 21, role="dev"))
    assert inbox_counts(tables.db, "bob").total == 0


def snapshot(**fields: object) -> Line:
    row = {
        "message_id": "msg_1",
        "author_id": "ann",
        "body": "told",
        "created_at": at(10),
        "deleted": False,
        "v": 1,
        **fields,
    }
    return Line("messages-v2/ann.jsonl", 0, canonical(row))


def receipt_row(agent_id: str) -> Line:
    row = {"message_id": "msg_1", "agent_id": agent_id, "read_at": at(15), "v": 1}
    return Line("receipts/bob.jsonl", 0, canonical(row))


def test_rows_tell_of_messages_that_no_event_tells_of(tables: Tables, put: Put) -> None:
    put(registered("bob", 1), registered("cy", 1))
    take(tables, [snapshot(), receipt_row("bob")])
    found = the_message(tables)
    assert (found.author.agent_id, found.body.content, found.created_at) == ("ann", "told", at(10))
    assert [(each.agent_id, each.read_at) for each in found.recipients or ()] == [("bob", at(15))]


def test_an_event_replaces_what_rows_tell(tables: Tables, put: Put) -> None:
    put(registered("bob", 1), registered("cy", 1))
    take(tables, [snapshot(), receipt_row("bob")])
    put(created(1, recipients=["cy", "bob"]))
    found = the_message(tables)
    assert found.body.content == "text 1"
    assert {each.agent_id: each.read_at for each in found.recipients or ()} == {
        "bob": at(15),
        "cy": "",
    }
    take(tables, [snapshot(deleted=True)])
    assert the_message(tables).deleted


def test_an_unknown_type_is_kept_and_does_nothing(tables: Tables) -> None:
    line = b'{"event_id":"evt_1","timestamp":"2026-01-01T00:00:00Z","type":"memory.add","x":[1]}'
    assert take(tables, [Line("events.jsonl", 0, line)]).bad == 0
    assert tables.db.execute("SELECT type, event_json FROM events").fetchall() == [
        ("memory.add", line.decode())
    ]


def test_a_bad_line_is_set_aside_and_stops_nothing(tables: Tables) -> None:
    good = canonical(registered("bob", 1))
    outcome = take(tables, [Line("events.jsonl", 7, b"{torn"), Line("events.jsonl", 20, good)])
    assert (outcome.bad, len(outcome.events)) == (1, 1)
    rows = tables.db.execute("SELECT path, byte_offset, reason, raw FROM bad_events").fetchall()
    assert [(path, offset, raw) for path, offset, _, raw in rows] == [("events.jsonl", 7, b"{torn")]
    assert rows[0][2]
