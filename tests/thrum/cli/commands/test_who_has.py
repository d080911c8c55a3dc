"""``thrum who-has``."""

from __future__ import annotations

from typing import Any

import pytest

CHANGE = {
    "path": "src/auth/token.py",
    "last_modified": "2026-01-02T02:59:05Z",
    "additions": 42,
    "deletions": 10,
    "status": "modified",
}
FURIOSA = {
    "session_id": "ses_1",
    "agent_id": "furiosa",
    "branch": "feature/auth",
    "file_changes": [{"path": "x/other.py"}, CHANGE],
}
PLANNER = {
    "session_id": "ses_2",
    "agent_id": "planner",
    "uncommitted_files": ["a.py", "lib/src/auth/token.py", "z.py"],
}
LEFT = {**FURIOSA, "agent_id": "nux", "ended_at": "2026-01-02T01:04:05Z"}


def test_each_agent_has_a_line(world: Any) -> None:
    world.daemon.answers["agent.listContext"] = {"contexts": [FURIOSA, PLANNER, LEFT]}
    lines = world.run("who-has", "auth/token.py").out.splitlines()
    edit = "src/auth/token.py (+42 -10, modified 5m ago), branch: feature/auth"
    assert lines == [
        f"@furiosa is editing {edit}",
        "@planner is editing lib/src/auth/token.py (3 uncommitted changes), branch: unknown",
        f"@nux left {edit}, session ended 2h ago",
    ]


def test_the_answer_is_printed_as_it_came(world: Any) -> None:
    world.daemon.answers["agent.listContext"] = {"contexts": [FURIOSA]}
    ran = world.run("who-has", "--json", "--fresh", "token.py")
    assert ran.document == {"contexts": [FURIOSA]}
    assert world.daemon.params("agent.listContext") == {
        "file": "token.py",
        "fresh": True,
        "include_ended": True,
    }


def test_nobody(world: Any) -> None:
    world.daemon.answers["agent.listContext"] = {"contexts": []}
    ran = world.run("who-has", "a.py")
    assert ran.out == "No agents are currently editing a.py\n"
    assert ran.err == "there is no a.py here\n"
    (world.root / "a.py").write_text("")
    assert world.run("who-has", "a.py").err == ""


@pytest.mark.parametrize(
    ("as_of", "said"),
    [
        ("2026-01-02T03:04:01Z", ""),
        ("2026-01-02T02:59:05Z", ", as of 5m ago for those that are elsewhere"),
        ("", ""),
    ],
)
def test_what_was_not_seen_just_now_says_so(world: Any, as_of: str, said: str) -> None:
    world.daemon.answers["agent.listContext"] = {"contexts": [], "as_of": as_of}
    ran = world.run("who-has", "a.py")
    assert ran.out == f"No agents are currently editing a.py{said}\n"
    row = {**FURIOSA, "git_updated_at": as_of}
    world.daemon.answers["agent.listContext"] = {"contexts": [row], "as_of": as_of}
    assert ("as of 5m ago" in world.run("who-has", "token.py").out) is bool(said)


@pytest.mark.parametrize("file", ["", "/"])
def test_no_file(world: Any, file: str) -> None:
    assert world.run("who-has", file).code == 2
    assert world.daemon.requests == []


def test_what_others_named_cannot_control_a_terminal(world: Any) -> None:
    hostile = {"agent_id": "a\x1b[2J", "branch": "b\nc", "uncommitted_files": ["x\x1b]0;/a.py"]}
    world.daemon.answers["agent.listContext"] = {"contexts": [hostile]}
    out = world.run("who-has", "a.py").out
    assert "\x1b" not in out
    assert out.count("\n") == 1


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("here.py", "src/here.py"),
        ("./gone.py", "src/gone.py"),
        ("../gone.py", "gone.py"),
        ("src/gone.py", "src/gone.py"),
        ("../../outside.py", "../../outside.py"),
    ],
)
def test_a_path_from_where_one_stands_is_known(world: Any, typed: str, asked: str) -> None:
    (world.root / "src").mkdir()
    (world.root / "src/here.py").write_text("")
    world.root /= "src"
    world.daemon.answers["agent.listContext"] = {"contexts": []}
    world.run("who-has", typed)
    assert world.daemon.params("agent.listContext")["file"] == asked
