"""Names outlive places: clones, containers, worktrees and laptops come and go, agents stay."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Done, World, eventually

AS_BEFORE = ("--role", "tester", "--module", "x")


@pytest.fixture
def base(world: World) -> Path:
    """A clone with a coordinator, which stays."""
    world.remote()
    seed = world.clone("seed")
    world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=seed)
    world.git("push", "-q", "origin", "HEAD:main", cwd=seed)
    base = world.clone("base")
    world.thrum(base, "init", "--non-interactive")
    world.thrum(base, "quickstart", "boss", "--role", "coordinator", "--module", "x")
    world.thrum(base, "sync", "on")
    return base


def sync(world: World, *clones: Path) -> None:
    for clone in clones:
        world.thrum(clone, "sync", "force")


def hears(world: World, clone: Path) -> None:
    """Has the clone exchange what is new; who is told in it that it moved may ask no more."""
    world.thrum(clone, "sync", "force", check=False)
    eventually(lambda: world.thrum(clone, "whoami", check=False).code == 1)


def fresh(world: World, name: str) -> Path:
    """A clone with a daemon and without an agent."""
    where = world.clone(name)
    world.thrum(where, "init", "--non-interactive")
    return where


def register(world: World, where: Path, name: str, *flags: str) -> Done:
    return world.thrum(where, "quickstart", name, *AS_BEFORE, *flags, check=False)


def refusal(done: Done) -> dict[str, Any]:
    """Why a command with ``--json`` failed."""
    assert done.code == 1, done
    found: dict[str, Any] = json.loads(done.err)["error"]
    return found


def is_told(world: World, where: Path, name: str) -> None:
    """Whatever is asked in that place in the agent's name says that it lives elsewhere."""
    for command in (
        ("whoami",),
        ("inbox",),
        ("send", "as if", "--to", "@boss"),
        ("wait", "--timeout", "1s"),
        ("session", "start"),
        ("session", "heartbeat"),
    ):
        done = world.thrum(where, *command, check=False)
        assert done.code in {1, 2}, (command, done)
        assert f"@{name} lives in another clone, on " in done.err, (command, done)
        assert "since 20" in done.err
        assert f"quickstart {name} --force" in done.err


def test_a_clone_that_is_made_again_goes_on_under_the_name(world: World, base: Path) -> None:
    one = world.node("one", "furiosa")
    world.thrum(one, "session", "end")
    sync(world, one, base)
    world.thrum(one, "daemon", "stop")
    shutil.rmtree(one)
    world.thrum(base, "send", "while you were away", "--to", "@furiosa")
    sync(world, base)
    again = fresh(world, "one")
    done = world.thrum(again, "quickstart", "furiosa")  # the name says it all
    assert "Took it over from another clone" in done.out, done
    assert "while you were away" in world.thrum(again, "inbox").out
    sync(world, again, base)
    member = next(
        each
        for each in world.thrum(base, "team", "--all", "--json").json["members"]
        if each["agent_id"] == "furiosa"
    )
    config = json.loads((again / ".thrum/config.json").read_text())
    assert (member["role"], member["module"]) == AS_BEFORE[1::2]
    assert member["origin_daemon"] == config["identity"]["daemon_id"]
    assert "Took it over" not in register(world, again, "furiosa").out


def test_a_container_that_was_killed_comes_back_when_its_person_says_so(
    world: World, base: Path
) -> None:
    one = world.node("one", "furiosa")
    sync(world, one)
    world.kill(one)
    shutil.rmtree(one)
    again = fresh(world, "one")  # the same path on the same host, and another clone
    refused = refusal(register(world, again, "furiosa", "--json"))
    assert refused["kind"] == "name_taken"
    assert "--force" in refused["hint"]
    assert "by --force" in register(world, again, "furiosa", "--force").out
    world.thrum(again, "send", "here again", "--to", "@boss")
    sync(world, again, base)
    assert "here again" in world.thrum(base, "inbox").out
    listed = world.thrum(base, "session", "list", "--agent", "furiosa", "--json").json["sessions"]
    assert [each["status"] for each in listed] == ["active", "ended"]


