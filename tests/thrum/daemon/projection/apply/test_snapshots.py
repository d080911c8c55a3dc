"""Another Thrum's snapshot rows."""

from __future__ import annotations

from collections.abc import Callable

from gitstore import Line, canonical
from tests.thrum.daemon.projection.apply.mail import at, created, the_message
from tests.thrum.daemon.projection.apply.people import registered
from thrum.daemon.projection.reading import take
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


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
