"""A message whose answer is lost is sent again by the command, and is there exactly once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import World


@pytest.mark.parametrize("when", ["before", "during", "after"])
def test_a_daemon_that_is_killed_around_a_message(world: World, when: str) -> None:
    world.remote()
    one = world.node("one", "furiosa")
    listen = world.root / "lossy.sock"
    script = Path(__file__).with_name("lossy.py")
    relay = subprocess.Popen(
        [sys.executable, str(script), str(listen), str(one), when],
        cwd=one,
        env=world.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert relay.stdout is not None
        assert relay.stdout.readline() == "ready\n"
        before = world.pid(one)
        world.environment["THRUM_SOCKET"] = str(listen)
        sent = world.thrum(one, "send", "once only", "--to", "@furiosa", "--json").json
        del world.environment["THRUM_SOCKET"]
        assert world.pid(one) != before, "the daemon was killed"
    finally:
        relay.kill()
        relay.wait()
        assert relay.stdout is not None
        relay.stdout.close()
    listed = world.thrum(one, "sent", "--json").json
    assert [row["message_id"] for row in listed["messages"]] == [sent["message_id"]]
    world.thrum(one, "sync", "force")
    lines = world.git("show", "a-sync:messages/furiosa.jsonl", cwd=one).splitlines()
    assert sum('"message.create"' in line for line in lines) == 1
