"""A repository with two agents in two worktrees, a real daemon, and real servers beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters

from tests import forge, seeds
from thrum.client import Client as Daemon
from thrum.errors import ThrumError

THRUM = str(Path(sys.executable).with_name("thrum"))

# Writes many messages as whoever lives where it runs: a process for each would cost a second.
SENDER = """
import sys
from pathlib import Path
from thrum.client import Client
with Client(Path(sys.argv[1])) as client:
    for text in sys.argv[3:]:
        client.call("message.send", {"content": text, "mentions": [sys.argv[2]]})
"""


@dataclass
class Town:
    """Where alice and bob live.

    Attributes:
        root: the main worktree, in which alice lives; bob's is beside it.
        env: the environment of every process.
    """

    root: Path
    env: dict[str, str]

    @property
    def homes(self) -> dict[str, Path]:
        return {"alice": self.root, "bob": self.root.with_name("bob")}

    def thrum(self, *argv: str, who: str = "alice", check: bool = True) -> str:
        done = forge.run(argv, cwd=self.homes[who], env=self.env)
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def git(self, *argv: str) -> None:
        subprocess.run(["git", *argv], cwd=self.root, env=self.env, check=True, timeout=60)

    def says(self, *texts: str, who: str = "bob", to: str = "alice") -> None:
        """Sends messages, in this order."""
        socket = str(self.root / ".thrum/var/thrum.sock")
        subprocess.run(
            [sys.executable, "-c", SENDER, socket, to, *texts],
            cwd=self.homes[who],
            env=self.env,
            check=True,
            timeout=60,
        )

    def unread(self, who: str = "alice") -> int:
        """How many messages the daemon knows to be unread."""
        return int(json.loads(self.thrum("inbox", "--unread", "--json", who=who))["total"])

    def kill_daemon(self) -> None:
        pid = json.loads((self.root / ".thrum/var/thrum.pid").read_text())["pid"]
        os.kill(int(pid), signal.SIGKILL)
        # Until it is gone, somebody who asks may still get through to it and lose the answer.
        while self._is_served():
            time.sleep(0.02)

    def _is_served(self) -> bool:
        try:
            Daemon(self.root / ".thrum/var/thrum.sock").close()
        except ThrumError:
            return False
        return True

    def client(
        self, who: str = "alice", *argv: str, mode: str = "auto", **more: Any
    ) -> AbstractAsyncContextManager[Client]:
        """The official client, with a server process of its own."""
        server = StdioServerParameters(
            command=THRUM, args=["mcp", "serve", *argv], env=self.env, cwd=self.homes[who]
        )
        return Client(server, mode=mode, read_timeout_seconds=60, **more)

    server_argv = (THRUM, "mcp", "serve")

    def server(self, who: str = "alice", *argv: str) -> subprocess.Popen[str]:
        """A server process alone, for lines that no client writes."""
        return subprocess.Popen(
            [THRUM, "mcp", "serve", *argv],
            cwd=self.homes[who],
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Alice and bob, registered, with an empty inbox each; one daemon for a file of tests."""
    base = tmp_path_factory.mktemp("town")
    (base / "home").mkdir()
    (base / "shop").mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("THRUM_", "GIT_", "TMUX"))}
    who = {
        f"GIT_{each}_{what}": "t@example.org"
        for each in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    env = kept | who | {"HOME": str(base / "home"), "CI": "true", "GIT_CONFIG_NOSYSTEM": "1"}
    found = Town(base / "shop", env)
    seeds.begin(found.root, env)
    found.thrum("init", "--non-interactive")
    found.git("worktree", "add", "-q", str(found.homes["bob"]))
    for name, role in (("alice", "implementer"), ("bob", "tester")):
        found.thrum("quickstart", name, "--role", role, "--module", "auth", who=name)
    yield found
    found.thrum("daemon", "stop", check=False)