def test_a_second_laptop_takes_the_name_and_the_first_one_is_told(world: World, base: Path) -> None:
    one = world.node("one", "furiosa")
    sync(world, one)
    two = fresh(world, "two")
    reachable = world.git("remote", "get-url", "origin", cwd=one).strip()
    world.git("remote", "set-url", "origin", str(world.root / "away.git"), cwd=one)
    assert register(world, two, "furiosa", "--force").code == 0
    world.thrum(one, "send", "not told yet", "--to", "@boss")
    register(world, one, "furiosa", "--force")  # where it lives, as far as this clone knows
    world.git("remote", "set-url", "origin", reachable, cwd=one)
    hears(world, one)
    sync(world, base)
    is_told(world, one, "furiosa")
    assert world.thrum(two, "whoami", "--field", "agent_id").out.strip() == "furiosa"
    eventually(lambda: "not told yet" in world.thrum(base, "inbox", "--unread").out)
    assert refusal(register(world, one, "furiosa", "--json"))["kind"] == "name_taken"
    # A daemon that starts again, and one that has lost its database, say the same.
    world.thrum(one, "daemon", "stop")
    (one / ".thrum/var/messages.db").unlink()
    world.thrum(one, "daemon", "start")
    is_told(world, one, "furiosa")
    assert register(world, one, "furiosa", "--force").code == 0
    sync(world, one)
    hears(world, two)
    is_told(world, two, "furiosa")
    assert world.thrum(one, "whoami", "--field", "agent_id").out.strip() == "furiosa"


def test_another_person_asks_a_coordinator(world: World, base: Path) -> None:
    one = world.clone("one")
    world.git("config", "user.email", "furiosa@example.org", cwd=one)
    world.thrum(one, "init", "--non-interactive")
    register(world, one, "furiosa")
    sync(world, one)
    two = fresh(world, "two")
    world.git("config", "user.email", "joe@example.org", cwd=two)
    refused = refusal(register(world, two, "furiosa", "--force", "--json"))
    assert refused["kind"] == "name_taken"
    assert "furiosa@example.org" in refused["hint"]
    (session_id,) = refused["sessions"]
    assert f"session end --session-id {session_id}" in refused["hint"]
    world.thrum(one, "send", "still here")
    for name in ("Furiosa", "px:furiosa", "user:furiosa"):
        assert register(world, two, name, "--force").code in {1, 2}  # by the daemon, or before
    sync(world, base)
    deleted = world.thrum(base, "agent", "delete", "furiosa", "--force", check=False)
    assert deleted.code == 1, "a coordinator, too, first ends the session of who may be alive"
    world.thrum(base, "session", "end", "--session-id", session_id)
    sync(world, base)  # the other clone asks for what is new when the name is wanted
    assert "its session had ended" in register(world, two, "furiosa").out


def test_a_worktree_for_each_task(world: World, base: Path) -> None:
    def worktree(name: str) -> Path:
        path = world.root / name
        world.git("worktree", "add", "-q", "-b", name, str(path), cwd=base)
        world.thrum(path, "init", "--non-interactive")
        return path

    task = worktree("task1")
    register(world, task, "nux")
    world.thrum(task, "session", "end")
    world.git("worktree", "remove", "--force", str(task), cwd=base)
    world.thrum(base, "send", "next task", "--to", "@nux")
    task = worktree("task2")
    assert f"{world.root}/task1, which is gone" in register(world, task, "nux").out
    assert "next task" in world.thrum(task, "inbox").out
    # Without an end of the session, and once more at the same path.
    shutil.rmtree(task)
    world.git("worktree", "prune", cwd=base)
    other = worktree("task3")
    assert register(world, other, "nux").code == 0
    world.git("branch", "-D", "-q", "task2", cwd=base)
    again = worktree("task2")
    assert world.thrum(again, "whoami", check=False).code == 1, "nobody lives here any more"
    # One that is moved takes its agent along, and the name is not free meanwhile.
    moved = world.root / "moved"
    world.git("worktree", "move", str(other), str(moved), cwd=base)
    assert world.thrum(moved, "whoami", "--field", "agent_id").out.strip() == "nux"
    assert register(world, again, "nux").code == 1
    world.thrum(moved, "send", "from where I am now", "--to", "@boss")
    # Of two that stand, who rests is brought by force alone.
    world.thrum(moved, "session", "end")
    assert register(world, again, "nux").code == 1
    assert register(world, again, "nux", "--force").code == 0
    assert world.thrum(moved, "whoami", check=False).code == 1
    assert world.thrum(again, "whoami", "--field", "agent_id").out.strip() == "nux"
