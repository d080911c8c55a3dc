"""Dialogs on real panes: who is told, and which keys land there."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import panes
from tests.thrum.daemon.conftest import eventually
from tests.thrum.daemon.prompts.conftest import Desk
from tests.tmux import NEEDED, Tmux
from thrum.daemon.prompts import times
from thrum.daemon.prompts.service import SUPERVISORS_KEY
from thrum.errors import ThrumError
from thrum.identity import files

pytestmark = NEEDED
ERIN = {"agent_name": "erin", "role": "tester", "module": "api"}
AT = "2026-01-01T00:00:00Z"


@dataclass
class Room:
    """Erin's session of tmux, whose program shows a screen and notes every key; alice supervises.

    Attributes:
        desk: the node.
        tmux: by hand.
        home: Erin's worktree.
    """

    desk: Desk
    tmux: Tmux
    home: Path

    @property
    def typed(self) -> bytes:
        """What was typed so far."""
        file = self.home / "typed"
        return file.read_bytes() if file.exists() else b""

    def shows(self, runtime: str, name: str) -> None:
        """Has the pane show a recorded screen, and whoever watches look at it."""
        files.write(files.folder(self.home), "erin", AT, runtime=runtime)
        self.draw(runtime, name)
        self.desk.node.call("alice", "tmux.check-pane", session="api")
        self.desk.act()

    def draw(self, runtime: str, name: str) -> None:
        """Has the pane show a recorded screen, and nobody look at it."""
        pane, drawn = panes.named(runtime, name), self.home / "drawn"
        drawn.write_text(panes.drawn(pane))
        notes = f"stty raw -echo; cat {drawn}; exec cat >>{self.home / 'typed'}"
        self.tmux.do("respawn-pane", "-k", "-t", "=api:", notes)
        eventually(lambda: pane.shown.rows[-1] in self.tmux.shown("api"), 60)

    @property
    def status(self) -> str:
        """What Erin's file says of her."""
        return {each.name: each for each in files.read_all(files.folder(self.home))}[
            "erin"
        ].agent_status


@pytest.fixture
def room(village: Any, tmux: Tmux) -> Room:
    home = village.worktree("w")
    village.call("alice", "tmux.create", name="api", cwd=str(home), force=True, **ERIN)
    village.homes["erin"] = home
    return Room(Desk(village), tmux, home)


def allowed(desk: Desk, allow: bool = True, who: str = "alice") -> Any:
    (waits,) = desk.listed("alice")
    return desk.node.call(who, "prompt.answer", id=waits["id"], allow=allow)


@pytest.mark.parametrize(
    ("runtime", "name", "allow", "typed"),
    [
        ("claude", "permission-1", True, b"1"),
        ("claude", "permission-2", False, b"3"),
        ("codex", "permission-1", True, b"1"),
        ("gemini", "permission-1", True, b"1"),
        ("opencode", "permission-1", True, b"\r"),
        ("qwen", "permission-1", True, b"1"),
    ],
)
def test_an_answer_types_the_key_of_the_dialog_and_nothing_else(
    room: Room, runtime: str, name: str, allow: bool, typed: bytes
) -> None:
    room.shows(runtime, name)
    (waits,) = room.desk.listed("alice")
    assert (waits["way"], waits["agent_id"], waits["runtime"]) == ("pane", "erin", runtime)
    assert waits["pattern"].startswith(f"{runtime}.")
    assert waits["recipients"] == ["alice"]
    (told,) = room.desk.notices("alice")
    assert f"@erin ({runtime}) asks for leave." in told
    assert allowed(room.desk, allow)["way"] == "pane"
    eventually(lambda: room.typed)
    assert room.typed == typed
    assert room.desk.listed("alice") == []


