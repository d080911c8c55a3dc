"""Notices of the daemon: each once in a while."""

from __future__ import annotations

from typing import Any

from thrum.daemon.projection.queries.messages import message
from thrum.daemon.saying import send_once

HOUR_NS = 3600 * 1_000_000_000


def test_one_is_sent_once_in_a_while_for_each_key(node: Any) -> None:
    for name in ("furiosa", "nux"):
        node.agent(name)
    answered = node.send("nux", to="furiosa")["message_id"]

    def tell(key: str = "one", within_ns: int = HOUR_NS) -> str:
        about: dict[str, Any] = {
            "author": "supervisor_x_y",
            "to": ["nux", "furiosa"],
            "text": "Look.",
            "key": key,
        }
        made = node.parts.ids.make("msg")
        sent: str = node.store.transact_blocking(
            lambda t: send_once(t, made, within_ns=within_ns, reply_to=answered, **about)
        )
        assert sent == made or key == "one"
        return sent

    first = tell()
    assert tell() == first
    assert tell(key="other") != first
    assert tell(within_ns=0) != first, "what was sent before that counts no more"
    found = message(node.store.reader(), first)
    assert found
    assert (found.body.content, found.body.format, found.reply_to) == (
        "Look.",
        "markdown",
        answered,
    )
    assert sorted(each.agent_id for each in found.recipients or ()) == ["furiosa", "nux"]
