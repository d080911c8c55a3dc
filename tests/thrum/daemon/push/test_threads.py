"""What pages are told of threads."""

from __future__ import annotations

import pytest

from tests.thrum.daemon.push.retold import ADA, emit, note, read, registered, together, told
from thrum import events
from thrum.daemon.node import Node
from thrum.daemon.push.mail import MessageGone, MessageTold
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


def rows(node: Node, since: int) -> list[tuple[str, str]]:
    """The messages that are told of, and their threads."""
    return [(each.message_id, each.thread_id) for each in told(node, MessageTold, since)]


def test_a_message_that_comes_after_its_answers_tells_of_the_thread_that_they_left(
    parts: Node,
) -> None:
    emit(parts, *registered("furiosa", "nux", ADA))
    emit(
        parts,
        note("msg_2", "nux", ADA, answers="msg_1", thread_id="thr_old"),
        note("msg_3", "furiosa", ADA, answers="msg_2"),
    )
    before = emit(parts, note("msg_1", "furiosa", ADA, thread_id="thr_new"))
    assert counts(parts, before) == [("thr_new", 3, 3, "furiosa"), ("thr_old", 0, 0, "")]
    assert rows(parts, before) == [(f"msg_{n}", "thr_new") for n in (1, 2, 3)]
    (*_, left) = told(parts, ThreadTold, before)
    assert (left.preview, left.last_activity) == (None, "")


def test_what_else_was_said_in_the_thread_that_they_left_stays_there(parts: Node) -> None:
    emit(parts, *registered("furiosa", "nux", ADA))
    emit(
        parts,
        note("msg_0", "nux", ADA, thread_id="thr_old"),
        note("msg_2", "nux", ADA, answers="msg_1", thread_id="thr_old"),
    )
    before = emit(parts, note("msg_1", "furiosa", ADA, thread_id="thr_new"))
    assert counts(parts, before) == [("thr_new", 2, 2, "furiosa"), ("thr_old", 1, 1, "nux")]


def test_each_time_that_more_of_a_conversation_comes_its_answers_move(parts: Node) -> None:
    """From the end to the beginning, as a clone gets it that was away: all end in one thread."""
    emit(parts, *registered("furiosa", "nux", ADA))
    emit(parts, note("msg_4", "nux", ADA, answers="msg_3"))
    before = emit(parts, note("msg_3", "furiosa", ADA, answers="msg_2"))
    assert counts(parts, before) == [("thr_2", 2, 2, "furiosa"), ("thr_3", 0, 0, "")]
    before = emit(parts, note("msg_2", "nux", ADA, answers="msg_1"))
    assert rows(parts, before) == [("msg_2", THREAD), ("msg_3", THREAD), ("msg_4", THREAD)]
    assert counts(parts, before) == [(THREAD, 3, 3, "nux"), ("thr_2", 0, 0, "")]
    before = emit(parts, note("msg_1", "furiosa", ADA))
    assert rows(parts, before) == [("msg_1", THREAD)], "its answers are where they were"
    assert counts(parts, before) == [(THREAD, 4, 4, "furiosa")]


def test_an_answer_that_was_taken_back_moves_as_what_is_left_of_it(parts: Node) -> None:
    emit(parts, *registered("furiosa", "nux", ADA))
    emit(
        parts,
        note("msg_2", "nux", ADA, answers="msg_1", thread_id="thr_old"),
        events.MessageDelete(message_id="msg_2"),
    )
    before = emit(parts, note("msg_1", "furiosa", ADA, thread_id="thr_new"))
    (gone,) = told(parts, MessageGone, before)
    assert (gone.message_id, gone.row.thread_id) == ("msg_2", "thr_new")
    assert counts(parts, before) == [("thr_new", 1, 1, "furiosa"), ("thr_old", 0, 0, "")]


def test_answers_that_come_together_with_it_or_later_moved_nowhere(parts: Node) -> None:
    emit(parts, *registered("furiosa", "nux", ADA))
    before = together(
        parts,
        note("msg_1", "furiosa", ADA, thread_id="thr_new"),
        note("msg_2", "nux", ADA, answers="msg_1", thread_id="thr_old"),
    )
    emit(parts, note("msg_3", "nux", ADA, answers="msg_1", thread_id="thr_other"))
    assert counts(parts, before) == [("thr_new", 3, 3, "nux")]
    assert [each for each, _ in rows(parts, before)] == ["msg_1", "msg_2", "msg_3"]
