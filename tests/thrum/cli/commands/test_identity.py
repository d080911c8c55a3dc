"""``thrum identity explain``."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from thrum.cli.render import text
from thrum.identity import guards, process

ME = {"agent_id": "furiosa", "source": "peercred"}


def explained(world: Any) -> dict[str, Any]:
    document: dict[str, Any] = world.run("identity", "explain", "--json").document
    return document


def guard(document: dict[str, Any], key: str) -> dict[str, Any]:
    (row,) = [each for each in document["guards"] if each["guard"] == key]
    found: dict[str, Any] = row
    return found


def test_the_only_identity_of_a_place(world: Any) -> None:
    world.daemon.answers["agent.whoami"] = ME
    document = explained(world)
    assert document["identity"]["agent_id"] == "furiosa"
    assert document["identity"]["rule"] == "only"
    assert document["identity"]["identity_file"].endswith("/.thrum/identities/furiosa.json")
    assert document["daemon"] == ME
    assert [row["guard"] for row in document["guards"]] == list(guards.GUARDS)
    assert world.daemon.params("agent.whoami") == {"caller_agent_id": "furiosa"}


@pytest.mark.parametrize(
    ("env", "others", "rule"),
    [
        ({"THRUM_NAME": "nux"}, ["nux"], "name"),
        ({"THRUM_NAME": "absent", "THRUM_AGENT_ID": "x"}, [], "none"),
        ({}, ["nux"], "none"),
        ({"THRUM_AGENT_ID": "x"}, ["nux"], "none"),
    ],
)
def test_by_which_rule(world: Any, env: dict[str, str], others: list[str], rule: str) -> None:
    world.env |= env
    for name in others:
        world.identity(name, worktree="/elsewhere")
    assert explained(world)["identity"]["rule"] == rule


def test_of_several_the_daemon_says_which(world: Any) -> None:
    world.identity("nux")
    world.daemon.answers["agent.whoami"] = ME | {"rule": "worktree", "others": ["nux"]}
    document = explained(world)
    found = document["identity"]
    assert (found["agent_id"], found["rule"], found["others"]) == ("furiosa", "daemon", ["nux"])
    assert document["daemon"]["rule"] == "worktree"
    assert world.daemon.params("agent.whoami").get("caller_agent_id", "") == ""


def test_a_variable_names_the_agent_only_where_no_file_does(world: Any) -> None:
    world.env["THRUM_AGENT_ID"] = "x"
    assert explained(world)["identity"]["agent_id"] == "furiosa"
    (world.root / ".thrum/identities/furiosa.json").unlink()
    found = explained(world)["identity"]
    assert (found["agent_id"], found["rule"]) == ("x", "environment")


def test_what_cannot_be_read_is_named_and_nobody_speaks(world: Any) -> None:
    (world.root / ".thrum/identities/nux.json").write_text("{")
    document = explained(world)
    assert document["identity"]["rule"] == "none"
    assert "nux.json cannot be read" in document["identity"]["reason"]
    assert len(document["unreadable"]) == 1
    assert world.run("identity", "explain").out.count("nux.json cannot be read") == 1
    world.env["THRUM_NAME"] = "furiosa"
    page = world.run("identity", "explain").out
    assert "You: @furiosa" in page
    assert "Passed over:" in page


def test_a_guard_of_the_daemon_is_not_asked_without_it(world: Any, refuse: Any) -> None:
    world.daemon.answers["agent.whoami"] = refuse("internal", "agent.whoami failed")
    assert guard(explained(world), "unauthenticated_rpc")["fires"] is None
    (line,) = [
        each
        for each in world.run("identity", "explain").out.splitlines()
        if each.startswith("unauthenticated_rpc")
    ]
    assert line.endswith("not asked")


def test_nothing_that_the_daemon_says_moves_the_cursor(world: Any, refuse: Any) -> None:
    refusal = refuse("identity_mismatch", "no")
    refusal.error["data"] |= {
        "guard": "unauthenticated_rpc",
        "reason": "identity_mismatch",
        "expected_agent": "\x1b[2J",
        "detected_agent": "\x1b[2J",
    }
    world.daemon.answers["agent.whoami"] = refusal
    assert "\x1b" not in world.run("identity", "explain").out


def test_where_thrum_could_begin(world: Any, tmp_path: Path) -> None:
    for name, fires in (("bare", False), ("outside", True)):
        world.root = tmp_path / name
        world.root.mkdir()
        if name == "bare":
            subprocess.run(["git", "init", "-q", "--bare", str(world.root)], check=True)
        document = explained(world)
        assert guard(document, "non_git_bootstrap")["fires"] is fires
        assert document["identity"]["rule"] == "none"
        assert document["daemon"]["kind"] == "not_initialized"


def test_what_the_daemon_went_by(world: Any) -> None:
    world.daemon.answers["agent.whoami"] = ME | {"rule": "worktree", "others": ["nux"]}
    assert explained(world)["daemon"]["others"] == ["nux"]
    page = world.run("identity", "explain").out
    assert "Daemon: @furiosa, by the worktree that this shell stands in" in page
    assert "@nux as well" in page
    world.daemon.answers["agent.whoami"] = ME
    assert "Daemon: @furiosa, by peercred" in world.run("identity", "explain").out


def test_a_process_above_is_the_rule(world: Any) -> None:
    me = process.look(os.getpid())
    assert me
    world.identity("nux", agent_pid=me.pid, agent_pid_started=me.started)
    found = explained(world)["identity"]
    assert (found["agent_id"], found["rule"], found["process"]) == ("nux", "pid", "mine")
    assert found["others"] == ["furiosa"]


def test_what_the_guards_would_say_and_why(world: Any, refuse: Any) -> None:
    world.identity("furiosa", agent_pid=2**22 + 5, agent_pid_started="1")
    refusal = refuse("identity_mismatch", 'identity guard "unauthenticated_rpc" fired')
    refusal.error["data"] |= {
        "guard": "unauthenticated_rpc",
        "reason": "identity_mismatch",
        "expected_agent": "furiosa",
        "detected_agent": "nux",
        "caller_pid": 7,
    }
    world.daemon.answers["agent.whoami"] = refusal
    section = {"identity_guard": {"daemon_writer_liveness": "warn", "nonsense": "off"}}
    (world.root / ".thrum/config.json").write_text(json.dumps(section))
    document = explained(world)
    edit = guard(document, "daemon_writer_liveness")
    assert (edit["mode"], edit["layer"], edit["outcome"]) == ("warn", "config", "allowed")
    call = guard(document, "unauthenticated_rpc")
    assert (call["outcome"], call["reason"]) == ("denied", "identity_mismatch")
    assert call["detected_agent"] == "nux"
    assert guard(document, "cross_worktree") == {
        "guard": "cross_worktree",
        "mode": "strict",
        "layer": "default",
        "fires": False,
    }
    assert "nonsense" in document["faults"][0]
    page = world.run("identity", "explain").out
    assert "identity_mismatch (expected @furiosa, detected @nux)" in page
    assert all(text.width(line) <= 80 for line in page.splitlines() if "/" not in line)


def test_what_a_daemon_of_another_version_says_is_no_guard(world: Any, refuse: Any) -> None:
    refusal = refuse("not_allowed", "no")
    refusal.error["data"] |= {"guard": "unauthenticated_rpc", "reason": "new in another version"}
    world.daemon.answers["agent.whoami"] = refusal
    assert guard(explained(world), "unauthenticated_rpc")["fires"] is False


def test_nothing_is_written_by_asking(world: Any) -> None:
    world.daemon.answers["agent.whoami"] = ME
    world.identity("furiosa", worktree="shop", branch="stale")
    before = {path: path.stat().st_mtime_ns for path in world.root.rglob("*")}
    world.run("identity", "explain")
    assert {path: path.stat().st_mtime_ns for path in world.root.rglob("*")} == before


def test_the_page_is_folded_on_a_terminal_only(world: Any, refuse: Any) -> None:
    words = "there is nobody " * 20
    world.daemon.answers["agent.whoami"] = refuse("internal", words.strip())
    shown = {
        where: [len(line) for line in world.run("identity", "explain", **how).out.splitlines()]
        for where, how in (
            ("pipe", {"columns": 40}),
            ("narrow", {"columns": 60, "terminal": True}),
            ("wide", {"columns": 300, "terminal": True}),
        )
    }
    root = len(str(world.root / ".thrum/identities/furiosa.json")) + 40
    assert max(shown["pipe"]) > len(words) > max(shown["wide"])
    assert len(shown["pipe"]) < len(shown["wide"]) < len(shown["narrow"])
    assert max(shown["narrow"]) <= root
