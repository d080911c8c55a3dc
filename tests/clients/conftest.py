"""A person with a repository in which Thrum is set up, and the real clients."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients import install
from tests.clients.model import Model
from tests.clients.programs import Program
from thrum.setup import launcher

THRUM = Path(sys.executable).with_name("thrum")


@dataclass
class Desk:
    """Where a client runs.

    Attributes:
        home: the person's.
        repo: the repository.
        model: what the client talks to.
        env: the environment.
    """

    home: Path
    repo: Path
    model: Model
    env: dict[str, str]

    def run(self, *argv: str, check: bool = True) -> str:
        done = subprocess.run(
            argv,
            cwd=self.repo,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=200,
            check=False,
        )
        assert not check or done.returncode == 0, done.stdout
        return done.stdout

    def thrum(self, *argv: str) -> str:
        return self.run(str(THRUM), *argv)

    def set_up(self, program: Program) -> None:
        """Has setup write, and every call written down from then on."""
        program.prepare(self.home, self.repo, self.model)
        self.env |= program.env(self.model)
        self.thrum("setup", "--runtime", program.name, "--yes")
        counting = self.home / "counting"
        counting.write_text(f'#!/bin/sh\necho "$*" >>"{self.calls}"\nexec "{THRUM}" "$@"\n')
        counting.chmod(0o755)
        launcher.write(self.home, counting)

    @property
    def calls(self) -> Path:
        return self.home / "calls"

    def fired(self) -> Counter[str]:
        """How often each event was told of."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return Counter(line.split()[1] for line in lines if line.startswith("hook "))


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder with the clients."""
    try:
        return install.programs()
    except install.Lacking as lacking:
        pytest.skip(f"no real clients here: {lacking}")


@pytest.fixture
def desk(tmp_path: Path, programs: Path) -> Iterator[Desk]:
    """A repository with Thrum and one agent; nothing but loopback is ever meant."""
    home, repo = tmp_path / "home", tmp_path / "repo"
    home.mkdir()
    repo.mkdir()
    model = Model()
    env = {
        "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(home),
        "TERM": "xterm",
        "CI": "true",  # no daemon is started unasked
        "GIT_CONFIG_NOSYSTEM": "1",
        "THRUM_HOOK_MS": "5000",  # a machine may be busy with other tests
        # Whatever a client wants besides from somebody else fails at once.
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "NO_PROXY": "127.0.0.1,localhost",
    }
    found = Desk(home, repo, model, env)
    author = ("-c", "user.name=T", "-c", "user.email=t@example.org")
    found.run("git", "init", "-q", "-b", "main")
    found.run("git", *author, "commit", "-q", "--allow-empty", "-m", "first")
    found.thrum("init", "--non-interactive")
    found.thrum("quickstart", "furiosa", "--role", "implementer", "--module", "engine")
    yield found
    found.thrum("daemon", "stop")
    model.close()
