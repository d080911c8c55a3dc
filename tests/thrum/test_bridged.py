"""What is shown of `structured`: what the author put there."""

from __future__ import annotations

import json

import pytest

from thrum.bridged import structured_text

WAY = {"source": "peer", "peer_name": "docs", "message_id": "msg_1"}


def row(author: str, structured: object) -> dict[str, object]:
    return {"agent_id": author, "body": {"content": "x", "structured": structured}}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (json.dumps(WAY), ""),
        (json.dumps({**WAY, "structured": '{"a":1}'}), '{"a":1}'),
        (WAY, ""),
        ('{"source":"elsewhere"}', '{"source":"elsewhere"}'),
        ("7", "7"),
        ("{no json", "{no json"),
        ("[" * 5000, "[" * 5000),
        (None, ""),
        ("", ""),
    ],
)
def test_of_who_is_behind_a_peer_the_way_is_not_shown(said: object, shown: str) -> None:
    assert structured_text(row("docs:bob", said)) == shown


def test_nobody_here_hides_anything_by_saying_so() -> None:
    assert structured_text(row("bob", json.dumps(WAY))) == json.dumps(WAY)
    assert structured_text(row("bob", {"a": "ü"})) == '{"a": "ü"}'


def test_what_has_no_body_says_nothing() -> None:
    assert structured_text({}) == ""
    assert structured_text({"body": "text"}) == ""
