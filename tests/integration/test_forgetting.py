"""Purges, archives and contexts through real clones and the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integration.conftest import World


def sync(world: World, *clones: Path) -> None:
    for clone in clones:
        world.thrum(clone, "sync", "force")


def inbox(world: World, clone: Path) -> list[str]:
    listed = world.thrum(clone, "inbox", "--unread", "--json").json
    return [row["body"]["content"] for row in listed["messages"]]


def agents(world: World, clone: Path) -> list[str]:
    listed = world.thrum(clone, "rpc", "call", "agent.list", "--json").json
    return sorted(row["agent_id"] for row in listed["agents"])


def test_a_stale_clone_neither_brings_back_what_was_purged_nor_loses_what_nobody_saw(
    world: World,
) -> None:
    world.remote()
    one = world.node("one", "furiosa")
    two = world.node("two", "nux")
    sync(world, one, two, one)
    world.thrum(one, "send", "old, from one", "--to", "@nux")
    sync(world, one, two)
    assert inbox(world, two) == ["old, from one"]
    # Two writes while it is cut off, and knows nothing of the purge.
    world.thrum(two, "daemon", "stop")
    (world.root / "remote.git").rename(world.root / "away.git")
    world.thrum(two, "daemon", "start")
    world.thrum(two, "send", "unseen, from two", "--to", "@furiosa")
    world.thrum(two, "daemon", "stop")
    (world.root / "away.git").rename(world.root / "remote.git")

    refused = world.thrum(one, "purge", "--all", "--yes", check=False)
    assert refused.code == 1
    assert "coordinators" in refused.err
    world.thrum(one, "quickstart", "furiosa", "--role", "coordinator", "--module", "x", "--force")
    assert "Would delete 1 message" in world.thrum(one, "purge", "--all", "--dry-run").out
    assert "Deleted 1 message" in world.thrum(one, "purge", "--all", "--yes").out
    world.thrum(one, "send", "new, from one", "--to", "@nux")
    sync(world, one)
    world.thrum(two, "daemon", "start")
    sync(world, two, one, two, one)
    assert inbox(world, one) == ["unseen, from two"]
    assert inbox(world, two) == ["new, from one"]
    for clone in (one, two):
        world.thrum(clone, "daemon", "stop")
        for database in (clone / ".thrum/var").glob("messages.db*"):
            database.unlink()
        world.thrum(clone, "daemon", "start")
    assert inbox(world, one) == ["unseen, from two"]
    assert inbox(world, two) == ["new, from one"]
    sessions = world.thrum(one, "session", "list", "--active", "--json").json["sessions"]
    assert "furiosa" in {row["agent_id"] for row in sessions}


def test_a_stale_clone_does_not_bring_back_an_agent_that_was_cleaned_up(world: World) -> None:
    world.remote()
    one, two = world.node("one", "furiosa", "--role", "coordinator"), world.node("two", "nux")
    tree = world.root / "tree"
    world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=one)
    world.git("worktree", "add", "-q", "--detach", str(tree), cwd=one)
    world.thrum(tree, "quickstart", "slit", "--role", "tester", "--module", "x")
    sync(world, two, one)
    world.thrum(tree, "send", "from slit", "--to", "@nux")
    sync(world, one, two)
    assert inbox(world, two) == ["from slit"]
    # The other clone knows slit and answers, cut off from the world.
    world.thrum(two, "daemon", "stop")
    (world.root / "remote.git").rename(world.root / "away.git")
    world.thrum(two, "daemon", "start")
    world.thrum(two, "send", "to slit", "--to", "@slit")
    world.thrum(two, "daemon", "stop")
    (world.root / "away.git").rename(world.root / "remote.git")

    world.thrum(tree, "session", "end")
    assert world.thrum(one, "agent", "cleanup", "--dry-run").out == "No agent is gone.\n"
    world.git("worktree", "remove", "--force", str(tree), cwd=one)
    shown = world.thrum(one, "agent", "cleanup", "--dry-run").out
    assert "@slit" in shown
    assert "@nux" not in shown
    done = world.thrum(one, "agent", "cleanup", "--yes", "--json").json
    assert done["deleted"] == ["slit"]
    sync(world, one)
    world.thrum(two, "daemon", "start")
    sync(world, two, one, two, one)
    for clone in (one, two):
        assert agents(world, clone) == ["furiosa", "nux"]
    assert inbox(world, two) == ["from slit"]  # what it wrote is whose who received it
    for clone in (one, two):
        world.thrum(clone, "daemon", "stop")
        for database in (clone / ".thrum/var").glob("messages.db*"):
            database.unlink()
        world.thrum(clone, "daemon", "start")
        assert agents(world, clone) == ["furiosa", "nux"]
    assert inbox(world, two) == ["from slit"]


@pytest.mark.parametrize(("first", "again"), [("one", "before"), ("two", "after")])
def test_an_agent_that_was_deleted_comes_back_as_somebody_new(
    world: World, first: str, again: str
) -> None:
    """Deleted in one clone, while the other one writes to it; registered again at any time.

    What it wrote and got before is gone for good, in every order of syncing; what was sent to the
    name afterwards, by whoever did not know, is there for whoever bears the name next.
    """
    world.remote()
    one = world.node("one", "furiosa", "--role", "coordinator")
    two = world.node("two", "nux")
    world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=one)
    tree = world.root / "tree"
    world.git("worktree", "add", "-q", "--detach", str(tree), cwd=one)

    def register() -> None:
        world.thrum(tree, "quickstart", "slit", "--role", "worker", "--module", "x")

    register()
    sync(world, two, one)
    world.thrum(tree, "send", "old, from slit", "--to", "@nux")
    world.thrum(one, "send", "old, to slit", "--to", "@slit")
    world.thrum(one, "group", "create", "crew")
    world.thrum(one, "group", "add", "crew", "@slit")
    sync(world, two, one, two)
    (world.root / "remote.git").rename(world.root / "away.git")
    refused = world.thrum(two, "agent", "delete", "slit", "--yes", check=False)
    assert (refused.code, "coordinators" in refused.err) == (1, True)
    world.thrum(one, "agent", "delete", "slit", "--yes")
    world.thrum(two, "send", "new, to slit", "--to", "@slit")
    world.thrum(two, "send", "new, to the crew", "--mention", "@crew")
    world.thrum(two, "message", "read", "--all")
    world.thrum(two, "group", "create", "ops")
    world.thrum(two, "group", "add", "ops", "@slit")
    if again == "before":
        register()
    (world.root / "away.git").rename(world.root / "remote.git")
    sync(world, *((one, two, one) if first == "one" else (two, one, two, one)))
    if again == "after":
        assert agents(world, one) == agents(world, two) == ["furiosa", "nux"]
        gone = world.thrum(tree, "send", "from nobody", "--to", "@nux", check=False)
        assert (gone.code, "thrum quickstart" in gone.err) == (1, True)
        register()
    world.thrum(tree, "send", "new, from slit", "--to", "@nux")
    sync(world, one, two, one)

    def check() -> None:
        for clone in (one, two):
            assert agents(world, clone) == ["furiosa", "nux", "slit"]
            members = world.thrum(clone, "group", "members", "crew", "--expand", "--json").json
            assert members["members"] == members["expanded"] == []
            assert world.thrum(clone, "group", "members", "ops", "--expand").out == "@slit\n"
        assert inbox(world, two) == ["new, from slit"]
        assert sorted(inbox(world, tree)) == ["new, to slit", "new, to the crew"]

    check()
    for clone in (one, two):
        world.thrum(clone, "daemon", "stop")
        for database in (clone / ".thrum/var").glob("messages.db*"):
            database.unlink()
        world.thrum(clone, "daemon", "start")
    check()


def test_an_archive_takes_messages_out_of_every_clone(world: World) -> None:
    world.remote()
    one, two = world.node("one", "furiosa"), world.node("two", "nux")
    sync(world, one, two, one)
    world.thrum(one, "send", "put away", "--to", "@nux")
    sync(world, one, two)
    assert inbox(world, two) == ["put away"]
    assert world.thrum(one, "message", "archive", "@furiosa", check=False).code == 2
    done = world.thrum(one, "message", "archive", "@furiosa", "--yes", "--json").json
    (line,) = Path(done["archive_path"]).read_text().splitlines()
    assert json.loads(line)["body"]["content"] == "put away"
    sync(world, one, two, one)
    assert inbox(world, two) == []


def test_a_context_travels_and_no_sync_fails_after_it(world: World) -> None:
    world.remote()
    one, two = world.node("one", "furiosa"), world.node("two", "nux")
    sync(world, one, two)
    notes = world.root / "notes.md"
    notes.write_bytes(b"first\xff\0")
    world.thrum(one, "context", "save", "--file", str(notes))
    notes.write_text("second\n")
    world.thrum(one, "context", "save", "--file", str(notes))
    synced = world.thrum(one, "context", "sync", "--json").json
    assert (synced["synced"], synced["pushed"]) == (True, True)
    assert world.git("show", "origin/a-sync:context/furiosa.md", cwd=one) == "second\n"
    sync(world, two)
    shown = world.thrum(two, "context", "show", "--session", "--agent", "@furiosa").out
    assert "from a-sync" in shown
    assert "second" in shown
    versions = world.thrum(one, "context", "show", "--versions").out.splitlines()
    assert len(versions) == 1
    assert "7 bytes" in versions[0]
    for clone, other in ((two, "@furiosa"), (one, "@nux")):
        world.thrum(clone, "send", "still there?", "--to", other)
        forced = world.thrum(clone, "sync", "force", "--json").json
        assert (forced["sync_state"], forced.get("last_error", "")) == ("synced", "")
    sync(world, two)
    assert inbox(world, one) == inbox(world, two) == ["still there?"]
    assert world.thrum(one, "doctor").code == 0
