"""What was answered to messages."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.daemon.projection.queries.replies import replies


@pytest.fixture
def pair(node: Any) -> Any:
    for name in ("furiosa", "nux"):
        node.agent(name)
    return node


def found(node: Any, *message_ids: str) -> list[tuple[str, str, str]]:
    return [each[:3] for each in replies(node.store.reader(), message_ids)]


def sent(node: Any, who: str, text: str, to: str, reply_to: str = "") -> str:
    made: str = node.send(who, text, to=to, reply_to=reply_to)["message_id"]
    return made


def test_what_answers_it_or_another_one_of_its_thread(pair: Any) -> None:
    first = sent(pair, "furiosa", "may I?", "nux")
    other = sent(pair, "furiosa", "and that?", "nux")
    why = sent(pair, "nux", "why?", "furiosa", first)
    sent(pair, "furiosa", "it leaks", "nux", why)
    sent(pair, "nux", "no", "furiosa", other)
    sent(pair, "nux", "apropos", "furiosa")
    assert found(pair, first) == [
        (first, "nux", "why?"),
        (first, "furiosa", "it leaks"),
    ]
    assert found(pair, other) == [(other, "nux", "no")]
    assert len(found(pair, first, other)) == 3
    assert found(pair) == found(pair, "msg_unknown") == []


def test_what_was_taken_back_is_no_answer(pair: Any) -> None:
    first = sent(pair, "furiosa", "may I?", "nux")
    answer = sent(pair, "nux", "y", "furiosa", first)
    pair.call("nux", "message.delete", message_id=answer)
    assert found(pair, first) == []
