"""A daemon that lives for weeks gets on with what its user's shells have today."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.integration.conftest import World, configure, eventually
from tests.served import served

HELPER = '!f() { echo username=ada; echo "password=$TEAM_TOKEN"; }; f'


def state(world: World, where: Path) -> Any:
    return world.thrum(where, "sync", "status", "--json").json


def test_a_newer_token_is_found_in_the_next_command(world: World) -> None:
    remote = world.remote()
    with served(world.root, "ada:new") as address:
        where = world.clone("one", remote)
        world.git("remote", "set-url", "origin", f"{address}/remote.git", cwd=where)
        world.git("config", "credential.helper", HELPER, cwd=where)
        world.environment["TEAM_TOKEN"] = "old"
        world.thrum(where, "init", "--non-interactive")
        allowed = {"public_exposure_override": "127.0.0.1/remote"}
        configure(where, local_only=False, sync=allowed)
        world.thrum(where, "quickstart", "nux", "--role", "tester", "--module", "x")
        failed = world.thrum(where, "sync", "force", check=False)
        assert "Authentication failed" in failed.out + failed.err
        # Somebody else's life, and one who knows no better, change nothing.
        elsewhere = {**world.environment, "TEAM_TOKEN": "new", "HOME": str(world.root / "else")}
        World(world.root, elsewhere).started(where, "whoami")
        world.environment["TEAM_TOKEN"] = "older"
        world.started(where, "whoami")
        assert state(world, where)["sync_state"] == "error"
        # The very next command that has it need not be one that asks for a sync.
        world.environment["TEAM_TOKEN"] = "new"
        world.started(where, "whoami")
        del world.environment["TEAM_TOKEN"]
        eventually(lambda: state(world, where)["sync_state"] == "synced")
        world.thrum(where, "send", "hello", "--to", "@nux")
        world.thrum(where, "sync", "force")
        assert "hello" in world.git("show", "a-sync:messages/nux.jsonl", cwd=remote)
        log = "".join(path.read_text() for path in (where / ".thrum/var").glob("*.log"))
        assert "environment of a later command" in log
        assert "TEAM_TOKEN" not in log
