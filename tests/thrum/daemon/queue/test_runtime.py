"""Commands for agents: said only where their line waits, and over when nothing moves any more."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.thrum.daemon.conftest import eventually
from tests.thrum.daemon.queue.conftest import Session
from tests.tmux import NEEDED
from tests.tui import Tui
from thrum.daemon.queue import kept
from thrum.daemon.queue.command import Command
from thrum.daemon.queue.contract import Ended
from thrum.daemon.queue.runtime import Runtime
from thrum.daemon.queue.service import Queue
from thrum.identity import files

pytestmark = NEEDED


@pytest.fixture
def tui(session: Session, tmp_path: Path) -> Tui:
    """What was launched in the session."""
    made = Tui(session.tmux, "=api:", tmp_path / "tui")
    made.begin()
    now = "2026-01-01T00:00:00Z"
    files.write(files.folder(session.home), "erin", now, runtime="claude")
    eventually(lambda: made.shows("for shortcuts"))
    return made


def test_one_after_another_each_when_the_other_is_done(session: Session, tui: Tui) -> None:
    tui.order("next:busy")
    first = session.queue("say one", silence_ms=500)
    second = session.queue("/say two", silence_ms=500)
    eventually(lambda: tui.said == ["say one"])
    assert session.wait(first, 2500)["state"] == "sent"
    assert session.status()["queued"][0]["id"] == second
    assert tui.said == ["say one"]
    tui.order("idle")
    found = session.wait(first)
    assert (found["state"], "exit_status" in found) == ("completed", False)
    assert "it is done" in found["output"]
    assert session.wait(second)["state"] == "completed"
    assert tui.said == ["say one", "/say two"]
    eventually(lambda: len(session.told(second)) == 1)


@pytest.mark.parametrize("kind", ["dialog", "menu", "gate", "strange"])
def test_a_question_is_no_end_and_gets_no_key(session: Session, tui: Tui, kind: str) -> None:
    tui.order(f"next:{kind}")
    asks = session.queue("ask me", silence_ms=200)
    eventually(lambda: tui.said == ["ask me"])
    session.queue("later")
    assert session.wait(asks, 2000)["state"] == "sent"
    assert [each for each in tui.elsewhere if each[0] != "busy"] == []
    tui.order("idle")
    assert session.wait(asks)["state"] == "completed"
    eventually(lambda: tui.said == ["ask me", "later"])


@pytest.mark.parametrize("kind", ["busy", "dialog", "menu", "gate", "strange"])
def test_where_no_line_waits_nothing_is_said(session: Session, tui: Tui, kind: str) -> None:
    tui.order(kind)
    eventually(lambda: not tui.shows("for shortcuts"))
    command_id = session.queue("ours", silence_ms=200)
    eventually(lambda: "claude: " in session.status().get("waiting_for", ""))
    assert tui.noted == []
    tui.order("idle")
    assert session.wait(command_id)["state"] == "completed"
    assert tui.said == ["ours"]


def test_half_a_line_of_somebody_else_stays_his(session: Session, tui: Tui) -> None:
    session.tmux.do("send-keys", "-t", "=api:", "mine")
    eventually(lambda: tui.shows("❯ mine"))
    command_id = session.queue("ours", silence_ms=200)
    eventually(lambda: "stands in the line" in session.status().get("waiting_for", ""))
    assert tui.said == []
    session.tmux.do("send-keys", "-t", "=api:", "Enter")
    assert session.wait(command_id)["state"] == "completed"
    assert tui.said == ["mine", "ours"]


def test_a_turn_is_interrupted_by_its_own_key(session: Session, tui: Tui) -> None:
    tui.order("next:busy")
    command_id = session.queue("say much")
    eventually(lambda: tui.said == ["say much"])
    eventually(lambda: tui.shows("esc to interrupt"))
    asked = {"command_id": command_id, "interrupt": True}
    assert session.village.call("alice", "tmux.cancel", **asked)["state"] == "canceled"
    eventually(lambda: ("busy", "\x1b") in tui.noted)


def test_what_was_meant_for_an_agent_is_nothing_for_the_shell_it_left(
    session: Session, tui: Tui
) -> None:
    session.tmux.do("respawn-pane", "-k", "-t", "=api:", "-c", str(session.home), "exec sh")
    command_id = session.queue("touch hit")
    eventually(lambda: "claude has ended" in session.status().get("waiting_for", ""))
    assert session.wait(command_id, 500)["state"] == "queued"
    session.village.call("alice", "tmux.launch", name="api", runtime="shell")
    assert session.wait(command_id)["exit_status"] == 0
    assert (session.home / "hit").exists()
    assert tui.noted == []


def test_a_runtime_that_ends_has_not_done_it(session: Session, tui: Tui) -> None:
    tui.order("next:busy")
    command_id = session.queue("say one")
    eventually(lambda: tui.said == ["say one"])
    session.tmux.do("respawn-pane", "-k", "-t", "=api:", "-c", str(session.home), "exec sh")
    assert session.wait(command_id)["state"] == "interrupted"
    eventually(lambda: len(session.told(command_id)) == 1)
    assert "what ran in session api has ended" in session.told(command_id)[0]


def test_another_program_in_its_place_has_not_done_it(session: Session, tui: Tui) -> None:
    """As after a server that was killed: each counts its panes from the beginning."""
    service = session.village.parts.service(Queue)
    server, typist = service.tmux.server, service.tmux.typist

    async def end() -> object:
        (pane,) = await server.panes(fresh=True)
        with subprocess.Popen(["true"]) as ended:
            ended.wait()
        before = replace(pane, pid=ended.pid)
        command = Command("cmd_1", "api", "alice", "say one", 1, 0, True, "")
        return await Runtime(server, typist, before, "claude", command, service.tmux.ages).end()

    assert tui.shows("for shortcuts")
    with pytest.raises(Ended):
        asyncio.run_coroutine_threadsafe(end(), session.village.loop).result(20)


@pytest.mark.parametrize("line", ["say one", "say one more", ""])
def test_what_was_typed_and_not_ended_by_a_daemon_that_was_killed_is_ended(
    session: Session, tui: Tui, line: str
) -> None:
    tui.order("busy")
    first, second = (session.queue(text, silence_ms=200) for text in ("say one", "say two"))
    eventually(lambda: "claude: " in session.status().get("waiting_for", ""))
    session.village.end(Queue)  # or it would end the line itself, as soon as it sees it
    tables = session.village.parts.service(Queue).tables
    sent = tables.write(lambda db: kept.sent(db, first, "2026-01-01T00:00:00Z"))
    asyncio.run_coroutine_threadsafe(sent, session.village.loop).result(20)
    if line:
        session.tmux.do("send-keys", "-t", "=api:", "-l", line)
        eventually(lambda: tui.shows(f"❯ {line}\n"))
        tui.order("idle")
        eventually(lambda: not tui.shows("Working"))
    session.village.begin_again(Queue)
    if line != "say one":
        assert session.wait(first)["state"] == "interrupted"
        eventually(lambda: len(session.told(first)) == 1)
        tui.order("clear", "idle")
    assert session.wait(second)["state"] == "completed"
    assert tui.said == [*(["say one"] if line == "say one" else []), "say two"]
    assert session.wait(first)["state"] == ("completed" if tui.said[1:] else "interrupted")


def test_what_is_taken_back_while_it_is_typed_stands_in_nobodys_way(
    session: Session, tui: Tui
) -> None:
    first = session.queue("say one", silence_ms=200)
    second = session.queue("say two", silence_ms=200)
    eventually(lambda: ("idle", "say one") in tui.noted)
    done = session.village.call("alice", "tmux.cancel", command_id=first)
    assert done["state"] == "canceled"
    assert session.wait(second)["state"] == "completed"
    assert tui.said == ["say one", "say two"]
