"""Folders, locks and repositories go while a daemon runs: it ends, and no mail is lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.conftest import World, eventually
from thrum.identity import process


def alone(world: World, name: str = "one") -> Path:
    """A repository of its own with a daemon and the agent furiosa."""
    where = world.root / name
    world.repository(where)
    world.thrum(where, "init", "--non-interactive")
    world.thrum(where, "quickstart", "furiosa", "--role", "tester", "--module", "x")
    return where


def ends(pid: int) -> Callable[[], bool]:
    return lambda: not process.alive(pid)


def cleaned(world: World, where: Path) -> Path:
    world.git("clean", "-fdxq", cwd=where)
    return where


def without_its_folder(world: World, where: Path) -> Path:
    shutil.rmtree(where / ".thrum")
    return where


def renamed(world: World, where: Path) -> Path:
    return where.rename(where.with_name("renamed"))


@pytest.mark.parametrize("happens", [cleaned, without_its_folder, renamed])
def test_what_was_acknowledged_is_there_afterwards(
    world: World, happens: Callable[[World, Path], Path]
) -> None:
    where = alone(world)
    pid = world.pid(where)
    world.thrum(where, "send", "acknowledged", "--to", "@furiosa")
    where = happens(world, where)
    eventually(ends(pid))
    world.thrum(where, "init", "--non-interactive")
    world.thrum(where, "quickstart", "furiosa", "--role", "tester", "--module", "x", "--force")
    assert "acknowledged" in world.thrum(where, "sent").out


def test_in_a_clone_that_was_renamed_a_start_is_one(world: World) -> None:
    """And no word of the daemon that is about to end, after which there is none."""
    where = alone(world)
    pid = world.pid(where)
    where = renamed(world, where)
    assert "Daemon started" in world.thrum(where, "daemon", "start").out
    assert world.pid(where) != pid
    assert not process.alive(pid)
    assert "Daemon runs already" in world.thrum(where, "daemon", "start").out


def test_a_clone_that_is_deleted_takes_its_daemon_along(world: World) -> None:
    where = alone(world)
    pid = world.pid(where)
    shutil.rmtree(where)
    eventually(ends(pid))


def test_a_worktree_that_hosts_nothing_may_go(world: World) -> None:
    alone(world, "seed")
    world.git("clone", "-q", "--bare", "seed", "proj/.bare", cwd=world.root)
    proj = world.root / "proj"
    (proj / ".git").write_text("gitdir: ./.bare\n")
    for name, agent in (("one", "nux"), ("two", "slit")):
        world.git("worktree", "add", "-q", "-b", name, name, cwd=proj)
        world.thrum(proj / name, "init", "--non-interactive")
        world.thrum(proj / name, "quickstart", agent, "--role", "tester", "--module", "x")
    world.thrum(proj / "one", "send", "from one", "--to", "@slit")
    world.thrum(proj, "quickstart", "boss", "--role", "coordinator", "--module", "x")
    world.git("worktree", "remove", "../one", cwd=proj / "two")
    world.git("worktree", "move", "two", "three", cwd=proj)
    world.thrum(proj, "send", "from above", "--to", "@slit")
    world.git("worktree", "prune", cwd=proj)
    assert "from one" in world.thrum(proj, "log").out
    world.thrum(proj / "three", "quickstart", "slit", "--role", "tester", "--module", "x")
    inbox = world.thrum(proj / "three", "inbox").out
    assert "from one" in inbox
    assert "from above" in inbox
    assert not (proj / "three/.thrum/var").exists()
    assert world.thrum(proj, "whoami", "--json").json["agent_id"] == "boss"
