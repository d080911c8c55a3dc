"""What people are told of a line that the remote refuses."""

from __future__ import annotations

import pytest

from gitstore import HeldBack
from thrum.daemon.sync.held import HeldEvent


def test_a_message_is_named_with_author_file_and_reason() -> None:
    raw = b'{"event_id":"evt_1","type":"message.create","message_id":"msg_1","agent_id":"nux"}'
    found = HeldEvent.of(HeldBack("messages/nux.jsonl", raw, "no secrets"))
    assert found == HeldEvent(
        "evt_1", "message.create", "msg_1", "nux", "messages/nux.jsonl", "no secrets"
    )


@pytest.mark.parametrize("raw", [b"?", b'{"event_id":7}', b"\xff"])
def test_what_is_no_event_is_told_by_its_file(raw: bytes) -> None:
    assert HeldEvent.of(HeldBack("a", raw, "")) == HeldEvent("", file="a")
