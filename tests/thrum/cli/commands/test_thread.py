"""``thrum thread``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.thrum.cli.answers import page

Make = Callable[..., dict[str, Any]]
TO_ME = [{"type": "agent", "value": "furiosa"}]


@pytest.fixture
def talk(world: Any, message: Make) -> Any:
    """Three messages, of which the middle one is furiosa's; the daemon lists the newest first."""
    first = message("AAAAAA", "one", author={"agent_id": "nux"}, thread_id="thr_1", is_read=True)
    rows = [
        message("CCCCCC", "three", audiences=TO_ME, reply_to="msg_01M7XCNHBQTZPY0FK2ZTBBBBBB"),
        message("BBBBBB", "two", agent_id="furiosa"),
        first | {"audiences": TO_ME},
    ]
    world.daemon.answers |= {
        "message.get": {"message": first},
        "message.list": page(*rows),
        "message.markRead": {"marked_count": 1},
    }
    return world


def test_both_sides_oldest_first(talk: Any) -> None:
    assert talk.run("thread", "AAAAAA").out == (
        "○ AAAAAA @nux to you 2m\none\n\n"
        "○ BBBBBB @furiosa 2m\ntwo\n\n"
        "● CCCCCC @nux to you 2m re BBBBBB\nthree\n"
        "● unread ○ read\n"
    )
    asked = talk.daemon.params("message.list")
    assert (asked["thread_id"], asked["sort_order"], "exclude_self" in asked) == (
        "thr_1",
        "desc",
        False,
    )


def test_what_is_shown_is_marked_but_not_ones_own(talk: Any, message: Make) -> None:
    talk.run("thread", "AAAAAA")
    marked = talk.daemon.params("message.markRead")["message_ids"]
    assert marked == [message("CCCCCC")["message_id"]]


def test_a_thread_may_be_named_itself(talk: Any) -> None:
    assert talk.run("thread", "thr_1").code == 0
    assert "message.get" not in talk.daemon.methods
    talk.daemon.answers["message.list"] = page()
    ran = talk.run("thread", "thr_2")
    assert (ran.code, "no thread thr_2" in ran.err) == (1, True)


def test_a_message_without_answers_stands_alone(talk: Any, message: Make) -> None:
    alone = message("DDDDDD", "lonely", author={"agent_id": "nux"}, audiences=TO_ME)
    talk.daemon.answers["message.get"] = {"message": alone}
    assert talk.run("thread", "DDDDDD").out == "● DDDDDD @nux to you 2m\nlonely\n"
    document = talk.run("thread", "DDDDDD", "--json").document
    assert [row["message_id"] for row in document["messages"]] == [alone["message_id"]]
    assert "message.list" not in talk.daemon.methods


def test_the_newest_page_comes_first(talk: Any) -> None:
    talk.daemon.answers["message.list"] |= {"total": 45, "total_pages": 3}
    assert talk.run("thread", "AAAAAA").out.endswith("3 of 45; earlier ones: --page 2\n")
    document = talk.run("thread", "AAAAAA", "--json").document
    assert [row["body"]["content"] for row in document["messages"]] == ["one", "two", "three"]


def test_a_failure_to_mark_is_told(talk: Any, refuse: Any) -> None:
    talk.daemon.answers["message.markRead"] = refuse("no_session", "no session")
    assert "not marked as read: no session" in talk.run("thread", "AAAAAA").err
