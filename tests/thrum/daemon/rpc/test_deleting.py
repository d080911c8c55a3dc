"""Many messages at once: each is deleted once, in portions, and nothing else is."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum import events
from thrum.daemon.callers.caller import Caller, State
from thrum.daemon.node import Node
from thrum.daemon.projection.queries import messages as queries
from thrum.daemon.rpc.deleting import AT_ONCE, delete_all, delete_some, portions
from thrum.daemon.rpc.registry import Call, Rights
from thrum.daemon.store import Store
from thrum.errors import ThrumError


@given(st.integers(0, 3 * AT_ONCE + 1))
def test_portions_are_the_whole_in_order_and_none_is_too_large(count: int) -> None:
    ids = [str(number) for number in range(count)]
    found = list(portions(ids))
    assert [each for portion in found for each in portion] == ids
    assert all(0 < len(portion) <= AT_ONCE for portion in found)
    assert len(found) == -(-count // AT_ONCE)


def send(store: Store, *message_ids: str, author: str = "nux") -> None:
    """Messages to everyone."""

    def decide(transaction: Any) -> None:
        for message_id in message_ids:
            body = events.Body(format="markdown", content=message_id)
            create = events.MessageCreate(message_id=message_id, agent_id=author, body=body)
            transaction.emit(create)

    store.transact_blocking(decide)


def deletions(store: Store) -> list[tuple[str, str]]:
    """What was deleted and why, as it stands in the log."""
    decoded = [events.decode(line.raw) for line in store.log.since(None).lines]
    return [
        (each.message_id, each.reason) for each in decoded if isinstance(each, events.MessageDelete)
    ]


def test_only_what_is_there_and_not_deleted_counts(store: Store) -> None:
    send(store, "msg_1", "msg_2", "msg_3")
    ids = ["msg_1", "msg_2", "msg_none", "msg_1"]
    assert store.transact_blocking(lambda t: delete_some(t, ids, "first", "boss")) == 2
    assert store.transact_blocking(lambda t: delete_some(t, [*ids, "msg_3"], "again", "boss")) == 1
    assert store.transact_blocking(lambda t: delete_some(t, [], "nothing", "boss")) == 0
    found = deletions(store)
    assert sorted(found) == [("msg_1", "first"), ("msg_2", "first"), ("msg_3", "again")]


@pytest.fixture
def call(parts: Node) -> Call:
    """A call by nux."""
    made = Call(Caller("nux", State.IDENTIFIED), parts, None, Rights.OWNER)  # type: ignore[arg-type]
    made.grant()
    return made


def test_many_are_deleted_and_others_stay(call: Call) -> None:
    store = call.node.store
    mine = [f"msg_{number:04}" for number in range(2 * AT_ONCE + 1)]
    send(store, *mine)
    send(store, "msg_other", author="max")

    async def run() -> int:
        return await delete_all(call, lambda db: queries.sent_by(db, "nux"), "cleared")

    assert asyncio.run(run()) == len(mine)
    assert sorted(deletions(store)) == [(each, "cleared") for each in mine]
    assert asyncio.run(run()) == 0
    assert queries.sent_by(store.reader(), "max") == ["msg_other"]


def test_what_may_not_be_asked_for_is_not_deleted(call: Call) -> None:
    send(call.node.store, "msg_1")

    def forbidden(db: sqlite3.Connection) -> list[str]:
        raise ThrumError("not_allowed", "no")

    with pytest.raises(ThrumError, match="no"):
        asyncio.run(delete_all(call, forbidden, "x"))
    assert deletions(call.node.store) == []


def test_what_is_deleted_meanwhile_is_not_counted_twice(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two portions somebody else deletes, and somebody sends."""
    store = call.node.store
    send(store, "msg_1", "msg_2", "msg_3")
    monkeypatch.setattr("thrum.daemon.rpc.deleting.AT_ONCE", 1)
    real = Call.transact
    done: list[object] = []

    async def meanwhile(self: Call, decide: Any) -> Any:
        result = await real(self, decide)
        if not done:
            done.append(
                store.transact_blocking(lambda t: delete_some(t, ["msg_3"], "theirs", "boss"))
            )
            send(store, "msg_4")
        return result

    monkeypatch.setattr(Call, "transact", meanwhile)
    assert asyncio.run(delete_all(call, lambda db: queries.sent_by(db, "nux"), "mine")) == 2
    expected = [("msg_1", "mine"), ("msg_2", "mine"), ("msg_3", "theirs")]
    assert sorted(deletions(store)) == expected
    assert queries.sent_by(store.reader(), "nux") == ["msg_4"]


def test_the_log_says_who_deleted_what_was_anothers(store: Store) -> None:
    send(store, "msg_1", "msg_2")
    send(store, "msg_3", author="boss")
    for ids, by in ((["msg_1"], "nux"), (["msg_2", "msg_3"], "boss")):
        store.transact_blocking(lambda t, ids=ids, by=by: delete_some(t, ids, "why", by))  # type: ignore[misc]
    decoded = [events.decode(line.raw) for line in store.log.since(None).lines]
    named = {
        each.message_id: each.deleted_by
        for each in decoded
        if isinstance(each, events.MessageDelete)
    }
    assert named == {"msg_1": "", "msg_2": "boss", "msg_3": ""}
