"""What a sender is told of those who have neither seen nor read a message."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from thrum.daemon.delivery import service
from thrum.daemon.delivery.service import Delivery
from thrum.daemon.waiting.service import Waiting


@pytest.fixture
def pair(node: Any) -> Any:
    """A node with furiosa and nux."""
    node.agent("furiosa")
    node.agent("nux")
    return node


def passes(node: Any, boundary: str, session: str = "s1") -> Any:
    """A session of nux comes to a boundary; what it is handed."""
    params = {"runtime": "claude", "session": session, "can_tell": True}
    return node.call("nux", "delivery.ask", boundary=boundary, **params)


def told(node: Any, message_id: str) -> dict[str, Any]:
    """What furiosa is told of nux, which is the same wherever she looks."""
    (listed,) = node.call("furiosa", "message.outbox", page_size=1)["messages"]
    assert listed["message_id"] == message_id
    got = node.call("furiosa", "message.get", message_id=message_id)["message"]
    assert got["recipients"] == listed["recipients"]
    (found,) = listed["recipients"]
    return dict(found)


def held(node: Any) -> tuple[str, bool]:
    """What a new message waits for, and whether it is told since when; in the answer as well."""
    answer = node.send("furiosa", to="nux")
    found = told(node, answer["message_id"])
    assert (found["state"], answer["recipients"]) == ("stored", [found])
    return found.get("held", ""), "held_since" in found


def test_it_follows_what_the_session_does(pair: Any) -> None:
    assert held(pair) == ("looks", False)
    for boundary, reason in (
        ("start", "person"),
        ("prompt", "turn"),
        ("permission", "leave"),
        ("tools", "turn"),
        ("before_compaction", "turn"),
    ):
        passes(pair, boundary)
        assert held(pair) == (reason, True), boundary
    passes(pair, "end")
    assert held(pair) == ("turn", False)
    passes(pair, "prompt", "s2")
    (session,) = pair.call("nux", "session.list", agent_id="nux")["sessions"]
    pair.call("nux", "session.end", session_id=session["session_id"])
    assert held(pair) == ("asleep", True)


def test_what_was_offered_and_read_waits_for_nothing(pair: Any) -> None:
    sent = pair.send("furiosa", to="nux")["message_id"]
    passes(pair, "start")
    passes(pair, "prompt")
    seat = {"runtime": "claude", "session": "s1", "message_ids": [sent]}
    assert pair.call("nux", "delivery.given", **seat) == {"seen": 1}
    found = told(pair, sent)
    assert (found["state"], found["offered_by"]) == ("offered", "hook")
    assert "held" not in found
    assert pair.call("nux", "delivery.given", **seat) == {"seen": 0}
    pair.call("nux", "message.markRead", message_ids=[sent], way="mcp")
    found = told(pair, sent)
    assert (found["state"], found["offered_by"]) == ("read", "hook"), "by what it came first"


def test_who_listens_keeps_nothing_waiting(pair: Any, wait_until: Any) -> None:
    listener, waiting = pair.connect(), pair.parts.service(Waiting)
    pair.stand("nux")
    listener.write("message.wait", timeout_ms=20_000)
    wait_until(lambda: waiting.listens("nux"))
    assert not waiting.listens("furiosa")
    (told,) = pair.send("furiosa", to="nux")["recipients"]
    assert "held" not in told
    assert listener.read()["result"]["received"]
    wait_until(lambda: not waiting.listens("nux"))
    assert held(pair) == ("looks", False)


def test_a_session_that_is_woken_keeps_nothing_waiting_while_it_is_idle(
    pair: Any, wait_until: Any
) -> None:
    seat = {"runtime": "claude", "session": "s1"}
    for boundary in ("start", "prompt", "end_of_turn"):
        passes(pair, boundary)
    pair.stand("nux")
    waker, delivery = pair.connect(), pair.parts.service(Delivery)
    waker.write("delivery.wait", **seat, timeout_ms=20_000)
    wait_until(lambda: delivery.wakes("nux"))
    passes(pair, "prompt")
    assert held(pair) == ("turn", True)
    assert not pair.parts.service(Waiting).listens("nux"), "it reads nothing by itself"
    seen = passes(pair, "end_of_turn")["messages"]
    ids = [row["message_id"] for row in seen]
    pair.call("nux", "delivery.given", **seat, message_ids=ids)
    passes(pair, "end_of_turn")
    (told,) = pair.send("furiosa", to="nux")["recipients"]
    assert "held" not in told
    assert len(waker.read()["result"]["messages"]) == 1
    assert held(pair) == ("turn", True), "mail has begun a turn"


def test_what_lay_there_waits_for_the_first_turn_of_a_session(
    pair: Any, wait_until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BEGINS_NS", 0)
    lay = pair.send("furiosa", to="nux")["message_id"]
    passes(pair, "start")
    pair.stand("nux")
    waker, delivery = pair.connect(), pair.parts.service(Delivery)
    waker.write("delivery.wait", runtime="claude", session="s1", timeout_ms=20_000)
    wait_until(lambda: delivery.wakes("nux"))
    assert told(pair, lay)["held"] == "person"
    (new,) = pair.send("furiosa", to="nux")["recipients"]
    assert "held" not in new
    (row,) = waker.read()["result"]["messages"]
    assert row["message_id"] != lay
    assert [each["message_id"] for each in passes(pair, "prompt")["messages"]] == [lay]


def test_nobody_here_knows_of_agents_elsewhere_and_behind_bridges(pair: Any) -> None:
    def move(transaction: Any) -> None:
        transaction.db.execute("UPDATE agents SET origin_daemon = 'd_b' WHERE agent_id = 'nux'")

    pair.store.transact_blocking(move)
    assert held(pair) == ("", False)


def test_a_person_looks_and_what_was_taken_back_waits_for_nothing(pair: Any) -> None:
    def make_person(transaction: Any) -> None:
        transaction.db.execute(
            "INSERT INTO agents (agent_id, kind, role, module, registered_at, registration)"
            " VALUES ('user:ann', 'user', 'user', 'x', '2026-01-01T00:00:00.000000000Z', '')"
        )

    pair.store.transact_blocking(make_person)
    answer = pair.send("furiosa", to="user:ann")
    assert [each["held"] for each in answer["recipients"]] == ["looks"]
    pair.call("furiosa", "message.delete", message_id=answer["message_id"])
    got = pair.call("furiosa", "message.get", message_id=answer["message_id"])["message"]
    assert "held" not in got["recipients"][0]


def test_many_are_looked_up_off_the_loop_and_not_at_all_in_an_answer(
    pair: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thrum.daemon.delivery.telling.MOST_AT_ONCE", 1)
    pair.agent("max")
    answer = pair.send("furiosa", mentions=["nux", "max"])
    assert all("held" not in each for each in answer["recipients"])
    (row,) = pair.call("furiosa", "message.outbox")["messages"]
    assert [each["held"] for each in row["recipients"]] == ["looks", "looks"]


class Fake:
    """Sessions of nux, and what became of each message, as it really is."""

    def __init__(self, node: Any, seed: int) -> None:
        self.node, self.random = node, Random(seed)
        self.does: dict[str, str] = {}
        self.states: dict[str, tuple[str, str]] = {}
        self.was_heard = False

    def step(self) -> None:
        self.random.choice([self.send, self.pass_boundary, self.pass_boundary, self.read])()

    def send(self) -> None:
        self.states[self.node.send("furiosa", to="nux")["message_id"]] = ("stored", "")

    def read(self) -> None:
        if self.states:
            chosen = self.random.choice(list(self.states))
            self.node.call("nux", "message.markRead", message_ids=[chosen], way="mcp")
            self.states[chosen] = ("read", self.states[chosen][1] or "mcp")

    def pass_boundary(self) -> None:
        session = self.random.choice("ab")
        boundary = self.random.choice(
            ["start", "prompt", "tools", "end_of_turn", "permission", "end"]
        )
        answer = passes(self.node, boundary, session)
        ids = [row["message_id"] for row in answer.get("messages") or ()]
        is_sure = self.random.random() < 0.7
        seat = {"runtime": "claude", "session": session, "is_sure": is_sure}
        self.node.call("nux", "delivery.given", message_ids=ids, **seat)
        for each in ids if is_sure else ():
            if self.states[each][0] == "stored":
                self.states[each] = ("offered", "hook")
        self.was_heard = True
        idle = boundary == "start" or (boundary == "end_of_turn" and not ids)
        self.does[session] = "asks" if boundary == "permission" else "idle" if idle else "busy"
        if boundary == "end":
            del self.does[session]

    def held(self) -> str:
        doing = set(self.does.values())
        for one, reason in (("busy", "turn"), ("asks", "leave"), ("idle", "person")):
            if one in doing:
                return reason
        return "turn" if self.was_heard else "looks"

    def seen_by_sender(self) -> dict[str, tuple[str, str, str]]:
        page = self.node.call("furiosa", "message.outbox", page_size=100)["messages"]
        found = {row["message_id"]: row["recipients"][0] for row in page}
        return {
            each: (one["state"], one.get("offered_by", ""), one.get("held", ""))
            for each, one in found.items()
        }


@pytest.mark.parametrize("seed", range(3))
def test_the_sender_sees_of_every_message_what_really_happened(pair: Any, seed: int) -> None:
    fake = Fake(pair, seed)
    for _ in range(60):
        fake.step()
        held = fake.held()
        assert fake.seen_by_sender() == {
            each: (state, way, held if state == "stored" else "")
            for each, (state, way) in fake.states.items()
        }
