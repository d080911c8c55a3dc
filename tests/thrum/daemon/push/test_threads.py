"""What pages are told of threads."""

from __future__ import annotations

import pytest

from tests.thrum.daemon.push.retold import ADA, emit, note, read, registered, together, told
from thrum import events
from thrum.daemon.node import Node
from thrum.daemon.push.threads import ThreadTold
from thrum.events import Body

THREAD = "thr_1"


@pytest.fixture
def talk(parts: Node) -> Node:
    """furiosa asks ada, nux answers both, and there is a message of no thread."""
    emit(parts, *registered("furiosa", "nux", ADA))
    emit(parts, note("msg_1", "furiosa", ADA), note("msg_2", "nux", ADA, answers="msg_1"))
    emit(parts, note("msg_9", "nux", ADA))
    return parts


def counts(node: Node, before: int, person: str = ADA) -> list[tuple[str, int, int, str]]:
    found = told(node, ThreadTold, before, person)
    return [(x.thread_id, x.message_count, x.unread_count, x.last_sender) for x in found]


def test_an_answer_tells_of_its_thread_once(talk: Node) -> None:
    before = together(
        talk,
        note("msg_3", "furiosa", ADA, answers="msg_2"),
        note("msg_4", "nux", ADA, answers="msg_3"),
    )
    assert counts(talk, before) == [(THREAD, 4, 4, "nux")]
    assert counts(talk, before, "user:bo") == [(THREAD, 4, 0, "nux")]
    (push,) = told(talk, ThreadTold, before)
    assert push.preview == "nux says msg_4"
    assert push.last_activity == push.timestamp


def test_what_is_in_no_thread_tells_of_none(talk: Node) -> None:
    before = emit(talk, *read(ADA, "msg_9"), note("msg_5", "nux", ADA))
    assert counts(talk, before) == []


def test_ones_own_reading_counts_and_that_of_others_does_not(talk: Node) -> None:
    assert counts(talk, emit(talk, *read(ADA, "msg_1"))) == [(THREAD, 2, 1, "nux")]
    assert counts(talk, emit(talk, *read("nux", "msg_1"))) == []
    assert counts(talk, emit(talk, *read(ADA, "msg_2", seen=True))) == []


def test_an_edit_shows_and_a_deletion_takes_away(talk: Node) -> None:
    before = emit(talk, events.MessageEdit(message_id="msg_2", body=Body("b" * 150)))
    assert [each.preview for each in told(talk, ThreadTold, before)] == ["b" * 100]
    before = emit(talk, events.MessageDelete(message_id="msg_2"))
    assert counts(talk, before) == [(THREAD, 1, 1, "furiosa")]
    before = emit(talk, events.MessageDelete(message_id="msg_1"))
    assert counts(talk, before) == [(THREAD, 0, 0, "")]
    assert told(talk, ThreadTold, before)[0].preview is None
