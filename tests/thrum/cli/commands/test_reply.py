"""``thrum reply``."""

from __future__ import annotations

from typing import Any

import pytest

from tests.thrum.cli.answers import SENT

BASE = {
    "content": "hi",
    "format": "markdown",
    "caller_agent_id": "furiosa",
    "idempotency_key": "ab" * 16,
}


@pytest.fixture
def sends(world: Any) -> Any:
    world.daemon.answers["message.send"] = SENT
    return world


def parent(author: str = "nux", refs: list[Any] | None = None, scopes: Any = ()) -> dict[str, Any]:
    return {
        "message_id": SENT["message_id"],
        "author": {"agent_id": author, "session_id": "ses_x"},
        "refs": [{"type": t, "value": v} for t, v in refs or ()],
        "scopes": [{"type": t, "value": v} for t, v in scopes],
    }


def test_reply_asks_for_the_message_sends_and_marks(sends: Any) -> None:
    sends.daemon.answers |= {
        "message.get": {"message": parent("nux", [("mention", "furiosa")])},
        "message.markRead": {"marked_count": 1},
    }
    ran = sends.run("reply", "KHWB87", "thanks")
    assert ran.out == "✓ Answered with KHWB87 to @nux\n"
    assert sends.daemon.requests == [
        ("message.get", {"message_id": "KHWB87"}),
        (
            "message.send",
            BASE | {"content": "thanks", "reply_to": SENT["message_id"], "mentions": ["nux"]},
        ),
        ("message.markRead", {"message_ids": [SENT["message_id"]], "caller_agent_id": "furiosa"}),
    ]
    assert sends.run("reply", "KHWB87", "-", "--json", stdin="x\n").document == SENT


def test_the_system_takes_no_answer(sends: Any) -> None:
    sends.daemon.answers["message.get"] = {"message": parent("system")}
    assert sends.run("reply", "KHWB87", "x", "--json").error["kind"] == "not_allowed"
    assert "message.send" not in sends.daemon.methods
