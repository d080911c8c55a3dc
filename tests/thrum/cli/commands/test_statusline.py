"""``thrum statusline``: a word where there is one, silence else, and never an error."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def desk(world: Any) -> Any:
    world.daemon.answers |= {
        "message.list": {"messages": [], "total": 4, "unread": 3},
        "health": {"sync_state": "offline"},
    }
    return world


def test_what_there_is_to_say(desk: Any) -> None:
    desk.identity("furiosa", agent_status="blocked")
    ran = desk.run("statusline")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "@furiosa · 3 unread · blocked · sync offline\n"
    assert desk.run("statusline", "--json").document == {
        "agent": "furiosa",
        "unread": 3,
        "state": "blocked",
        "sync": "offline",
        "text": ran.out.strip(),
    }
    assert desk.daemon.methods == ["message.list", "health"] * 2
    assert desk.daemon.params("message.list")["for_agent"] == "furiosa"


def test_a_runtime_says_where_its_session_works(desk: Any, tmp_path: Path) -> None:
    root, desk.root = desk.root, tmp_path
    for given in ({"cwd": str(root)}, {"cwd": "/", "workspace": {"current_dir": str(root)}}):
        assert desk.run("statusline", stdin=json.dumps(given)).out.startswith("@furiosa")
    for text in ("{}", '{"cwd": "shop"}', '{"cwd": 3}', '{"cwd": "/nowhere"}', '{"workspace": []}'):
        assert desk.run("statusline", stdin=text).out == ""


@pytest.mark.parametrize("stdin", ["", "{", "[]", "\x00", "[" * 50_000, '{"cwd": "\\u0000"}'])
def test_garbage_on_stdin_is_nothing(desk: Any, stdin: str) -> None:
    assert desk.run("statusline", stdin=stdin).code == 0


def test_without_a_daemon_none_is_started(desk: Any) -> None:
    desk.daemon.path.unlink()
    desk.env |= {"THRUM_AUTOSTART": "true"}
    ran = desk.run("statusline")
    assert (ran.code, ran.out, ran.err) == (0, "@furiosa · daemon away\n", "")
    assert desk.started == []


@pytest.mark.parametrize("method", ["message.list", "health"])
def test_a_daemon_that_refuses_is_as_good_as_away(desk: Any, refuse: Any, method: str) -> None:
    desk.daemon.answers[method] = refuse("internal", "broke")
    assert desk.run("statusline").out == "@furiosa · daemon away\n"


def test_nobody_and_nowhere_say_nothing(desk: Any, tmp_path: Path) -> None:
    for env in ({"THRUM_NAME": "../x"}, {"THRUM_NAME": "nobody"}):
        desk.env |= env
        ran = desk.run("statusline")
        assert (ran.code, ran.out, ran.err) == (0, "", "")
    desk.env.pop("THRUM_NAME")
    (desk.root / ".thrum/identities/furiosa.json").unlink()
    assert desk.run("statusline").out == ""
    desk.root = tmp_path
    ran = desk.run("statusline")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert desk.run("statusline", "--json").document == {"text": ""}


def test_it_does_not_wait_for_a_pipe_that_stays_open(world: Any, thrum: str) -> None:
    reading, writing = os.pipe()
    world.daemon.answers |= {"message.list": {"unread": 0}, "health": {"sync_state": "synced"}}
    env = {"HOME": world.env["HOME"], "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [thrum, "statusline"],
        cwd=world.root,
        env=env,
        stdin=reading,
        capture_output=True,
        timeout=60,
    )
    os.close(reading)
    os.close(writing)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"@furiosa\n", b"")


def full(desk: Any, used: object, *, asks: bool = True) -> list[dict[str, Any]]:
    """What the daemon is told of a session that has used so much of its context."""
    desk.daemon.answers["health"] = {"sync_state": "offline", "asks_fullness": asks}
    # The daemon says whether anybody wants to know; a bar reads no configuration.
    (desk.root / ".thrum/config.json").write_text("{")
    given = {"session_id": "s1", "transcript_path": "/t/s1.jsonl", "cwd": str(desk.root)}
    about = given | {"context_window": {"used_percentage": used}}
    before = len(desk.daemon.requests)
    ran = desk.run("statusline", stdin=json.dumps(about))
    assert (ran.code, ran.out.split()[0], ran.err) == (0, "@furiosa", "")
    asked = desk.daemon.requests[before:]
    return [params for method, params in asked if method == "restart.report"]


@pytest.mark.parametrize("used", [3, 81.5, 100])
def test_how_full_the_context_is_is_told_where_something_follows(desk: Any, used: float) -> None:
    desk.daemon.answers["restart.report"] = {"is_due": False}
    (told,) = full(desk, used)
    assert told == {
        "caller_agent_id": "furiosa",
        "runtime": told["runtime"],
        "session": "s1",
        "transcript": "/t/s1.jsonl",
        "used": used,
    }
    assert full(desk, used, asks=False) == []


@pytest.mark.parametrize("used", [None, "81", True, [], {}])
def test_what_is_no_number_is_not_told(desk: Any, used: object) -> None:
    assert full(desk, used) == []


def test_a_daemon_that_does_not_know_it_takes_nothing_away(desk: Any, refuse: Any) -> None:
    desk.daemon.answers["restart.report"] = refuse("method_not_found", "what?")
    assert len(full(desk, 90)) == 1
    assert "3 unread" in desk.run("statusline").out
