"""Who is told that an exchange is held."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.daemon.loops import notice
from thrum.daemon.loops.exchange import Exchange, Stage
from thrum.daemon.projection.queries.messages import message

HELD = Exchange("furiosa nux", frozenset({"nux", "furiosa"}), "nux", 9, 19, Stage.HELD, 7, {}, "")


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ([], []),
        ([("max", "tester")], []),
        ([("boss", "coordinator"), ("chief", "coordinator")], ["boss", "chief"]),
        ([("boss", "coordinator"), ("user:ann", "user")], ["user:ann"]),
    ],
)
def test_people_or_else_coordinators(
    node: Any, others: list[tuple[str, str]], told: list[str]
) -> None:
    def tell(transaction: Any) -> str:
        for name, role in [("furiosa", "coordinator"), ("nux", "tester"), *others]:
            transaction.db.execute(
                "INSERT INTO agents (agent_id, kind, role, module, registered_at, registration)"
                " VALUES (?, 'agent', ?, 'x', '2026-01-01T00:00:00.000000000Z', '')",
                (name, role),
            )
        return notice.send(transaction, HELD, "supervisor_x_y", node.parts.ids.make("msg"))

    message_id = node.store.transact_blocking(tell)
    found = message(node.store.reader(), message_id)
    assert found
    assert [each.agent_id for each in found.recipients or ()] == sorted(["furiosa", "nux", *told])
    assert found.reply_to == ""


def test_it_is_sent_once_and_answers_what_was_said_last(node: Any) -> None:
    node.agent("furiosa")
    node.agent("nux")
    last = node.send("nux", to="furiosa")["message_id"]
    held = Exchange(**{**_fields(HELD), "told_by": last})

    def tell(transaction: Any) -> str:
        return notice.send(transaction, held, "supervisor_x_y", node.parts.ids.make("msg"))

    first = node.store.transact_blocking(tell)
    assert node.store.transact_blocking(tell) == first
    found = message(node.store.reader(), first)
    assert found
    assert found.reply_to == last
    assert f"`thrum loops release {HELD.id}`" in found.body.content
    # A person's answer to it goes to both.
    reply = node.call("furiosa", "message.send", content="why?", to="nux", reply_to=first)
    assert reply["thread_id"] == found.thread_id


def _fields(found: Exchange) -> dict[str, Any]:
    return {name: getattr(found, name) for name in Exchange.__struct_fields__}
