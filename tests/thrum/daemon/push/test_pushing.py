"""What a connection is told of a message, and how often the database is asked for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.lines import Line
from thrum import events
from thrum.daemon.callers.authenticators import KernelCredentials
from thrum.daemon.node import Node
from thrum.daemon.push.pushing import Known, Pushing, look_up
from thrum.daemon.push.wishes import Wish
from thrum.daemon.rpc.registry import Transport
from thrum.events import Body, Pair

FILE = Pair("file", "a.py")


def connection(node: Node) -> Line:
    """A connection that keeps what is pushed to it."""
    return Line(Transport.UNIX, KernelCredentials(node.resolver, 0, None))


def sent(node: Node, count: int, to: list[str], **fields: Any) -> list[str]:
    """The ids of so many messages by furiosa."""

    def decide(transaction: Any) -> list[str]:
        for name in ("furiosa", *to):
            transaction.emit(
                events.AgentRegister(agent_id=name, kind="agent", role="tester", module="m")
            )
        made = [node.ids.make("msg") for _ in range(count)]
        for number, each in enumerate(made):
            body = Body(f"text {number}", format="plain")
            message = events.MessageCreate(
                message_id=each, agent_id="furiosa", body=body, recipients=to, **fields
            )
            transaction.emit(message)
        return made

    return node.store.transact_blocking(decide)


def known(node: Node, ids: list[str], agents: list[str]) -> Known:
    return look_up(node.store.reader(), ids, agents)


def test_a_crowd_asks_as_often_as_one(parts: Node) -> None:
    names = [f"agent{number:02}" for number in range(50)]
    ids = sent(parts, 200, names, scopes=[FILE])
    asked: list[str] = []

    def statements(ids: list[str], agents: list[str]) -> int:
        asked.clear()
        db = parts.store.reader()
        db.set_trace_callback(asked.append)
        look_up(db, ids, agents)
        db.set_trace_callback(None)
        return len(asked)

    assert statements(ids, names) == statements(ids[:1], names[:1]) <= 5
    assert len(known(parts, ids, names).reached) == 200 * 50


@pytest.mark.parametrize(
    ("wish", "match"),
    [
        ((FILE, ""), "scope"),
        ((Pair("file", "b.py"), ""), ""),
        ((None, "driver"), "mention"),
        ((None, "nux"), ""),
        ((None, ""), "all"),
    ],
)
def test_a_wish_says_what_is_pushed(parts: Node, wish: tuple[Pair | None, str], match: str) -> None:
    refs = [Pair("mention", "driver")]
    (id,) = sent(parts, 1, ["nux"], scopes=[FILE], refs=refs, thread_id="thr_1")
    line = connection(parts)
    pushing = Pushing("ses_1", "nux", line)
    about = known(parts, [id], ["nux"])
    pushing.push(id, [Wish(7, *wish, "2026-01-02T03:04:05Z")], about)
    told = [json.loads(each)["params"]["matched_subscription"] for each in line.pushed]
    assert told == ([{"subscription_id": 7, "match_type": match}] if match else [])


@pytest.mark.parametrize(("who", "is_told"), [("nux", True), ("max", False), ("user:ada", True)])
def test_all_is_what_reaches_an_agent_and_everything_for_a_person(
    parts: Node, who: str, is_told: bool
) -> None:
    (id,) = sent(parts, 1, ["nux"])
    line = connection(parts)
    about = known(parts, [id], ["nux", "max", who])
    Pushing("ses_1", who, line).push(id, [Wish(1, None, "", "2026-01-02T03:04:05Z")], about)
    assert bool(line.pushed) is is_told


def test_what_is_gone_or_unknown_is_not_pushed(parts: Node) -> None:
    kept, taken = sent(parts, 2, ["nux"])
    delete = events.MessageDelete(message_id=taken)
    parts.store.transact_blocking(lambda transaction: transaction.emit(delete))
    line = connection(parts)
    pushing, wish = Pushing("ses_1", "nux", line), Wish(1, None, "", "2026-01-02T03:04:05Z")
    about = known(parts, [kept, taken], ["nux"])
    for each in (taken, "msg_nowhere", kept):
        pushing.push(each, [wish], about)
    assert [json.loads(each)["params"]["message_id"] for each in line.pushed] == [kept]
    assert json.loads(line.pushed[0])["params"]["origin_daemon"] == "d_here"
