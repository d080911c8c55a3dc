"""What a person is told of messages."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from gitstore import canonical
from tests.thrum.daemon.push.retold import emit
from tests.thrum.daemon.push.test_pushing import sent
from thrum import events
from thrum.daemon.node import Node
from thrum.daemon.projection.apply import apply
from thrum.daemon.projection.queries import happenings, listing
from thrum.daemon.projection.queries.filters import ListFilter
from thrum.daemon.push import mail
from thrum.daemon.push.mail import MessageGone, MessageTold
from thrum.events import Body, Pair


def told(node: Node, person: str = "user:ada", since: int = 0) -> list[Any]:
    db = node.store.reader()
    return [each for _, each in mail.pushes(db, happenings.since(db, since, 1000)[0], person)]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"scopes": [Pair("file", "a.py")], "refs": [Pair("mention", "nux"), Pair("tag", "x")]},
        {"thread_id": "thr_1", "authored_by": "user:ada", "disclosed": True},
        {"scopes": [Pair("group", "everyone")]},
    ],
)
def test_the_row_is_the_one_of_the_list(parts: Node, fields: dict[str, Any]) -> None:
    sent(parts, 2, ["nux", "max"], **fields)
    wanted = ListFilter(reader="user:ada", page=1, page_size=10, ascending=True)
    listed = listing.list_messages(parts.store.reader(), wanted).messages
    found = [msgspec.to_builtins(each.row) for each in told(parts)]
    assert found == [msgspec.to_builtins(each) for each in listed]


def test_older_pages_find_what_they_look_for(parts: Node) -> None:
    (id,) = sent(parts, 1, ["nux"], session_id="ses_1")
    (push,) = msgspec.to_builtins(told(parts))
    assert push["message_id"] == push["message"]["id"] == id
    assert push["author"] == {"agent_id": "furiosa", "name": "furiosa"}
    assert push["message"]["body"] == {"content": "text 0"}
    assert (push["thread_id"], push["scopes"], push["message"]["scopes"]) == ("", None, None)
    assert push["origin_daemon"] == "d_here"


def test_whether_it_is_read_is_the_persons_own_matter(parts: Node) -> None:
    (id,) = sent(parts, 1, ["user:ada", "user:bo"])
    receipt = events.MessageReceipt(message_id=id, agent_id="user:ada", receipt_type="read")
    emit(parts, receipt)
    assert [told(parts, who)[0].row.is_read for who in ("user:ada", "user:bo")] == [True, False]


def test_an_edit_and_a_deletion_show_what_is_left(parts: Node) -> None:
    kept, gone = sent(parts, 2, ["nux"])
    emit(parts, events.MessageEdit(message_id=kept, body=Body("better", format="plain")))
    assert [each.row.body.content for each in told(parts)] == ["better", "text 1", "better"]
    emit(parts, events.MessageDelete(message_id=gone))
    kinds = [(type(each), each.message_id) for each in told(parts)]
    assert kinds == [
        (MessageTold, kept),
        (MessageGone, gone),
        (MessageTold, kept),
        (MessageGone, gone),
    ]


def test_what_came_before_its_message_is_told_of_with_it(parts: Node) -> None:
    """Another clone's edit may come first; nobody can show it then."""
    made = parts.ids.make("msg")
    edit = events.MessageEdit(message_id=made, body=Body("late", format="plain"))
    parts.store.transact_blocking(lambda transaction: _park(transaction, edit))
    assert told(parts) == []
    number, _ = happenings.last(parts.store.reader())
    emit(parts, events.MessageCreate(message_id=made, agent_id="furiosa", body=Body("early")))
    assert [each.row.body.content for each in told(parts, since=number)] == ["late"]


def _park(transaction: Any, event: events.MessageEdit) -> None:
    event.event_id, event.timestamp = "evt_early", "2026-01-01T00:00:00.000000000Z"
    event.origin_daemon = "d_there"
    assert apply(transaction.tables, event, canonical(event).decode())


def test_a_preview_is_cut_at_a_character(parts: Node) -> None:
    text = "ä" * 99 + "😀" + "tail"
    emit(parts, events.MessageCreate(message_id="msg_1", agent_id="ann", body=Body(text)))
    (push,) = told(parts)
    assert push.preview == push.message.body.content == "ä" * 99 + "😀"
    assert push.row.body.content == text
