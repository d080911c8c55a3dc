"""What is known of callers counts for nothing once it may have changed."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from thrum import events
from thrum.daemon.callers.callers import Callers
from thrum.daemon.callers.resolver import Resolver
from thrum.daemon.hub import Hub
from thrum.daemon.node import Node
from thrum.daemon.notices import Moved
from thrum.daemon.store import Store

REGISTER = events.AgentRegister(agent_id="ann", role="dev", module="m")
START = events.SessionStart(session_id="ses_1", agent_id="ann")


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        (REGISTER, True),
        (events.AgentCleanup(agent_id="ann"), True),
        (START, True),
        (events.SessionEnd(session_id="ses_1"), True),
        (Moved("ann"), True),
        (events.GroupCreate(group_id="grp_1", name="g"), False),
    ],
)
def test_it_is_looked_anew_after_what_can_change_who_calls(
    parts: Node, hub: Hub, news: Any, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers = Callers.of(parts.place.repository, parts.store)
    changed: list[bool] = []
    monkeypatch.setattr(Resolver, "changed", lambda _: changed.append(True))

    def decide(transaction: Any) -> None:
        if isinstance(news, Moved):
            transaction.notice(news)
        else:
            transaction.news.append((news, True))

    async def run() -> list[bool]:
        callers.listen(hub)
        await parts.store.transact(decide)
        return list(changed)

    # Before who caused it goes on.
    assert anyio.run(run) == [True] * expected


def test_who_missed_something_looks_anew_as_well(
    parts: Node, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub(most=1)
    callers = Callers.of(parts.place.repository, store)
    changed: list[bool] = []
    monkeypatch.setattr(Resolver, "changed", lambda _: changed.append(True))

    async def run() -> None:
        callers.listen(hub)
        group = events.GroupCreate(group_id="grp_1", name="g")
        for _ in range(3):
            hub.tell([(group, False)])
        with anyio.fail_after(20):
            while not changed:
                await anyio.sleep(0.001)

    anyio.run(run)
    assert changed == [True]


def test_another_connection_finds_the_change_right_after_the_answer(node: Any) -> None:
    """What was found of this process before is kept, and must count for nothing at once."""
    home = node.worktree("home")
    node.homes["ann"] = home
    first, second = node.stand("ann"), node.connect()
    refs = [{"type": "worktree", "value": str(home)}]
    for name in ("ann", "bob", "cy"):
        before = second.ask("agent.whoami").get("result", {}).get("agent_id", "")
        first.call("agent.register", name=name, role="dev", module="m")
        first.call("session.start", agent_id=name, refs=refs)
        after = second.call("agent.whoami")
        assert before != after["agent_id"] == name
