"""Remotes that are away, refuse, or go: sends work, the state is true, all converges."""

from __future__ import annotations

import stat

from tests.integration.conftest import World


def test_a_remote_that_is_away_and_comes_back(world: World) -> None:
    remote = world.remote()
    one, two = world.node("one", "furiosa"), world.node("two", "nux")
    for clone in (one, two, one):
        world.thrum(clone, "sync", "force")
    away = remote.rename(world.root / "away.git")
    world.thrum(one, "send", "written offline", "--to", "@nux")
    forced = world.thrum(one, "sync", "force", "--json", check=False)
    status = world.thrum(one, "sync", "status", "--json").json
    assert status["sync_state"] == "offline"
    assert "remote.git" in status["last_error"]
    assert forced.out or forced.err
    away.rename(remote)
    for clone in (one, two):
        world.thrum(clone, "sync", "force")
    assert world.thrum(one, "sync", "status", "--json").json["sync_state"] == "synced"
    assert "written offline" in world.thrum(two, "inbox").out


def test_a_remote_that_refuses_is_an_error_in_its_own_words(world: World) -> None:
    remote = world.remote()
    one = world.node("one", "furiosa")
    world.thrum(one, "sync", "force")
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'the vault is closed' >&2\nexit 1\n")
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    world.thrum(one, "send", "kept here")
    world.thrum(one, "sync", "force", check=False)
    status = world.thrum(one, "sync", "status", "--json").json
    assert status["sync_state"] == "error"
    assert "the vault is closed" in status["last_error"]
    hook.unlink()
    world.thrum(one, "sync", "force")
    assert world.thrum(one, "sync", "status", "--json").json["sync_state"] == "synced"


def test_a_remote_that_is_gone_for_good(world: World) -> None:
    world.remote()
    one = world.node("one", "furiosa")
    world.git("remote", "remove", "origin", cwd=one)
    world.thrum(one, "send", "alone now")
    world.thrum(one, "sync", "force")
    assert "alone now" in world.git("show", "a-sync:messages/furiosa.jsonl", cwd=one)


def test_without_a_remote_nothing_is_called_synced(world: World) -> None:
    world.git("init", "-q", "alone", cwd=world.root)
    alone = world.root / "alone"
    world.thrum(alone, "init", "--name", "nux", "--role", "tester", "--module", "x")
    world.thrum(alone, "sync", "on")
    forced = world.thrum(alone, "sync", "force")
    assert "nothing was exchanged" in forced.out
    assert "git remote add" in forced.out
    status = world.thrum(alone, "sync", "status", "--json").json
    assert (status["sync_state"], status["last_sync_at"]) == ("idle", "")


def test_a_clone_that_may_not_share_sends_nothing(world: World) -> None:
    remote = world.remote()
    world.environment["THRUM_LOCAL_ONLY"] = "true"
    one = world.node("one", "furiosa", shares=False)
    world.thrum(one, "send", "secret")
    world.thrum(one, "sync", "force")
    assert world.thrum(one, "sync", "status", "--json").json["sync_state"] == "local-only"
    assert "THRUM_LOCAL_ONLY says so" in world.thrum(one, "sync", "status").out
    assert world.git("for-each-ref", cwd=remote) == ""


def test_the_remote_in_use_is_told_and_may_be_chosen_at_any_time(world: World) -> None:
    remote = world.remote()
    one = world.node("one", "furiosa")
    world.thrum(one, "sync", "force")
    assert world.thrum(one, "sync", "status", "--json").json["remote"] == "origin"
    assert "Ahead: 0\nBehind: 0\n" in world.thrum(one, "sync", "status").out
    world.git("remote", "rename", "origin", "home", cwd=one)
    world.thrum(one, "send", "after the renaming")
    world.thrum(one, "sync", "force")
    assert world.thrum(one, "sync", "status", "--json").json["remote"] == "home"
    assert "after the renaming" in world.git("show", "a-sync:messages/furiosa.jsonl", cwd=remote)
    world.git("remote", "add", "away", "/nowhere", cwd=one)
    world.git("config", "--unset", "branch.a-sync.remote", cwd=one)
    forced = world.thrum(one, "sync", "force", check=False)
    assert forced.code == 1
    assert "several remotes (away, home)" in forced.out
    world.git("config", "branch.a-sync.remote", "home", cwd=one)
    world.thrum(one, "sync", "force")


def test_a_remote_that_stands_in_variables(world: World) -> None:
    remote = world.remote()
    one = world.node("one", "furiosa")
    world.thrum(one, "sync", "force")
    world.git("init", "-q", "two", cwd=world.root)
    two = world.root / "two"
    world.environment |= {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "remote.hub.url",
        "GIT_CONFIG_VALUE_0": str(remote),
    }
    assert "taken from the remote" in world.thrum(two, "init", "--non-interactive").out
    world.thrum(two, "quickstart", "nux", "--role", "tester", "--module", "x")
    world.thrum(two, "send", "from nowhere", "--to", "@furiosa")
    world.thrum(two, "sync", "force")
    status = world.thrum(two, "sync", "status", "--json").json
    assert (status["sync_state"], status["remote"]) == ("synced", "hub")
    assert "from nowhere" in world.git("show", "a-sync:messages/nux.jsonl", cwd=remote)
    assert world.thrum(two, "doctor").code == 0
