"""Whatever a client asks for twice under one name is done once, and answered as the first time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from thrum import events
from thrum.clock import format_ns
from thrum.daemon.projection.queries import again
from thrum.daemon.rpc.group import GONE
from thrum.daemon.rpc.once import COUNTS_NS

ID = "0b8e9c1e-6a35-4f0e-9d0e-6a354f0e9d0e"


@pytest.fixture
def pair(node: Any) -> Any:
    """furiosa and nux; nux has three messages of furiosa, who also made a group with both."""
    node.agent("furiosa")
    node.agent("nux")
    node.mail = [node.send("furiosa", f"text {n}", to="nux")["message_id"] for n in range(3)]
    node.call("furiosa", "group.create", name="crew")
    for name in ("furiosa", "nux"):
        node.call("furiosa", "group.member.add", **member(name))
    return node


def member(name: str) -> dict[str, str]:
    return {"group": "crew", "member_type": "agent", "member_value": name}


Asked = Callable[[Any], tuple[str, str, dict[str, Any]]]

CALLS: dict[str, Asked] = {
    "send": lambda node: ("furiosa", "message.send", {"content": "new", "to": "nux"}),
    "edit": lambda node: (
        "furiosa",
        "message.edit",
        {"message_id": node.mail[0], "content": "better"},
    ),
    "delete": lambda node: ("furiosa", "message.delete", {"message_id": node.mail[1]}),
    "mark": lambda node: ("nux", "message.markRead", {"message_ids": node.mail}),
    "archive": lambda node: (
        "furiosa",
        "message.archive",
        {"archive_type": "agent", "identifier": "furiosa"},
    ),
    "create": lambda node: ("furiosa", "group.create", {"name": "drivers"}),
    "join": lambda node: ("furiosa", "group.member.add", {**member("furiosa"), "group": "crew"}),
    "leave": lambda node: ("furiosa", "group.member.remove", member("nux")),
    "end": lambda node: ("furiosa", "group.delete", {"name": "crew"}),
    "end with mail": lambda node: (
        "furiosa",
        "group.delete",
        {"name": "crew", "delete_messages": True},
    ),
}


def log(node: Any) -> int:
    (count,) = node.store.reader().execute("SELECT count(*) FROM events").fetchone()
    return int(count)


@pytest.mark.parametrize("what", CALLS)
def test_what_is_asked_for_again_is_answered_again(pair: Any, what: str) -> None:
    who, method, params = CALLS[what](pair)
    first = pair.call(who, method, client_id=ID, **params)
    events_then = log(pair)
    assert pair.call(who, method, client_id=ID, **params) == first
    assert log(pair) == events_then


@pytest.mark.parametrize("what", ["edit", "mark", "create", "leave", "end", "archive"])
def test_the_log_alone_knows_it(pair: Any, open_store: Any, tmp_path: Any, what: str) -> None:
    """So a daemon that was killed before it answered does, and one with a new database."""
    who, method, params = CALLS[what](pair)
    pair.call(who, method, client_id=ID, **params)
    here = again.done(pair.store.reader(), who, ID, "")
    rebuilt = open_store(database=tmp_path / "again.db")
    assert here == again.done(rebuilt.reader(), who, ID, "") != []


@pytest.mark.parametrize("what", ["edit", "mark", "create", "send"])
def test_pages_hear_it_by_that_name(pair: Any, what: str) -> None:
    who, method, params = CALLS[what](pair)
    before = pair.call("nux", "events.since")["cursor"]
    pair.call(who, method, client_id=ID, **params)
    told = pair.call("nux", "events.since", cursor=before)["pushes"]
    assert told[0]["params"]["client_id"] == ID


def test_all_that_comes_of_the_end_of_a_group_bears_the_name(pair: Any) -> None:
    """Its messages go before it does, portion by portion."""
    sent = [pair.send("nux", f"to all {n}", mentions=["crew"])["message_id"] for n in range(3)]
    before = pair.call("nux", "events.since")["cursor"]
    pair.call("furiosa", "group.delete", name="crew", delete_messages=True, client_id=ID)
    told = pair.call("nux", "events.since", cursor=before)["pushes"]
    named = [
        each["params"].get("message_id") or each["params"].get("group_id")
        for each in told
        if each["params"].get("client_id") == ID
    ]
    assert set(sent) < set(named)
    kinds = {each["method"] for each in told if each["params"].get("client_id") == ID}
    assert {"notification.message.deleted", "notification.group"} <= kinds
    nameless = [each for each in told if each["method"].startswith("notification.message")]
    assert all(each["params"]["client_id"] == ID for each in nameless)


@pytest.mark.parametrize("gone", [1, 2, 3])
def test_the_end_of_a_group_that_was_cut_short_is_gone_on_with(pair: Any, gone: int) -> None:
    """The daemon was killed when some of the messages were deleted, and the group was not."""
    sent = [pair.send("nux", f"to all {n}", mentions=["crew"])["message_id"] for n in range(3)]

    def cut_short(transaction: Any) -> None:
        transaction.called = events.Called("furiosa", ID)
        for each in sent[:gone]:
            transaction.emit(events.MessageDelete(message_id=each, reason=GONE))

    pair.store.transact_blocking(cut_short)
    call = {"name": "crew", "delete_messages": True, "client_id": ID}
    first = pair.call("furiosa", "group.delete", **call)
    for each in sent:
        assert pair.call("nux", "message.get", message_id=each)["message"]["deleted"]
    assert pair.call("nux", "group.list")["groups"] == []
    assert pair.call("furiosa", "group.delete", **call) == first


def test_a_name_of_a_deleted_message_is_none_of_the_end_of_a_group(pair: Any) -> None:
    pair.call("furiosa", "message.delete", message_id=pair.mail[0], client_id=ID)
    call = {"name": "crew", "delete_messages": True, "client_id": ID}
    assert pair.refused("furiosa", "group.delete", **call) == "conflict"


def test_names_are_each_callers_own(pair: Any) -> None:
    first = pair.send("furiosa", "one", to="nux", client_id=ID)
    other = pair.send("nux", "two", to="furiosa", client_id=ID)
    assert other["message_id"] != first["message_id"]
    assert pair.call("nux", "message.markRead", message_ids=pair.mail, client_id=f"{ID}2")


@pytest.mark.parametrize("what", ["edit", "delete", "create", "archive"])
def test_one_name_for_two_things_is_refused(pair: Any, what: str) -> None:
    pair.call("furiosa", "group.member.remove", client_id=ID, **member("nux"))
    who, method, params = CALLS[what](pair)
    assert pair.refused(who, method, client_id=ID, **params) == "conflict"


def test_it_counts_for_a_day(pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    edit = {"message_id": pair.mail[0], "client_id": ID}
    assert pair.call("furiosa", "message.edit", content="one", **edit)["version"] == 1
    assert pair.call("furiosa", "message.edit", content="two", **edit)["version"] == 1
    origin = pair.store._writer.origin
    tick = origin.tick
    late = type(origin)(origin.daemon, lambda: tick() + COUNTS_NS + 10**9, origin.ids)
    monkeypatch.setattr(pair.store._writer, "origin", late)
    assert pair.call("furiosa", "message.edit", content="three", **edit)["version"] == 2


def test_a_later_edit_does_not_change_the_first_answer(pair: Any) -> None:
    edit = {"message_id": pair.mail[0]}
    first = pair.call("furiosa", "message.edit", content="one", client_id=ID, **edit)
    pair.call("furiosa", "message.edit", content="two", client_id=f"{ID}2", **edit)
    assert pair.call("furiosa", "message.edit", content="one", client_id=ID, **edit) == first
    found = pair.call("furiosa", "message.get", message_id=pair.mail[0])
    assert found["message"]["body"]["content"] == "two"


def test_an_archive_goes_on_and_leaves_what_came_since(pair: Any) -> None:
    call = {"archive_type": "agent", "identifier": "furiosa", "client_id": ID}
    # The first try was cut short after one message.
    gone = events.MessageDelete(message_id=pair.mail[0], called=events.Called("furiosa", ID))

    def cut_short(transaction: Any) -> None:
        transaction.called = gone.called
        transaction.emit(gone)

    pair.store.transact_blocking(cut_short)
    later = pair.send("furiosa", "later", to="nux")["message_id"]
    assert pair.call("furiosa", "message.archive", **call)["archived_count"] == 3
    assert pair.call("furiosa", "message.archive", **call)["archived_count"] == 3
    left = pair.call("furiosa", "message.get", message_id=later)["message"]
    assert not left["deleted"]


@pytest.mark.parametrize("what", CALLS)
def test_a_name_has_a_bound(pair: Any, what: str) -> None:
    who, method, params = CALLS[what](pair)
    assert pair.refused(who, method, client_id="x" * 65, **params) == "invalid_params"


def test_a_key_of_a_message_has_two_names_and_one_value(pair: Any) -> None:
    send = {"content": "x", "to": "nux", "client_id": "a"}
    refused = pair.refused("furiosa", "message.send", idempotency_key="b", **send)
    assert refused == "invalid_params"
    both = pair.call("furiosa", "message.send", idempotency_key="a", **send)
    assert pair.send("furiosa", "x", to="nux", idempotency_key="a") == both


def test_the_past_has_an_end() -> None:
    assert format_ns(COUNTS_NS) == "1970-01-02T00:00:00.000000000Z"
