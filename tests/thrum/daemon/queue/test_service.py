"""The queue as a service: turns, ends, and what its requesters are told of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
import pytest

from tests.thrum.daemon.conftest import Node, eventually
from tests.thrum.daemon.queue.conftest import Session
from tests.tmux import NEEDED
from thrum.daemon.queue import kept
from thrum.daemon.queue.command import Command
from thrum.daemon.queue.service import Queue
from thrum.errors import ThrumError

pytestmark = NEEDED


def running(session: Session, text: str, **params: Any) -> str:
    """A command that has begun."""
    command_id = session.queue(text, **params)
    eventually(lambda: session.status().get("active", {}).get("id") == command_id)
    # It is noted before it is typed.
    eventually(lambda: text in session.tmux.shown("api"))
    if text.startswith("sleep"):
        front = ("display-message", "-p", "-t", "=api:", "#{pane_current_command}")
        eventually(lambda: session.tmux.do(*front) == "sleep")
    return command_id


def on_loop(village: Node, act: Callable[[], Coroutine[Any, Any, object]]) -> None:
    """Does it where the daemon's services live."""
    asyncio.run_coroutine_threadsafe(act(), village.loop).result(60)


def test_what_takes_longer_is_told_and_ends_later(session: Session) -> None:
    late = running(session, "read x; echo got $x", timeout_ms=200)
    eventually(lambda: session.wait(late, 1)["state"] == "timeout_waiting")
    eventually(lambda: len(session.told(late)) == 1)
    assert session.told(late)[0].startswith(f"Command {late} still processing after 0s.\n")
    session.tmux.do("send-keys", "-t", "=api:", "it", "Enter")
    assert session.wait(late)["output"].endswith("got it")
    eventually(lambda: len(session.told(late)) == 2)


def test_what_waits_is_taken_out_and_says_so(session: Session) -> None:
    running(session, "sleep 600", notify_on_complete=False)
    second = session.queue("echo no")
    third = session.queue("echo yes")
    status = session.status()
    assert [each["id"] for each in status["queued"]] == [second, third]
    canceled = session.village.call("alice", "tmux.cancel", command_id=second)
    assert canceled == {"command_id": second, "state": "canceled"}
    eventually(lambda: len(session.told(second)) == 1)
    assert session.told(second)[0].startswith(f"Command {second} canceled.\n")
    again_canceled = session.village.call("alice", "tmux.cancel", command_id=second)
    assert again_canceled["state"] == "canceled"
    assert "no" not in session.tmux.shown("api").replace("echo no", "")


def test_what_runs_is_let_run_or_is_interrupted(session: Session) -> None:
    first = running(session, "echo begun; sleep 600", notify_on_complete=False)
    eventually(lambda: "\nbegun" in session.tmux.shown("api"))
    let_run = session.village.call("alice", "tmux.cancel", command_id=first)
    assert let_run == {"command_id": first, "state": "canceled", "output": "begun"}
    after = session.queue("echo after")
    eventually(lambda: "sleep runs" in session.status().get("waiting_for", ""))
    session.tmux.do("send-keys", "-t", "=api:", "C-c")
    assert session.wait(after)["output"] == "after"
    second = running(session, "sleep 600")
    eventually(lambda: session.tmux.shown("api").rstrip().endswith("sleep 600"))
    third = session.queue("echo $?")
    asked = {"command_id": second, "interrupt": True}
    assert session.village.call("alice", "tmux.cancel", **asked)["state"] == "canceled"
    assert session.wait(third)["output"] == "130"
    eventually(lambda: len(session.told(second)) == 1)


def test_a_session_that_is_ended_takes_its_commands_along(session: Session) -> None:
    ids = [running(session, "sleep 600"), session.queue("echo a"), session.queue("echo b")]
    session.village.call("alice", "tmux.kill", name="api")
    assert [session.wait(each)["state"] for each in ids] == ["interrupted"] * 3
    for each in ids:
        eventually(lambda each=each: len(session.told(each)) == 1)  # type: ignore[misc]
        (said,) = session.told(each)
        assert said.startswith(f"Command {each} interrupted — session api was killed.\n")
    assert session.status() == {"session": "api"}


@pytest.mark.parametrize("end", ["server", "shell"])
def test_so_does_one_that_ends_by_itself(session: Session, end: str) -> None:
    text = "sleep 600" if end == "server" else "read x; exit"
    ids = [running(session, text), session.queue("echo a")]
    if end == "server":
        session.tmux.end()
    else:
        session.tmux.do("send-keys", "-t", "=api:", "Enter")
    assert [session.wait(each)["state"] for each in ids] == ["interrupted"] * 2
    for each in ids:
        eventually(lambda each=each: len(session.told(each)) == 1)  # type: ignore[misc]
        assert "no longer exists" in session.told(each)[0]
    anew = session.queue("echo anew")  # the session is made anew for its agent
    assert session.wait(anew)["output"] == "anew"


