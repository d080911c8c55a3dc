"""Two agents in two worktrees of one repository, its daemon, and programs that speak for them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.conftest import World, world_in
from thrum.api import Connection, connect

# Sends as whoever lives where it runs.
SENDER = """
import sys
from thrum.api import connect
with connect() as mail:
    for text in sys.argv[2:]:
        mail.send(sys.argv[1], text)
"""

# Answers the next message to whoever lives where it runs.
ANSWERER = """
from thrum.api import connect
with connect() as mail:
    for message in mail.wait(timeout=60):
        mail.reply(message, f"{message.text} Yes.")
        break
"""


@dataclass
class Shop:
    """Where alice and bob live.

    Attributes:
        world: around them.
        alice: her worktree, the main one; his is beside it.
        bob: his.
    """

    world: World
    alice: Path
    bob: Path

    def program(self, code: str, *arguments: str) -> subprocess.Popen[str]:
        """A program of bob's."""
        return subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            cwd=self.bob,
            env=self.world.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def says(self, *texts: str) -> None:
        """Has bob send messages to alice, in this order."""
        with self.program(SENDER, "alice", *texts) as program:
            out, _ = program.communicate(timeout=60)
        assert program.returncode == 0, out

    def restart(self) -> None:
        """Ends the daemon as a power cut would, and starts another."""
        self.world.kill(self.alice)
        self.world.thrum(self.alice, "daemon", "start")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """One for all of these tests."""
    with world_in(tmp_path_factory.mktemp("shop")) as world:
        alice, bob = world.root / "alice", world.root / "bob"
        world.repository(alice)
        world.thrum(alice, "init", "--non-interactive")
        world.git("worktree", "add", "-q", str(bob), cwd=alice)
        for where, name, role in ((alice, "alice", "implementer"), (bob, "bob", "tester")):
            world.thrum(where, "quickstart", name, "--role", role, "--module", "engine")
        yield Shop(world, alice, bob)


@pytest.fixture
def shop(built: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """This process stands where alice lives, and nothing is unread."""
    for name in [each for each in os.environ if each.startswith("THRUM_")]:
        monkeypatch.delenv(name)
    for where in (built.alice, built.bob):
        built.world.thrum(where, "message", "read", "--all", check=False)
    monkeypatch.chdir(built.alice)
    return built


@pytest.fixture
def mail(shop: Shop) -> Iterator[Connection]:
    """Alice's."""
    with connect() as found:
        yield found
