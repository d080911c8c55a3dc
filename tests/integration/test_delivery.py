"""Mail that reaches an open session at the boundaries of its turns, without anybody asking."""

from __future__ import annotations

import json
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import eventually
from tests.integration.pair import Pair, pair_in
from tests.integration.program import THRUM, Program

CONTEXT = ("SessionStart", "UserPromptSubmit", "PostToolBatch")


class Desk(Pair):
    """furiosa writes to nux, whose program has hooks."""

    def sends(self, text: str, *flags: str) -> str:
        """furiosa writes to nux; the id."""
        sent = self.world.thrum(self.main, "send", text, "--to", "@nux", "--json", *flags)
        return str(sent.json["message_id"])

    def hook(self, event: str, session: str = "s1", **given: Any) -> str:
        """What the runtime is told at an event, empty if nothing."""
        about = json.dumps({"session_id": session, "hook_event_name": event, **given})
        code, out, err = self.nux.thrum(
            self.beside, "hook", event, "--runtime", "claude", stdin=about
        )
        assert (code, err) == (0, "")
        said = json.loads(out) if out else {}
        if event in CONTEXT:
            return str(said.get("hookSpecificOutput", {}).get("additionalContext", ""))
        return str(said.get("reason", ""))

    def members(self) -> dict[str, Any]:
        """What the daemon knows of everybody."""
        found = self.world.thrum(self.main, "team", "--all", "--json").json["members"]
        return {each["agent_id"]: each for each in found}

    def recipient(self, message_id: str) -> dict[str, Any]:
        """What became of a message with nux, as its sender is told."""
        page = self.world.thrum(self.main, "sent", "--json").json
        (row,) = (each for each in page["messages"] if each["message_id"] == message_id)
        (found,) = row["recipients"]
        return dict(found)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with pair_in(tmp_path, Desk, "furiosa", "lead") as made:
        yield made


def test_mail_is_given_once_at_the_next_boundary(desk: Desk) -> None:
    first = desk.sends("the tank leaks")
    page = desk.hook("SessionStart", source="startup")
    assert "1 unread" in page
    assert "the tank leaks" not in page
    told = desk.hook("UserPromptSubmit")
    assert "> the tank leaks" in told
    assert f"thrum reply {first[-6:]}" in told
    assert len(told) <= 1_500
    assert desk.hook("PostToolBatch") == ""
    desk.sends("never mind, mended")
    assert "> never mind, mended" in desk.hook("PostToolBatch")
    assert desk.hook("Stop") == ""
    desk.sends("one more thing")
    assert "> one more thing" in desk.hook("Stop")
    assert desk.hook("Stop", stop_hook_active=True) == ""


def test_what_a_hook_printed_is_seen_and_not_read(desk: Desk) -> None:
    sent = desk.sends("the tank leaks")
    assert "seen_at" not in desk.recipient(sent)
    assert "the tank leaks" in desk.hook("UserPromptSubmit")
    told = desk.recipient(sent)
    assert told["seen_at"]
    assert "read_at" not in told
    desk.nux.thrum(desk.beside, "inbox")
    assert desk.recipient(sent)["read_at"]


def test_another_session_of_the_agent_gets_it_too_and_a_helper_never(desk: Desk) -> None:
    desk.sends("the tank leaks")
    assert desk.hook("UserPromptSubmit", agent_id="helper") == ""
    assert "the tank leaks" in desk.hook("UserPromptSubmit")
    assert "the tank leaks" in desk.hook("UserPromptSubmit", session="s2")
    assert desk.hook("UserPromptSubmit") == desk.hook("UserPromptSubmit", session="s2") == ""


def test_nothing_is_given_again_after_a_restart_of_the_daemon(desk: Desk) -> None:
    desk.sends("the tank leaks")
    assert "the tank leaks" in desk.hook("UserPromptSubmit")
    desk.world.thrum(desk.main, "daemon", "restart")
    assert desk.hook("UserPromptSubmit") == ""
    assert desk.hook("SessionStart", source="resume")
    assert desk.hook("UserPromptSubmit") == ""


LEAVE = ("leave", "asking", "PermissionRequest")


def is_kept(desk: Desk, doing: str) -> bool:
    """Whether it stands on disk what the only session does."""
    path = desk.main / ".thrum" / "var" / "state.db"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as db:
        return db.execute("SELECT doing FROM delivery_doing").fetchall() == [(doing,)]


@pytest.mark.parametrize("dies", [False, True])
def test_what_a_session_does_is_told_over_a_restart_of_the_daemon(desk: Desk, dies: bool) -> None:
    steps = ("person", "idle", "Stop"), ("turn", "busy", "UserPromptSubmit"), LEAVE
    for reason, doing, event in steps:
        desk.hook(event)
        before = desk.recipient(desk.sends("the tank leaks"))
        assert before["held"] == reason
        if dies:
            eventually(partial(is_kept, desk, doing))
            desk.world.kill(desk.main)
        else:
            desk.world.thrum(desk.main, "daemon", "stop")
        desk.world.thrum(desk.main, "daemon", "start")
        after = desk.recipient(desk.sends("it does still"))
        assert (after["held"], after["held_since"]) == (reason, before["held_since"])
    desk.hook("SessionEnd", reason="logout")
    desk.world.thrum(desk.main, "daemon", "restart")
    assert desk.recipient(desk.sends("and now?"))["held"] == "asleep"


