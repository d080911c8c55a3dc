"""Commands for agents: said only where their line waits, and over when nothing moves any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.thrum.daemon.conftest import eventually
from tests.thrum.daemon.queue.conftest import Session
from tests.tmux import NEEDED
from tests.tui import Tui
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