def test_a_tmux_that_is_held_up_is_looked_at_again(
    room: Room, tmux: Tmux, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = room.desk
    monkeypatch.setattr("thrum.daemon.tmux.connection.LIMIT_S", 0.2)
    monkeypatch.setattr("thrum.daemon.tmux.server.LIMIT_S", 0.2)
    server = int(tmux.do("display-message", "-p", "#{pid}"))
    os.kill(server, signal.SIGSTOP)
    try:
        desk.service.sightings.look_again("erin", 0.0)
        desk.act()
        assert desk.service.sightings.next < float("inf")
    finally:
        os.kill(server, signal.SIGCONT)


def test_the_same_dialog_is_told_once_and_another_one_anew(room: Room) -> None:
    for _ in range(3):
        room.shows("claude", "permission-1")
    (first,) = room.desk.listed("alice")
    room.shows("claude", "permission-2")
    (other,) = room.desk.listed("alice")
    assert first["id"] != other["id"]
    assert len(room.desk.notices("alice")) == 2
    again = {"id": first["id"], "allow": True}
    assert room.desk.node.refused("alice", "prompt.answer", **again) == "not_found"
    assert room.typed == b""


@pytest.mark.parametrize("name", ["idle-after", "typed", "menu", "gate", "permission-2"])
def test_nothing_is_typed_when_the_dialog_is_another_one_by_now(room: Room, name: str) -> None:
    room.shows("claude", "permission-1")
    (waits,) = room.desk.listed("alice")
    room.draw("claude", name)
    answer = {"id": waits["id"], "allow": True}
    assert room.desk.node.refused("alice", "prompt.answer", **answer) == "not_found"
    assert room.typed == b""
    assert room.desk.listed("alice") == []


def test_a_reply_types_as_well_and_once(room: Room) -> None:
    room.shows("claude", "permission-1")
    (waits,) = room.desk.listed("alice")
    for said in ("y", "n", "y"):
        room.desk.node.send("alice", said, to="erin", reply_to=waits["id"])
    room.desk.act()
    room.desk.act()
    eventually(lambda: room.typed)
    assert room.typed == b"1"


def test_who_has_no_say_types_nothing(room: Room) -> None:
    room.desk.node.agent("nux")
    room.shows("claude", "permission-1")
    (waits,) = room.desk.listed("alice")
    for who in ("nux", "erin"):
        answer = {"id": waits["id"], "allow": True}
        assert room.desk.node.refused(who, "prompt.answer", **answer) == "not_allowed"
        room.desk.node.send(who, "y", to="alice", reply_to=waits["id"])
    room.desk.act()
    assert room.typed == b""


def test_an_agent_that_nobody_supervises_is_stuck_until_it_goes_on(room: Room) -> None:
    room.desk.node.parts.config.set(SUPERVISORS_KEY, [])
    room.shows("claude", "permission-1")
    (waits,) = room.desk.listed("alice")
    assert waits["id"].startswith("perm_orphan_api_2")
    assert room.status == "stuck"
    room.shows("claude", "idle-after")
    assert room.desk.listed("alice") == []
    assert room.status == "idle"


def test_what_an_agent_said_of_itself_meanwhile_stays(room: Room) -> None:
    room.desk.node.parts.config.set(SUPERVISORS_KEY, [])
    room.shows("claude", "permission-1")
    files.write(files.folder(room.home), "erin", AT, agent_status="working")
    room.shows("claude", "busy")
    assert room.status == "working"


def test_six_words_and_the_agent_is_stuck(room: Room) -> None:
    from tests.thrum.daemon.prompts.test_service import aged

    room.shows("claude", "permission-1")
    (waits,) = room.desk.listed("alice")
    for age in times.REMINDERS_NS:
        assert room.status != "stuck"
        aged(room.desk, waits["id"], age)
        room.desk.act()
    assert len(room.desk.notices("alice")) == times.MOST
    assert room.status == "stuck"
    allowed(room.desk)
    eventually(lambda: room.typed)
    assert (room.typed, room.status) == (b"1", "idle")


def test_a_reminder_looks_first_and_says_nothing_of_what_is_over(room: Room) -> None:
    from tests.thrum.daemon.prompts.test_service import aged

    room.shows("claude", "permission-1")
    (waits,) = room.desk.listed("alice")
    room.draw("claude", "idle-after")
    aged(room.desk, waits["id"], times.REMINDERS_NS[0])
    room.desk.act()
    assert room.desk.listed("alice") == []
    assert len(room.desk.notices("alice")) == 1


def test_a_dialog_that_went_since_it_was_seen_is_no_question(room: Room) -> None:
    room.shows("claude", "idle-after")
    room.draw("claude", "permission-1")
    sightings = room.desk.service.sightings
    found = room.desk.on_loop(sightings.dialogs.look("erin"))
    assert found
    room.draw("claude", "idle-after")
    room.desk.on_loop(sightings.see(found[1]))
    assert room.desk.listed("alice") == []
    assert room.desk.notices("alice") == []


def test_what_could_not_be_told_is_no_question_and_is_looked_at_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object) -> None:
        raise ThrumError("busy", "too many wait")

    service = room.desk.service
    with monkeypatch.context() as patched:
        patched.setattr(service, "say", busy)
        room.shows("claude", "permission-1")
    assert room.desk.listed("alice") == []
    assert service.sightings.next < room.desk.node.parts.setting.clock.monotonic() + 60
    service.sightings.look_again("erin", 0.0)
    room.desk.act()
    assert len(room.desk.listed("alice")) == len(room.desk.notices("alice")) == 1


def test_a_dialog_of_which_a_hook_asks_is_not_asked_again(room: Room) -> None:
    files.write(files.folder(room.home), "erin", AT, worktree=str(room.home))
    hook, waits = room.desk.asks("erin")
    room.shows("claude", "permission-1")
    assert [each["id"] for each in room.desk.listed("alice")] == [waits]
    held = room.desk.service.held(waits)
    assert held is not None

    async def late() -> None:
        room.desk.service.lapse(held)

    room.desk.on_loop(late())
    assert room.desk.listed("alice") == []
    room.shows("claude", "permission-1")
    (row,) = room.desk.listed("alice")
    assert (row["id"], row["way"], row["tool"]) == (waits, "pane", "Bash")
    assert len(room.desk.notices("alice")) == 1
    allowed(room.desk)
    eventually(lambda: room.typed)
    assert room.typed == b"1"
    hook.close()
