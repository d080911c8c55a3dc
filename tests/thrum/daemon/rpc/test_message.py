"""Sending, reading, changing and taking back messages."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.thrum.daemon.conftest import eventually
from thrum.daemon.projection.tables import Tables


@pytest.fixture
def three(node: Any) -> Any:
    """A node with furiosa and nux, testers, and max, a driver."""
    node.agent("furiosa")
    node.agent("nux")
    node.agent("max", role="driver")
    return node


def test_a_message_reaches_whom_it_names(three: Any) -> None:
    sent = three.send("furiosa", "for you", to="@nux")
    assert sent["resolved_to"] == 1
    assert sent["audiences"] == [{"type": "agent", "value": "nux"}]
    assert [each["agent_id"] for each in sent["recipients"]] == ["nux"]
    assert three.inbox("nux") == ["for you"]
    assert three.inbox("max") == []
    assert three.inbox("furiosa") == []


def test_without_a_recipient_it_reaches_everyone_else(three: Any) -> None:
    sent = three.send("furiosa")
    assert sent["resolved_to"] == 0
    assert sent["audiences"] == [{"type": "broadcast", "value": "everyone"}]
    assert [each["agent_id"] for each in sent["recipients"]] == ["max", "nux"]
    assert three.inbox("nux") == three.inbox("max") == ["hello"]


def test_a_recipient_may_be_required(three: Any) -> None:
    three.parts.config.set("messages.require_recipient", True)
    assert three.refused("furiosa", "message.send", content="x") == "invalid_params"
    assert three.send("furiosa", to="everyone")["resolved_to"] == 1


def test_a_role_means_all_who_have_it(three: Any) -> None:
    sent = three.send("max", mentions=["@tester", "tester"])
    assert sent["audiences"] == [{"type": "role", "value": "tester"}]
    assert [each["agent_id"] for each in sent["recipients"]] == ["furiosa", "nux"]
    assert sent["resolved_to"] == 1


def test_to_takes_no_role(three: Any) -> None:
    assert three.refused("max", "message.send", content="x", to="tester") == "unknown_recipient"


def test_every_unknown_recipient_is_named_and_nothing_is_sent(three: Any) -> None:
    answer = three.stand("max").ask("message.send", content="x", to="a_b", mentions=["c_d", "nux"])
    assert answer["error"]["data"]["kind"] == "unknown_recipient"
    assert "@a_b, @c_d" in answer["error"]["message"]
    assert three.call("max", "message.list")["total"] == 0


@pytest.mark.parametrize(
    ("method", "more"),
    [
        ("message.get", {}),
        ("message.edit", {"content": "x"}),
        ("message.delete", {}),
        ("message.withdraw", {}),
        ("message.send", {"content": "x"}),
    ],
)
def test_whoever_mistypes_an_id_is_told_the_nearest(
    three: Any, method: str, more: dict[str, Any]
) -> None:
    mine = three.send("max", to="nux")["message_id"]
    stands_for = "reply_to" if method == "message.send" else "message_id"
    for written in (f"{mine[-6:]}0", mine[:-1] + ("0" if mine[-1] != "0" else "1"), mine[:20]):
        answer = three.stand("max").ask(method, **more, **{stands_for: written})
        assert answer["error"]["data"]["kind"] == "not_found"
        assert mine in answer["error"]["data"]["hint"]
        assert "`thrum inbox`" in answer["error"]["data"]["hint"]


def test_what_is_named_twice_is_written_once(three: Any) -> None:
    pair = {"type": "file", "value": "a.py"}
    sent = three.send(
        "furiosa",
        to="nux",
        mentions=["nux", "@nux", "everyone", "everyone"],
        scopes=[pair, pair],
        refs=[pair, pair],
    )
    shown = three.call("max", "message.get", message_id=sent["message_id"])["message"]
    assert shown["scopes"].count(pair) == 1
    assert len(shown["scopes"]) == 2
    assert len({tuple(ref.items()) for ref in shown["refs"]}) == len(shown["refs"])


def test_an_answer_makes_a_thread_and_further_ones_stay_in_it(three: Any) -> None:
    first = three.send("furiosa", to="nux")
    assert "thread_id" not in first
    second = three.send("nux", to="furiosa", reply_to=first["message_id"])
    third = three.send("furiosa", to="nux", reply_to=second["message_id"][-6:])
    assert second["thread_id"] == third["thread_id"]
    shown = three.call("nux", "message.get", message_id=first["message_id"])["message"]
    assert shown["thread_id"] == second["thread_id"]
    shown = three.call("nux", "message.get", message_id=third["message_id"])["message"]
    assert shown["reply_to"] == second["message_id"]


def test_an_answer_to_nothing_is_refused(three: Any) -> None:
    unknown = "msg_01ARZ3NDEKTSV4RRFFQ69G5FAV"
    assert three.refused("nux", "message.send", content="x", reply_to=unknown) == "not_found"


def test_the_same_key_sends_once(three: Any) -> None:
    first = three.send("furiosa", "one", to="nux", idempotency_key="k")
    again = three.send("furiosa", "two", to="nux", idempotency_key="k")
    assert again == first
    other = three.send("max", "three", to="nux", idempotency_key="k")
    assert other["message_id"] != first["message_id"]
    assert three.inbox("nux") == ["three", "one"]


def test_a_key_that_went_to_everyone_answers_as_it_did(three: Any) -> None:
    first = three.send("furiosa", idempotency_key="k")
    assert three.send("furiosa", idempotency_key="k") == first
    first = three.send("furiosa", to="everyone", idempotency_key="l")
    assert three.send("furiosa", to="everyone", idempotency_key="l") == first


def test_a_key_is_not_kept_for_a_message_that_was_refused(three: Any) -> None:
    assert three.refused("max", "message.send", content="x", to="a_b", idempotency_key="k")
    three.send("max", "right", to="nux", idempotency_key="k")
    assert three.inbox("nux") == ["right"]


def test_a_body_over_the_bound_is_refused(three: Any) -> None:
    three.parts.config.set("daemon.max_message_body_bytes", 4)
    assert three.refused("nux", "message.send", content="äää") == "too_large"
    three.send("nux", "ää")
    three.parts.config.set("daemon.max_message_body_bytes", -1)
    three.send("nux", "x" * 2_000_000)


@pytest.mark.parametrize(
    "params",
    [
        {"content": ""},
        {"content": "x", "format": "html"},
        {"content": "x", "structured": [1]},
        {"content": "x", "mentions": "nux"},
        {"content": 5},
    ],
)
def test_wrong_params_are_refused(three: Any, params: dict[str, Any]) -> None:
    assert three.refused("nux", "message.send", **params) == "invalid_params"
    assert three.call("nux", "message.list")["total"] == 0


def test_null_is_absent(three: Any) -> None:
    sent = three.send("nux", format=None, to=None, mentions=None, structured=None, colour=None)
    assert "warnings" not in sent
    assert three.inbox("max") == ["hello"]


def test_what_is_empty_is_absent(three: Any) -> None:
    empty = {"format": "", "reply_to": "", "to": "", "acting_as": "", "idempotency_key": ""}
    sent = three.send("nux", **empty, scopes=[], refs=[], mentions=[], tags=[])
    body = three.call("nux", "message.get", message_id=sent["message_id"])["message"]["body"]
    assert body == {"content": "hello", "format": "markdown"}
    texts = ("sort_by", "sort_order", "for_agent", "thread_id", "created_after", "mention_role")
    listed = three.call("max", "message.list", **dict.fromkeys(texts, ""), page=0, page_size=0)
    assert [row["body"]["content"] for row in listed["messages"]] == ["hello"]
    assert (listed["page"], listed["page_size"]) == (1, 10)


def test_a_scope_without_a_value_has_an_empty_one(three: Any) -> None:
    sent = three.send("nux", to="max", scopes=[{"type": "release"}])
    shown = three.call("max", "message.get", message_id=sent["message_id"])["message"]
    assert shown["scopes"] == [{"type": "release", "value": ""}]
    params = {"content": "x", "scopes": [{"value": "release"}]}
    assert three.refused("nux", "message.send", **params) == "invalid_params"


def test_the_author_is_no_recipient_in_the_answer(three: Any) -> None:
    sent = three.send("nux", to="nux", idempotency_key="k")
    assert "recipients" not in sent
    assert sent["resolved_to"] == 1
    assert three.inbox("nux") == ["hello"]
    assert three.send("nux", to="nux", idempotency_key="k") == sent
    sent = three.send("nux", mentions=["nux", "max"])
    assert [each["agent_id"] for each in sent["recipients"]] == ["max"]
    assert sent["resolved_to"] == 2


@pytest.mark.parametrize("tail", ["", "_ann", "_somebody_else"])
def test_an_answer_to_the_supervisor_goes_out(three: Any, tail: str) -> None:
    three.parts.config.set("project_name", "Citadel")
    name = f"supervisor_citadel{tail}"
    sent = three.send("nux", "yes", mentions=[f"@{name}"])
    assert sent["resolved_to"] == 1
    assert sent["audiences"] == [{"type": "agent", "value": name}]
    assert [each["agent_id"] for each in sent["recipients"]] == [name]
    params = {"content": "x", "mentions": ["supervisor_fury_road"]}
    assert three.refused("nux", "message.send", **params) == "unknown_recipient"


def test_sending_needs_an_open_session(three: Any) -> None:
    session = three.call("nux", "session.list", agent_id="nux")["sessions"][0]["session_id"]
    three.call("nux", "session.end", session_id=session)
    (three.homes["nux"] / ".thrum/identities").mkdir(parents=True)
    (three.homes["nux"] / ".thrum/identities/nux.json").write_text('{"agent": {"name": "nux"}}')
    assert three.refused("nux", "message.send", content="x") == "no_session"


def test_only_users_speak_for_others(three: Any) -> None:
    assert three.refused("nux", "message.send", content="x", acting_as="max") == "not_allowed"


def test_structure_comes_back_as_text(three: Any) -> None:
    sent = three.send("nux", structured={"b": 1, "a": [True]})
    shown = three.call("max", "message.get", message_id=sent["message_id"])["message"]
    assert shown["body"] == {
        "format": "markdown",
        "content": "hello",
        "structured": '{"a":[true],"b":1}',
    }


def test_an_ending_of_four_characters_names_a_message(three: Any) -> None:
    full = three.send("nux")["message_id"]
    get = three.call("max", "message.get", message_id=full[-4:].lower())
    assert get["message"]["message_id"] == full
    assert three.refused("max", "message.get", message_id=full[-3:]) == "not_found"


def test_only_the_author_edits_and_an_edit_keeps_what_it_does_not_name(three: Any) -> None:
    full = three.send("nux", "one", structured={"a": 1})["message_id"]
    assert three.refused("max", "message.edit", message_id=full, content="y") == "not_allowed"
    assert three.refused("nux", "message.edit", message_id=full) == "invalid_params"
    edited = three.call("nux", "message.edit", message_id=full[-8:], content="two")
    assert edited["message_id"] == full
    assert edited["version"] == 1
    shown = three.call("max", "message.get", message_id=full)["message"]
    assert shown["body"]["content"] == "two"
    assert shown["body"]["structured"] == '{"a":1}'
    assert shown["updated_at"] == edited["updated_at"]
    assert three.call("nux", "message.edit", message_id=full, content="three")["version"] == 2


def test_what_is_taken_back_is_gone_from_the_inbox(three: Any) -> None:
    full = three.send("nux", to="max")["message_id"]
    assert three.refused("max", "message.delete", message_id=full) == "not_allowed"
    three.call("nux", "message.delete", message_id=full, reason="wrong")
    assert three.refused("nux", "message.delete", message_id=full) == "conflict"
    assert three.refused("nux", "message.edit", message_id=full, content="y") == "conflict"
    shown = three.call("max", "message.get", message_id=full)["message"]
    assert shown["deleted"] is True
    assert shown["metadata"]["delete_reason"] == "wrong"
    assert three.inbox("max") == []
    assert three.call("max", "message.list", for_agent="max")["unread"] == 0


@pytest.mark.parametrize("key", ["recipients", "recipient", "agent", "To", "mention"])
def test_a_target_under_a_name_that_nobody_knows_is_no_broadcast(three: Any, key: str) -> None:
    answer = three.stand("furiosa").ask("message.send", content="secret", **{key: "nux"})
    assert answer["error"]["data"]["kind"] == "invalid_params"
    assert repr(key) in answer["error"]["message"]
    assert three.inbox("nux") == []


def test_with_a_target_an_unknown_param_is_only_told(three: Any) -> None:
    for target in ({"to": "nux"}, {"mentions": ["nux"]}, {"to": "everyone"}):
        sent = three.send("furiosa", "hello", urgent=True, **target)
        assert sent["warnings"] == ["message.send takes no 'urgent'"]
    assert three.inbox("nux") == ["hello"] * 3


def test_what_is_asked_of_people_stands_in_tables_of_people(
    three: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of mail something may wait to be written, which such a question would not see."""
    read: set[str] = set()

    def note(action: int, table: str | None, *_: object) -> int:
        if action == sqlite3.SQLITE_READ and table and not table.startswith("sqlite_"):
            read.add(table)
        return sqlite3.SQLITE_OK

    def people(self: Tables, question: Callable[..., Any], about: object) -> Any:
        self.connection.set_authorizer(note)
        answer = question(self.connection, about)
        self.connection.set_authorizer(None)
        return answer

    three.call("nux", "group.create", name="crew")
    monkeypatch.setattr(Tables, "people", people)
    three.send("furiosa", "x", to="@nux", mentions=["driver", "crew", "max"])
    three.send("furiosa", "x")
    three.send("furiosa", "x", to="everyone")
    three.refused("furiosa", "message.send", content="x", to="nobody", mentions=["no_one"])
    assert read >= {"agents", "sessions", "groups", "group_members"}
    assert read <= {"agents", "sessions", "groups", "group_members", "agent_work_contexts"}


