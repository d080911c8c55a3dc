"""Pages are told what agents do when it is another thing, and not otherwise."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from tests.integration.lines import Line
from tests.thrum.daemon.push.retold import emit, note, read, registered
from tests.thrum.daemon.push.test_pushing import connection
from tests.thrum.daemon.push.test_service import until
from thrum import events
from thrum.daemon.delivery.given import Seat
from thrum.daemon.delivery.service import Delivery
from thrum.daemon.delivery.sitting import Boundary
from thrum.daemon.node import Node
from thrum.daemon.now import service
from thrum.daemon.now.service import Now
from thrum.daemon.push.service import Push

SEAT = Seat("nux", "claude", "s1")


@pytest.fixture
def crew(parts: Node, monkeypatch: pytest.MonkeyPatch) -> Node:
    """nux and max, with sessions; looks follow each other at once."""
    monkeypatch.setattr(service, "PAUSE_S", 0.0)
    monkeypatch.setattr(service, "SHARE", 0)
    emit(parts, *registered("nux", "max"))
    for name in ("nux", "max"):
        emit(parts, events.SessionStart(session_id=f"ses_{name}", agent_id=name))
    return parts


def lived(node: Node, course: Callable[[Now, Line], Awaitable[None]]) -> None:
    """Runs what a test does while the service runs and a page is open."""

    async def run() -> None:
        now, feeds = Now(node), node.service(Push).feeds
        node.hub.on(now.hears, now.heard, missed=now.missed, owner=now.name)
        await now.start()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(now.run)
            line = connection(node)
            feeds.join("user:ada", line)
            await course(now, line)
            tasks.cancel_scope.cancel()
        for left in line.on_close:
            left()
        node.hub.drop(now.name)

    anyio.run(run)


def rows(line: Line) -> list[Any]:
    found = [json.loads(each) for each in line.pushed]
    return [each["params"] for each in found if each["method"] == "notification.now"]


def of(line: Line, agent_id: str) -> Any:
    """The last that was told of the agent."""
    return next((e.get("row") for e in reversed(rows(line)) if e["agent_id"] == agent_id), None)


async def aside(function: Callable[..., Any], *args: Any) -> Any:
    return await anyio.to_thread.run_sync(lambda: function(*args))


def test_each_thing_that_changes_a_row_is_told(crew: Node) -> None:
    delivery = crew.service(Delivery)

    async def course(now: Now, line: Line) -> None:
        now.missed()
        await until(lambda: of(line, "nux") is not None and of(line, "max") is not None)
        await aside(emit, crew, note("msg_1", "max", "nux"))
        await until(lambda: of(line, "nux").get("unread") == 1)
        await until(lambda: of(line, "max")["word"]["message_id"] == "msg_1")
        await aside(emit, crew, *read("nux", "msg_1"))
        await until(lambda: of(line, "nux").get("unread", 0) == 0)
        for boundary, state in (
            (Boundary.PROMPT, "working"),
            (Boundary.PERMISSION, "waiting"),
            (Boundary.END_OF_TURN, "idle"),
        ):
            with delivery.asked(SEAT, boundary):
                pass
            await until(lambda state=state: of(line, "nux")["state"] == state)  # type: ignore[misc]
        await aside(emit, crew, events.SessionEnd(session_id="ses_max"))
        await until(lambda: of(line, "max")["state"] == "offline")
        await aside(emit, crew, events.AgentCleanup(agent_id="max"))
        await until(lambda: rows(line)[-1].get("row") is None)
        assert rows(line)[-1]["agent_id"] == "max"

    lived(crew, course)


def test_what_changes_nothing_is_not_told(crew: Node) -> None:
    async def course(now: Now, line: Line) -> None:
        now.missed()
        await until(lambda: len(rows(line)) == 2)
        for _ in range(3):
            now.missed()
            await anyio.sleep(0.01)
        await aside(emit, crew, note("msg_1", "max", "user:ada"))
        await until(lambda: len(rows(line)) == 3)
        assert {each["agent_id"] for each in rows(line)[:2]} == {"nux", "max"}

    lived(crew, course)


def test_while_no_page_is_open_nothing_is_looked_at(
    crew: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Node] = []

    async def look(node: Node) -> list[Any]:
        looked.append(node)
        return []

    monkeypatch.setattr(service, "look", look)

    async def course(now: Now, line: Line) -> None:
        for left in line.on_close:
            left()
        line.on_close.clear()
        await aside(emit, crew, note("msg_1", "max"))
        await anyio.sleep(0.01)
        assert looked == []

    lived(crew, course)


def test_who_was_away_is_told_how_everything_is(crew: Node) -> None:
    async def course(now: Now, line: Line) -> None:
        current = await crew.service(Push).feeds.current()
        assert [each.agent_id for each in current] == ["max", "nux"]  # type: ignore[attr-defined]

    lived(crew, course)
