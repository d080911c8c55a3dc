"""Commands for agents: said only where their line waits, and over when nothing moves any more."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from tests.thrum.daemon.conftest import eventually
from tests.thrum.daemon.queue.conftest import Session
from tests.tmux import NEEDED
from thrum.identity import files

pytestmark = NEEDED
PLAYER = Path(__file__).with_name("player.py")


@pytest.fixture
def agent(session: Session) -> Session:
    """A session in which a runtime was launched."""
    play(session)
    return session


def play(session: Session, seconds: str = "0.5") -> None:
    command = f"PLAYER_S={seconds} {shlex.join([sys.executable, str(PLAYER)])}"
    session.tmux.do("send-keys", "-t", "=api:", "-l", command)
    session.tmux.do("send-keys", "-t", "=api:", "Enter")
    now = "2026-01-01T00:00:00Z"
    files.write(files.folder(session.home), "erin", now, runtime="claude")
    eventually(lambda: "for shortcuts" in session.tmux.shown("api"))


def test_one_after_another_each_when_the_other_is_done(agent: Session) -> None:
    first = agent.queue("say one", silence_ms=1000)
    second = agent.queue("/say two", silence_ms=1000)
    found = agent.wait(first)
    assert (found["state"], "exit_status" in found) == ("completed", False)
    assert found["output"].startswith("● heard SAY ONE")
    assert "TWO" not in found["output"]
    assert "● heard /SAY TWO" in agent.wait(second)["output"]
    assert agent.tmux.shown("api").count("heard") == 2


def test_a_question_is_no_end_and_gets_no_key(agent: Session) -> None:
    asks = agent.queue("ask me", silence_ms=500)
    later = agent.queue("say later", silence_ms=500)
    eventually(lambda: "Do you want to proceed?" in agent.tmux.shown("api"))
    assert agent.wait(asks, 3000)["state"] == "sent"
    assert "Do you want to proceed?" in agent.tmux.shown("api")
    agent.tmux.do("send-keys", "-t", "=api:", "1")
    assert "heard ASK ME" in agent.wait(asks)["output"]
    assert "heard SAY LATER" in agent.wait(later)["output"]


def test_half_a_line_of_somebody_else_stays_his(agent: Session) -> None:
    agent.tmux.do("send-keys", "-t", "=api:", "mine")
    eventually(lambda: "❯ mine" in agent.tmux.shown("api"))
    command_id = agent.queue("ours", silence_ms=500)
    eventually(lambda: "stands in the line" in agent.status().get("waiting_for", ""))
    agent.tmux.do("send-keys", "-t", "=api:", "Enter")
    assert "heard OURS" in agent.wait(command_id)["output"]
    assert "heard MINE\n" in agent.tmux.shown("api")


def test_a_turn_is_interrupted_by_its_own_key(session: Session) -> None:
    play(session, "600")
    command_id = session.queue("say much", silence_ms=500)
    eventually(lambda: "esc to interrupt" in session.tmux.shown("api"))
    asked = {"command_id": command_id, "interrupt": True}
    assert session.village.call("alice", "tmux.cancel", **asked)["state"] == "canceled"
    eventually(lambda: "Interrupted by user" in session.tmux.shown("api"))


def test_what_was_meant_for_an_agent_is_nothing_for_the_shell_it_left(agent: Session) -> None:
    agent.tmux.do("send-keys", "-t", "=api:", "C-d")
    eventually(lambda: "shortcuts" not in agent.tmux.shown("api"))
    command_id = agent.queue("touch hit")
    eventually(lambda: "claude has ended" in agent.status().get("waiting_for", ""))
    assert agent.wait(command_id, 500)["state"] == "queued"
    agent.village.call("alice", "tmux.launch", name="api", runtime="shell")
    assert agent.wait(command_id)["exit_status"] == 0
    assert (agent.home / "hit").exists()