def test_what_was_under_way_when_the_daemon_ended_is_interrupted(session: Session) -> None:
    first = running(session, "sleep 600", notify_on_complete=False)
    second = session.queue("echo second")
    session.village.begin_again(Queue)
    assert session.wait(first)["state"] == "interrupted"
    eventually(lambda: len(session.told(first)) == 1)  # whether it was wanted or not
    assert "interrupted by daemon restart." in session.told(first)[0]
    assert session.wait(second, 1)["state"] == "queued"
    session.tmux.do("send-keys", "-t", "=api:", "C-c")
    assert session.wait(second)["output"] == "second"
    session.village.begin_again(Queue)
    assert len(session.told(first)) == 1


def test_whatever_moment_the_service_ends_in_it_begins_again(session: Session) -> None:
    for number in range(6):
        command_id = session.queue("true")
        time.sleep(number * 0.01)  # while its lane begins, it is waited with, noted or typed
        session.village.begin_again(Queue)
        assert session.wait(command_id)["state"] in {"completed", "interrupted"}
    assert session.wait(session.queue("echo well"))["output"] == "well"
    assert not session.village.running[Queue].done()


@pytest.mark.parametrize(
    ("step", "state"), [("first", "completed"), ("sent", "completed"), ("ended", "interrupted")]
)
@pytest.mark.parametrize("error", [ThrumError("storage", "the disk is full"), ValueError("odd")])
def test_what_goes_wrong_in_a_session_ends_no_more_than_that(
    session: Session, monkeypatch: pytest.MonkeyPatch, step: str, state: str, error: Exception
) -> None:
    well, fails = getattr(kept, step), iter([True])

    def fail(*told: Any) -> Any:
        if next(fails, False):
            raise error
        return well(*told)

    monkeypatch.setattr(kept, step, fail)
    ids = [session.queue("echo one"), session.queue("echo two")]
    found = [session.wait(each) for each in ids]
    assert [each["state"] for each in found] == [state, "completed"]
    assert found[1]["output"] == "two"
    eventually(lambda: len(session.told(ids[0])) == 1)
    assert ("could not be noted" in session.told(ids[0])[0]) == (state == "interrupted")
    assert not session.village.running[Queue].done()


def test_what_could_not_be_said_is_said_later_and_once(session: Session) -> None:
    village, queue = session.village, session.village.parts.service(Queue)
    notice = kept.Notice("cmd_9 completed", "alice", "Command cmd_9 completed.")

    async def put() -> None:
        await queue.tables.write(
            lambda db: db.execute("INSERT INTO queue_notices VALUES (?, ?, ?)", notice)
        )

    async def say_and_forget_that_it_was_said() -> None:
        await queue.speak()
        await put()
        await queue.speak()

    on_loop(village, put)
    on_loop(village, say_and_forget_that_it_was_said)
    assert session.told("cmd_9") == ["Command cmd_9 completed."]


def test_many_wait_for_one_end(session: Session) -> None:
    queue, village = session.village.parts.service(Queue), session.village
    command_id = session.queue("sleep 0.2; echo done")
    found: list[Command] = []

    async def wait() -> None:
        found.append(await queue.until_ended(command_id, 60))

    async def all_wait() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(wait)

    on_loop(village, all_wait)
    assert {each.output for each in found} == {"done"}
    assert queue._waits == {}


def test_secrets_are_not_shared(session: Session) -> None:
    command_id = session.queue("echo password=swordfish99")
    assert session.wait(command_id)["output"] == "password=swordfish99"
    eventually(lambda: len(session.told(command_id)) == 1)
    assert "\npassword=<redacted>\n" in session.told(command_id)[0]


def test_an_interrupt_comes_after_the_command_and_before_the_next(session: Session) -> None:
    session.wait(session.queue("true"))
    for number in range(12):
        command_id = session.queue("sleep 600", notify_on_complete=False)
        time.sleep(number * 0.004)  # while it is waited with, noted, typed or run
        asked = {"command_id": command_id, "interrupt": True}
        found = session.village.call("alice", "tmux.cancel", **asked)
        assert found["state"] == "canceled"
        assert "not_interrupted" not in found
    assert session.wait(session.queue("echo free"))["output"] == "free"
