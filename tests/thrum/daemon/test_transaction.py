from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gitstore import Log, canonical
from thrum import events
from thrum.clock import LAST_NS, format_ns
from thrum.daemon.projection.queries.messages import message
from thrum.daemon.store import Store
from thrum.errors import ThrumError
from thrum.ids import Ids, ulid_text
from thrum.purges import BEYOND, Purge, Purges

Opener = Callable[..., Store]

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
    (count,) = store.reader().execute("SELECT count(*) FROM message_edits").fetchone()
    assert count == 2


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


NOW_NS = 1_767_225_600_000_000_000
MINUTE_NS = 60_000_000_000
DAY_NS = 1440 * MINUTE_NS
DAEMON = f"d_{'A' * 26}"


def at(ns: int) -> str:
    return format_ns(NOW_NS + ns)


def register(name: str, **fields: Any) -> events.AgentRegister:
    return events.AgentRegister(agent_id=name, role="r", module="m", **fields)


@pytest.fixture
def clock() -> list[int]:
    return [NOW_NS]


@pytest.fixture
def begin(open_store: Opener, clock: list[int]) -> Callable[[], Store]:
    """Opens the store as the next process does, whose ids remember nothing."""

    def begun() -> Store:
        return open_store(origin_daemon=DAEMON, now_ns=lambda: clock[0], ids=Ids(lambda: clock[0]))

    return begun


def test_no_event_is_behind_what_was_seen(
    begin: Callable[[], Store], log: Log, clock: list[int]
) -> None:
    store = begin()
    seen = register("far", timestamp=at(59 * MINUTE_NS), event_id="evt_far")
    from_afar(store, log, seen)
    first = emit(store, register("ann"))
    assert first.timestamp == format_ns(NOW_NS + 59 * MINUTE_NS + 1)
    assert emit(store, register("bob")).timestamp > first.timestamp
    assert store.transact_blocking(lambda transaction: transaction.now) > first.timestamp
    store.close()
    clock[0] -= MINUTE_NS // 2
    assert emit(begin(), register("cy")).timestamp > first.timestamp, "nor after a restart"


def test_a_clock_that_is_days_ahead_takes_nobody_along(
    begin: Callable[[], Store], log: Log, clock: list[int]
) -> None:
    store = begin()
    from_afar(
        store,
        log,
        register("far", timestamp=at(2 * DAY_NS), event_id="evt_far"),
        register("near", timestamp=at(MINUTE_NS), event_id="evt_near"),
    )
    assert at(MINUTE_NS) < emit(store, register("ann")).timestamp < at(2 * MINUTE_NS)
    clock[0] += 2 * DAY_NS - 30 * MINUTE_NS
    assert emit(store, register("bob")).timestamp > at(2 * DAY_NS), "once it is nearly that late"


def test_our_own_clock_set_right_is_believed_and_ids_go_on(
    begin: Callable[[], Store], clock: list[int]
) -> None:
    clock[0] += 2 * DAY_NS
    store = begin()
    ahead = emit(store, register("ann"))
    clock[0] = NOW_NS
    right = emit(store, register("bob"))
    assert right.timestamp < at(MINUTE_NS)
    store.close()
    after = emit(begin(), register("cy"))
    assert ahead.event_id < right.event_id < after.event_id


@pytest.mark.parametrize(
    ("ahead", "then"),
    [
        pytest.param((0, 0), (-2, -2), id="was right"),
        pytest.param((2, 2), (0, 0), id="was ahead"),
        pytest.param((0, 2), (-2, 0), id="was set forth while nobody ran"),
        pytest.param((2, 0), (0, -2), id="was set right while nobody ran, and back again"),
        pytest.param((2, 2), (-20_500, -20_500), id="loses its time"),
        pytest.param((0, 70_000), (-2, 0), id="was in a time that is made up"),
    ],
)
def test_ids_go_on_when_a_clock_is_set_back_before_a_new_process_made_one(
    begin: Callable[[], Store], clock: list[int], ahead: tuple[int, int], then: tuple[int, int]
) -> None:
    made: list[str] = []
    for number, days in enumerate(ahead):
        clock[0] = NOW_NS + days * DAY_NS + number * MINUTE_NS
        store = begin()
        if not made:
            made.append(emit(store, register("ann")).event_id)
    for number, days in enumerate(then):
        clock[0] = NOW_NS + days * DAY_NS + number
        made.append(emit(store, register(f"bob{number}")).event_id)
    assert made == sorted(set(made))
    assert made[-1] < BEYOND


