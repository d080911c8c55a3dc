"""Pages are told what agents do when it is another thing, and not otherwise."""

from __future__ import annotations

import json
import threading
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
from thrum.daemon.notices import Changed
from thrum.daemon.now import looking, service
from thrum.daemon.now.looking import Sight, look
from thrum.daemon.now.service import Now, WorkTold
from thrum.daemon.projection.queries.sessions import Commit
from thrum.daemon.push.service import Push
from thrum.daemon.transaction import Transaction
from thrum.daemon.work import noting
from thrum.daemon.work.reading import GitWork

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


def rows(line: Line, method: str = "notification.now") -> list[Any]:
    found = [json.loads(each) for each in line.pushed]
    return [each["params"] for each in found if each["method"] == method]


def works(line: Line, agent_id: str) -> list[Any]:
    """All that was told of what the agent works on."""
    told = rows(line, "notification.work")
    return [each["contexts"] for each in told if each["agent_id"] == agent_id]


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

    async def look(node: Node) -> Sight:
        looked.append(node)
        return Sight([], {})

    monkeypatch.setattr(looking, "look", look)

    async def course(now: Now, line: Line) -> None:
        for left in line.on_close:
            left()
        line.on_close.clear()
        await aside(emit, crew, note("msg_1", "max"))
        await anyio.sleep(0.01)
        assert looked == []

    lived(crew, course)


@pytest.mark.parametrize(
    "there_and_back",
    [
        (Boundary.PROMPT, Boundary.END_OF_TURN),
        (Boundary.PERMISSION, Boundary.END_OF_TURN),
        (Boundary.PROMPT, Boundary.PERMISSION, Boundary.END_OF_TURN),
    ],
)
@pytest.mark.parametrize("is_away", [True, False])
def test_what_becomes_again_what_was_told_last_is_told_to_who_saw_it_otherwise(
    crew: Node, there_and_back: tuple[Boundary, ...], is_away: bool
) -> None:
    """Though nobody was told of what a page found when it asked."""
    delivery, sitting = crew.service(Delivery), crew.service(Delivery).sitting(SEAT)
    *there, back = there_and_back

    async def course(now: Now, line: Line) -> None:
        with delivery.asked(SEAT, back):
            pass
        await until(lambda: (of(line, "nux") or {}).get("state") == "idle")
        if is_away:
            for left in line.on_close:
                left()
            line.on_close.clear()
            crew.service(Push).feeds.join("user:ada", line)
        for boundary in there:
            sitting.passes(boundary, crew.now_ns())  # no word of it yet
        found = {each.agent_id: each.state for each in (await now.look()).rows}
        assert found["nux"] in {"working", "waiting"}
        line.pushed.clear()
        with delivery.asked(SEAT, back):
            pass
        await until(lambda: (of(line, "nux") or {}).get("state") == "idle")

    lived(crew, course)


def test_one_looks_after_the_other(crew: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the one that began first might end last, and have it told how things were."""
    running, most = 0, 0

    async def look(node: Node) -> Sight:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.lowlevel.checkpoint()
        running -= 1
        return Sight([], {})

    monkeypatch.setattr(looking, "look", look)

    async def run() -> None:
        now = Now(crew)
        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(now.look)
        assert most == 1

    anyio.run(run)


def test_who_was_away_is_told_how_everything_is(crew: Node) -> None:
    async def course(now: Now, line: Line) -> None:
        current = await crew.service(Push).feeds.current()
        assert [each.agent_id for each in current] == ["max", "nux"]  # type: ignore[attr-defined]
        await aside(seen, crew, "nux", GitWork(branch="mend"))
        await aside(seen, crew, "max", GitWork(branch="other"))
        current = await crew.service(Push).feeds.current()
        found = {each.agent_id: each.contexts for each in current if isinstance(each, WorkTold)}
        assert {name: each[0].branch for name, each in found.items()} == {
            "nux": "mend",
            "max": "other",
        }

    lived(crew, course)


def seen(node: Node, name: str, work: GitWork) -> None:
    """Somebody looked where the agent works."""
    node.store.transact_blocking(lambda t: noting.note(t, f"ses_{name}", name, work))


def says(node: Node, name: str, column: str, text: str) -> None:
    """The agent says something of its work, as `session.setIntent` keeps it."""

    def write(transaction: Transaction) -> None:
        transaction.db.execute(
            f"UPDATE agent_work_contexts SET {column} = ? WHERE agent_id = ?", (text, name)
        )
        transaction.notice(Changed(name))

    node.store.transact_blocking(write)


def told_elsewhere(node: Node, name: str, branch: str) -> None:
    """Another clone tells what the agent works on."""
    context = events.WorkContext(
        session_id=f"ses_{name}",
        branch=branch,
        git_updated_at="2100-01-01T00:00:00Z",
    )
    emit(node, events.AgentUpdate(agent_id=name, work_contexts=[context]))


def test_each_thing_that_changes_what_is_worked_on_is_told(crew: Node) -> None:
    commit = Commit("c1", "Mend it", ["a.py"])
    steps: list[tuple[Callable[[], None], dict[str, Any]]] = [
        (lambda: seen(crew, "nux", GitWork("mend")), {"branch": "mend", "changed_files": []}),
        (
            lambda: seen(crew, "nux", GitWork("mend", uncommitted_files=["a.py"])),
            {"uncommitted_files": ["a.py"]},
        ),
        (
            lambda: seen(crew, "nux", GitWork("mend", "", [commit], [], ["a.py"])),
            {"uncommitted_files": [], "changed_files": ["a.py"]},
        ),
        (lambda: seen(crew, "nux", GitWork("other")), {"branch": "other", "changed_files": []}),
        (lambda: says(crew, "nux", "intent", "drive"), {"intent": "drive", "branch": "other"}),
        (lambda: says(crew, "nux", "current_task", "shift"), {"current_task": "shift"}),
    ]

    async def course(now: Now, line: Line) -> None:
        for change, wanted in steps:
            before = len(works(line, "nux"))
            await aside(change)
            await until(lambda before=before: len(works(line, "nux")) > before)  # type: ignore[misc]
            ((context,),) = works(line, "nux")[before:]
            assert {key: context[key] for key in wanted} == wanted
            assert (context["session_id"], context["agent_id"]) == ("ses_nux", "nux")
        await aside(told_elsewhere, crew, "max", "far")
        await until(lambda: bool(works(line, "max")))
        assert works(line, "max")[-1][0]["branch"] == "far"
        await aside(emit, crew, events.SessionEnd(session_id="ses_max"))
        await until(lambda: works(line, "max")[-1] == [])
        assert len(works(line, "nux")) == len(steps), "of the other one nothing more is told"

    lived(crew, course)


@pytest.mark.parametrize("what", ["stamp", "read", "by_name"])
def test_a_disk_that_does_not_answer_holds_up_nobody_else(
    crew: Node, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """Identity files lie in worktrees, and these may lie anywhere."""
    answers, asked = threading.Event(), threading.Event()
    ask = getattr(crew.callers.identities, what)

    def hang(*args: Any) -> Any:
        asked.set()
        if not answers.wait(10):
            raise TimeoutError("the loop did not turn")
        return ask(*args)

    monkeypatch.setattr(crew.callers.identities, what, hang)
    seen: list[Sight] = []

    async def see() -> None:
        seen.append(await look(crew))

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(see)
            while not asked.is_set():
                await anyio.sleep(0.001)
            answers.set()

    anyio.run(run)
    assert [each.agent_id for each in seen[0].rows] == ["max", "nux"]
