"""What an agent was shown counts as used when it acts, and not before."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.thrum.cli.answers import HEALTH, ME, PAGE
from thrum.cli.context import Context
from thrum.identity import process
from thrum.snapshots import shelf
from thrum.snapshots.shelf import Shelf


@pytest.fixture
def office(world: Any) -> Any:
    """Furiosa is at work here."""
    world.daemon.answers |= {
        "team.list": {"members": []},
        "health": HEALTH,
        "agent.whoami": ME,
        "team.overview": PAGE,
        "session.list": {"sessions": [{"session_id": ME["session_id"]}]},
        "message.list": {"messages": [], "total": 4, "unread": 1},
        "delivery.ask": {"agent_id": "furiosa", "count": 0},
        "delivery.given": {"seen": 0},
    }
    return world


@pytest.fixture
def shown(office: Any) -> Shelf:
    """A session was shown what the one before it left."""
    mine = shelf.of(office.root / ".thrum", "furiosa")
    mine.save("Paint the tank.")
    told = hook(office, "SessionStart", source="startup")
    assert "Paint the tank." in told
    assert is_left(mine)
    return mine


@pytest.fixture
def by_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are an agent program's."""
    monkeypatch.setattr(Context, "program", process.look(os.getpid()))


def hook(office: Any, event: str, session: str = "s1", **given: Any) -> str:
    about = json.dumps({"session_id": session, "transcript_path": "/t/s1.jsonl", **given})
    ran = office.run("hook", event, "--runtime", "claude", stdin=about)
    assert (ran.code, ran.err) == (0, "")
    return str(ran.out)


def is_left(mine: Shelf) -> bool:
    return bool(mine.text())


@pytest.mark.parametrize("event", ["PostToolBatch", "PostToolUse", "Stop"])
def test_the_models_next_work_uses_it(office: Any, shown: Shelf, event: str) -> None:
    hook(office, event)
    assert not is_left(shown)
    assert [each.read_text() for each in shown.kept.iterdir()] == ["Paint the tank."]


@pytest.mark.parametrize("event", ["UserPromptSubmit", "Notification", "PreCompact", "SessionEnd"])
def test_what_comes_without_the_model_does_not(office: Any, shown: Shelf, event: str) -> None:
    hook(office, event)
    assert is_left(shown)
    assert "Paint the tank." in hook(office, "SessionStart", "s2", source="startup")


def test_another_session_or_a_helper_does_not(office: Any, shown: Shelf) -> None:
    hook(office, "Stop", "s0")
    hook(office, "Stop", agent_id="helper")
    assert is_left(shown)
    hook(office, "Stop")
    assert not is_left(shown)


def test_it_is_shown_again_to_a_session_that_begins_before(office: Any, shown: Shelf) -> None:
    for session in ("s2", "s3"):
        assert "Paint the tank." in hook(office, "SessionStart", session, source="startup")
    hook(office, "Stop", "s3")
    assert "Paint the tank." not in hook(office, "SessionStart", "s4", source="startup")


@pytest.mark.usefixtures("by_agent")
def test_a_command_of_the_agent_uses_it(office: Any, shown: Shelf) -> None:
    for words in (("prime",), ("statusline",), ("tmux", "snapshot", "check")):
        office.run(*words)
        assert is_left(shown), words
    office.run("team")
    assert not is_left(shown)


def test_a_command_of_a_person_does_not(
    office: Any, shown: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Context, "program", None)
    office.run("team")
    assert is_left(shown)


def test_the_session_that_goes_on_is_known(office: Any) -> None:
    mine = shelf.of(office.root / ".thrum", "furiosa")
    hook(office, "SessionStart", source="startup", cwd=str(office.root))
    assert mine.told() == {
        "runtime": "claude",
        "session": "s1",
        "transcript": "/t/s1.jsonl",
        "cwd": str(office.root),
    }
    hook(office, "SessionStart", "s2", source="clear")
    assert mine.told()["session"] == "s2"


def test_where_nothing_can_be_noted_everything_goes_on(office: Any) -> None:
    folder: Path = office.root / ".thrum/restart"
    folder.write_text("")
    assert "@furiosa" in hook(office, "SessionStart", source="startup")
    hook(office, "Stop")
    assert office.run("team").code == 0
