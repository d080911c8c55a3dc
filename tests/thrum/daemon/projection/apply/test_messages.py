"""What the tables say after events about messages; that order does not matter is shown apart."""

from __future__ import annotations

from collections.abc import Callable

from tests.thrum.daemon.projection.apply.mail import at, created, edited, the_message
from tests.thrum.daemon.projection.apply.people import registered
from thrum import events
from thrum.daemon.projection.queries.messages import Metadata, edits
from thrum.daemon.projection.queries.tallies import inbox_counts
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def test_the_last_edit_is_the_text(tables: Tables, put: Put) -> None:
    put(created(1), edited("evt_b", 12, "last"), edited("evt_a", 12, "first"))
    found = the_message(tables)
    assert (found.body.content, found.body.format) == ("last", "plain")
    assert [edits(tables.db, "msg_1", each) for each in ("evt_a", "evt_b", "evt_x")] == [1, 2, 0]
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