def test_many_sends_at_once_write_their_rows_together(three: Any) -> None:
    """Each is asked for nothing, and may be taken back alone, without a statement of its own."""
    statements: list[str] = []
    db = three.store._writer.tables.connection
    callers = [three.connect() for _ in range(16)]
    three.stand("furiosa")
    three.send("furiosa", "warm", to="@nux")
    begun, go = threading.Event(), threading.Event()
    held = threading.Thread(target=three.store.transact_blocking, args=(_holding(begun, go),))
    held.start()
    assert begun.wait(20)
    sends = [
        threading.Thread(target=each.call, args=("message.send",), kwargs=to_nux(number))
        for number, each in enumerate(callers)
    ]
    for each in sends:
        each.start()
    eventually(lambda: three.store._writer._calls.qsize() == len(callers))
    db.set_trace_callback(statements.append)
    go.set()
    for each in [*sends, held]:
        each.join(20)
    assert not three.store.is_behind
    db.set_trace_callback(None)
    # A trigger that runs because of a statement is traced by that statement's text.
    inserts = {each for each in statements if each.lstrip().startswith("INSERT")}
    assert not [each for each in statements if each.startswith("SAVEPOINT")]
    assert not [each for each in statements if each.lstrip().startswith("SELECT")]
    assert len(three.inbox("nux", page_size=50)) == len(callers) + 1
    assert 0 < sum("INTO messages" in each for each in inserts) <= 2


def to_nux(number: int) -> dict[str, str]:
    """What one of many sends."""
    return {"content": f"letter {number}", "to": "@nux"}


def _holding(begun: threading.Event, go: threading.Event) -> Callable[[Any], None]:
    def decide(_transaction: Any) -> None:
        begun.set()
        assert go.wait(20)

    return decide