def test_others_keep_what_was_sent_when_a_clock_was_set_back(
    begin: Callable[[], Store], log: Log, clock: list[int]
) -> None:
    """Whoever purges has seen one message; the other, older by its time, comes later."""
    seen = emit(begin(), create())
    clock[0] += MINUTE_NS
    store = begin()
    marks = {DAEMON: seen.event_id}
    purge = Purge(at(MINUTE_NS), marks)
    clock[0] -= DAY_NS
    unseen = emit(store, create("msg_2"))
    assert unseen.timestamp < purge.cutoff
    assert [Purges([purge]).cover(each) for each in (seen, unseen)] == [True, False]
    from_afar(
        store,
        log,
        events.PurgeExecuted(
            cutoff=purge.cutoff, marks=marks, timestamp=at(DAY_NS), event_id="evt_far"
        ),
    )
    assert message(store.reader(), "msg_1") is None
    assert message(store.reader(), "msg_2") is not None


def test_ids_go_on_after_those_of_ours_that_only_a_purge_tells_of(
    begin: Callable[[], Store], log: Log
) -> None:
    """As when the clone was restored from what it was before it made them."""
    store = begin()
    taken = f"evt_{ulid_text((NOW_NS + DAY_NS) // 1_000_000, 7)}"
    late: dict[str, Any] = {"cutoff": at(2 * DAY_NS), "timestamp": at(2 * DAY_NS)}
    from_afar(store, log, events.PurgeExecuted(marks={DAEMON: taken}, event_id="evt_far", **late))
    assert emit(store, create()).event_id > taken
    assert message(store.reader(), "msg_1") is not None


def test_ids_go_on_after_those_that_a_purge_took(
    begin: Callable[[], Store], log: Log, clock: list[int]
) -> None:
    clock[0] += 2 * DAY_NS
    store = begin()
    sent = emit(store, create())
    marks = {DAEMON: sent.event_id}
    emit(store, events.PurgeExecuted(cutoff=at(3 * DAY_NS), marks=marks))
    store.close()
    clock[0] = NOW_NS
    store = begin()
    from_afar(store, log, register("ann", timestamp=at(0), event_id="evt_z", origin_daemon=DAEMON))
    assert message(store.reader(), "msg_1") is None
    later = emit(store, create("msg_2"))
    assert later.event_id > sent.event_id
    assert message(store.reader(), "msg_2") is not None


def test_ids_of_ours_that_come_back_are_not_given_again(
    begin: Callable[[], Store], log: Log
) -> None:
    store = begin()
    ahead = f"evt_{ulid_text((NOW_NS + DAY_NS) // 1_000_000, 7)}"
    made_up = f"evt_{'7' + 'Z' * 25}"
    for name, event_id in (("one", ahead), ("two", made_up)):
        from_afar(
            store, log, register(name, timestamp=at(0), event_id=event_id, origin_daemon=DAEMON)
        )
    assert ahead < emit(store, register("ann")).event_id < BEYOND


@pytest.mark.parametrize("event", [register("ann"), events.GroupCreate(group_id="g", name="g")])
def test_nobody_is_muted_by_a_time_at_the_end_of_all_times(
    begin: Callable[[], Store], log: Log, event: events.Event
) -> None:
    store = begin()
    end: dict[str, Any] = {"timestamp": format_ns(LAST_NS)}
    from_afar(
        store,
        log,
        events.GroupCreate(group_id="grp_1", name="g", event_id="evt_1", **end),
        register("ann", event_id="evt_2", **end),
    )
    assert emit(store, event).event_id


def test_what_is_about_a_message_says_what_sent_it(begin: Callable[[], Store]) -> None:
    store = begin()
    sent = emit(store, create())
    place = events.Sent(sent.timestamp, DAEMON, sent.event_id)
    for event in (
        events.MessageEdit(message_id="msg_1", body=events.Body("x")),
        events.MessageReceipt(message_id="msg_1", agent_id="bob", receipt_type="read"),
        events.MessageDelete(message_id="msg_1"),
    ):
        emit(store, event)
        assert event.of == place
