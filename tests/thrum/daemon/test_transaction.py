from __future__ import annotations

from collections.abc import Callable

import pytest

from gitstore import Log, canonical
from thrum import events
from thrum.daemon.projection.queries.messages import edits, message
from thrum.daemon.store import Store
from thrum.errors import ThrumError

FUTURE = "2999-01-01T00:00:00.000000000Z"


def emit(store: Store, event: events.Event) -> events.Event:
    return store.transact_blocking(lambda transaction: transaction.emit(event))


def create(message_id: str = "msg_1", **fields: object) -> events.MessageCreate:
    return events.MessageCreate(
        message_id=message_id,
        agent_id="ann",
        body=events.Body("hello", format="markdown"),
        **fields,  # type: ignore[arg-type]
    )


def from_afar(store: Store, log: Log, *given: events.Event) -> None:
    log.append([[("events.jsonl", canonical(event)) for event in given]])
    store.catch_up()


def test_nothing_is_written_twice_within_an_event(store: Store, log: Log) -> None:
    pair = events.Pair("mention", "bob")
    emit(store, create(refs=[pair, pair], scopes=[pair, pair], recipients=["bob", "bob"]))
    (line,) = log.since(None).lines
    event = events.decode(line.raw)
    assert isinstance(event, events.MessageCreate)
    assert (event.refs, event.scopes, event.recipients) == ([pair], [pair], ["bob"])


@pytest.mark.parametrize(
    ("event", "shard"),
    [
        (create("msg_2"), "messages/ann.jsonl"),
        (events.MessageEdit(message_id="msg_1", body=events.Body("x")), "messages/ann.jsonl"),
        (events.MessageDelete(message_id="msg_1"), "messages/ann.jsonl"),
        (
            events.MessageReceipt(message_id="msg_1", agent_id="user:bob", receipt_type="read"),
            "messages/user_bob.jsonl",
        ),
        (events.AgentRegister(agent_id="bob", role="r", module="m"), "events.jsonl"),
        (events.GroupCreate(group_id="grp_1", name="team"), "events.jsonl"),
    ],
)
def test_every_event_has_one_place(store: Store, log: Log, event: events.Event, shard: str) -> None:
    emit(store, create())
    emit(store, event)
    assert list(log.since(None).lines)[-1].path == shard


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (events.MessageEdit(message_id="msg_none", body=events.Body("x")), "not_found"),
        (events.MessageDelete(message_id="msg_none"), "not_found"),
        (events.AgentRegister(agent_id="../x", role="r", module="m"), "invalid_params"),
        (
            events.MessageCreate(message_id="msg_1", agent_id="a/b", body=events.Body("x")),
            "invalid_params",
        ),
        (
            events.MessageReceipt(message_id="msg_1", agent_id="bob", receipt_type="sniffed"),
            "invalid_params",
        ),
        (events.MessageDelete(message_id="msg_1", reason="\ud800"), "invalid_params"),
    ],
)
def test_what_others_could_not_read_is_refused(
    store: Store, log: Log, event: events.Event, kind: str
) -> None:
    emit(store, create())
    before = list(log.since(None).lines)
    with pytest.raises(ThrumError) as caught:
        emit(store, event)
    assert caught.value.kind == kind
    assert list(log.since(None).lines) == before


def test_an_edit_counts_although_another_clock_is_ahead(store: Store, log: Log) -> None:
    emit(store, create())
    from_afar(
        store,
        log,
        events.MessageEdit(
            message_id="msg_1", body=events.Body("theirs"), timestamp=FUTURE, event_id="evt_far"
        ),
    )
    event = emit(store, events.MessageEdit(message_id="msg_1", body=events.Body("ours")))
    assert event.timestamp > FUTURE
    found = message(store.reader(), "msg_1")
    assert found is not None
    assert found.body.content == "ours"
    assert edits(store.reader(), "msg_1") == 2


@pytest.mark.parametrize("kind", [events.AgentCleanup, events.AgentRegister])
def test_who_registers_after_a_clean_up_lives(
    store: Store, log: Log, kind: Callable[..., events.Event]
) -> None:
    from_afar(store, log, kind(agent_id="ann", timestamp=FUTURE, event_id="evt_far"))
    emit(store, events.AgentCleanup(agent_id="ann"))
    db = store.reader()
    assert db.execute("SELECT count(*) FROM agents").fetchone()[0] == 0
    emit(store, events.AgentRegister(agent_id="ann", role="r", module="m"))
    emit(store, create())
    assert db.execute("SELECT count(*) FROM agents").fetchone()[0] == 1
    assert message(db, "msg_1") is not None


def test_a_group_change_counts_although_another_clock_is_ahead(store: Store, log: Log) -> None:
    from_afar(
        store,
        log,
        events.GroupCreate(group_id="grp_1", name="g", timestamp=FUTURE, event_id="evt_far"),
    )
    emit(store, events.GroupDelete(group_id="grp_1"))
    assert store.reader().execute("SELECT count(*) FROM groups").fetchone()[0] == 0
