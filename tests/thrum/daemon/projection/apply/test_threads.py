"""Threads, worked out from answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.thrum.daemon.projection.apply.mail import created, the_message
from thrum import events
from thrum.daemon.projection.tables import Tables

Put = Callable[..., None]


def reply(number: int, to: int, **fields: Any) -> events.MessageCreate:
    return created(number, refs=[events.Pair("reply_to", f"msg_{to}")], **fields)


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