def test_mail_does_not_keep_a_turn_going_for_ever(desk: Desk) -> None:
    turns = 0
    for number in range(12):
        desk.sends(f"ping {number}")
        turns += bool(desk.hook("Stop", stop_hook_active=number > 0))
    assert turns == 8
    told = desk.hook("UserPromptSubmit")
    assert "ping 8" in told
    assert "ping 11" in told
    desk.sends("again")
    assert "again" in desk.hook("Stop")


def test_a_program_that_begins_a_session_is_the_agent_of_its_worktree(desk: Desk) -> None:
    """It goes on for one that has ended, and ends with its own session."""
    desk.nux.end()
    with Program(desk.world.root, desk.world.environment, "codex") as codex:
        other = Desk(desk.world, desk.main, desk.beside, codex)
        assert "@nux" in other.hook("SessionStart", source="startup")
        assert desk.members()["nux"]["agent_pid"] == codex.pid
        other.hook("SessionEnd", reason="clear")
        assert desk.members()["nux"]["status"] == "active"
        other.hook("SessionEnd", reason="logout")
        assert desk.members()["nux"]["status"] == "offline"
        assert "session" in other.hook("SessionStart", source="resume").splitlines()[0]
        assert desk.members()["nux"]["status"] == "active"


def test_a_live_name_is_never_taken(desk: Desk) -> None:
    with Program(desk.world.root, desk.world.environment, "codex") as codex:
        other = Desk(desk.world, desk.main, desk.beside, codex)
        page = other.hook("SessionStart", source="startup")
        assert f"another program, process {desk.nux.pid}" in page
        assert "Agent: @nux" not in page
        assert desk.members()["nux"]["agent_pid"] == desk.nux.pid
        desk.sends("for nux alone")
        assert other.hook("UserPromptSubmit") == ""
    assert "for nux alone" in desk.hook("UserPromptSubmit")


def test_a_program_that_the_agent_starts_gets_none_of_its_mail(desk: Desk) -> None:
    """Its hooks run in the agent's worktree, and below the agent's program."""
    desk.sends("the tank leaks")
    inner = desk.world.root / "programs/codex"
    inner.symlink_to("/bin/sh")
    script = f"{shlex.join([*THRUM, 'hook', 'Stop', '--runtime', 'codex'])}; exit $?"
    assert desk.nux.run(desk.beside, str(inner), "-c", script, stdin="{}") == (0, "{}", "")
    assert "the tank leaks" in desk.hook("UserPromptSubmit")


def test_where_nobody_is_registered_the_configuration_says_whether_one_is(desk: Desk) -> None:
    fresh = desk.world.root / "Fix-1"
    desk.world.git("worktree", "add", "-q", str(fresh), cwd=desk.main)
    desk.world.thrum(fresh, "init", "--non-interactive")
    with Program(desk.world.root, desk.world.environment, "codex") as codex:
        other = Desk(desk.world, desk.main, fresh, codex)
        assert "thrum quickstart" in other.hook("SessionStart", source="startup")
        path = desk.main / ".thrum/config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"prime": {"register": "auto"}}))
        assert "@fix_1_codex" in other.hook("SessionStart", source="startup")
        assert "@fix_1_codex" in other.hook("SessionStart", source="resume")
    assert desk.members()["fix_1_codex"]["module"] == "fix_1"


WATCH = """
import os, sys
def heard(event, given):
    if event in ("subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.exec"):
        with open(os.environ["BEGUN"], "a") as file:
            file.write(f"{event} {given}\\n")
sys.addaudithook(heard)
"""


def test_a_hook_starts_no_process(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    begun = tmp_path / "begun"
    watched = {"PYTHONPATH": str(tmp_path), "BEGUN": str(begun)}
    desk.sends("the tank leaks")
    for event in ("SessionStart", "UserPromptSubmit", "PostToolBatch", "Stop", "SessionEnd"):
        given = json.dumps({"session_id": "s1", "reason": "logout"})
        line = ("hook", event, "--runtime", "claude")
        code, _, err = desk.nux.thrum(desk.beside, *line, stdin=given, **watched)
        assert (code, err) == (0, "")
    assert not begun.exists()
    desk.nux.run(
        desk.beside, sys.executable, "-c", "import subprocess; subprocess.run('true')", **watched
    )
    assert begun.exists(), "what watches sees nothing"


def test_a_question_is_answered_over_a_restart_of_the_daemon(desk: Desk) -> None:
    argv = [sys.executable, "-m", "thrum", "ask", "@nux", "which valve?", "--json"]
    env, pipe = desk.world.environment, subprocess.PIPE
    with subprocess.Popen(argv, cwd=desk.main, env=env, text=True, stdout=pipe) as asks:
        told = ""
        while not told:
            told = desk.hook("UserPromptSubmit")
        desk.world.kill(desk.main)
        desk.world.thrum(desk.main, "daemon", "start")
        question = told.split("thrum reply ")[1].split()[0].strip("`")
        code, _, err = desk.nux.thrum(desk.beside, "reply", question, "the third")
        assert code == 0, err
        out, _ = asks.communicate(timeout=60)
    assert asks.returncode == 0
    assert json.loads(out)["answer"]["body"]["content"] == "the third"
    assert desk.recipient(json.loads(out)["question_id"])["read_at"]
