"""What pages are told of how far messages came."""

from __future__ import annotations

import pytest

from tests.thrum.daemon.push.retold import ADA, emit, last, note, read, registered, together, told
from thrum.daemon.node import Node
from thrum.daemon.projection.queries.rows import recipients
from thrum.daemon.push.receipts import ReceiptTold


@pytest.fixture
def mail(parts: Node) -> Node:
    """Three messages of furiosa to nux and ada."""
    emit(parts, *registered("furiosa", "nux", ADA))
    emit(parts, *(note(f"msg_{number}", "furiosa", "nux", ADA) for number in (1, 2, 3)))
    return parts


def ids(push: ReceiptTold) -> list[str]:
    return [each.message_id for each in push.messages]


def test_what_is_marked_at_once_comes_at_once(mail: Node) -> None:
    before = together(mail, *read("nux", "msg_1", "msg_3"), *read(ADA, "msg_2"))
    pushes = told(mail, ReceiptTold, before)
    assert [(each.agent_id, ids(each)) for each in pushes] == [
        ("nux", ["msg_1", "msg_3"]),
        (ADA, ["msg_2"]),
    ]
    assert [each.sequence for each in pushes] == [before + 2, last(mail)]


@pytest.mark.parametrize("way", ["", "hook", "mcp"])
def test_it_says_what_the_message_says(mail: Node, way: str) -> None:
    before = emit(mail, *read("nux", "msg_1", seen=True, way=way))
    (seen,) = told(mail, ReceiptTold, before)
    emit(mail, *read("nux", "msg_1"))
    both = told(mail, ReceiptTold, before)
    in_message = recipients(mail.store.reader(), "msg_1", "furiosa")[0]
    assert (seen.messages[0].recipient.state, in_message.state) == ("offered", "read")
    assert [each.messages[0].recipient for each in both] == [in_message]
    assert in_message.offered_by == seen.messages[0].recipient.offered_by == way


def test_a_receipt_of_nobody_or_nothing_is_not_told(mail: Node) -> None:
    stranger = read("stranger", "msg_1")
    assert told(mail, ReceiptTold, emit(mail, *stranger)) == []


def test_marking_many_asks_as_often_as_marking_one(mail: Node) -> None:
    db = mail.store.reader()
    asked: list[str] = []
    made = [note(f"msg_{number}", "furiosa", "nux") for number in range(10, 210)]
    together(mail, *made)

    def statements(*message_ids: str) -> int:
        before = together(mail, *read("nux", *message_ids, seen=True))
        asked.clear()
        db.set_trace_callback(asked.append)
        assert len(told(mail, ReceiptTold, before)) == 1
        db.set_trace_callback(None)
        return len(asked)

    assert statements("msg_1") == statements(*(each.message_id for each in made))
