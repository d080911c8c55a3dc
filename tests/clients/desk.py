"""A person's home and repository, and clients that talk to nothing but a model on loopback."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.clients.model import Model
from tests.clients.programs import Program
from thrum.runtimes import registry
from thrum.runtimes.contract import Part, Scope, Where
from thrum.setup import applying, launcher, plan, receipts
from thrum.setup.plan import Wanted

THRUM: Final = Path(sys.executable).with_name("thrum")
_AUTHOR: Final = ("-c", "user.name=T", "-c", "user.email=t@example.org")


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
        """What a program says, on whichever stream."""
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
        """What our own program says."""
        return self.run(str(THRUM), *argv)

    def connect(self, program: Program) -> None:
        """Has a client talk to the model."""
        program.prepare(self.home, self.repo, self.model)
        self.env |= program.env(self.model)

    def employ(self) -> None:
        """Makes the repository one with Thrum and an agent in it."""
        self.thrum("init", "--non-interactive")
        self.thrum("quickstart", "furiosa", "--role", "implementer", "--module", "engine")
        # Somebody alone, without mail and notes, is told nothing when a session begins.
        notes = self.home / "notes.md"
        notes.write_text("The third valve leaks.\n")
        self.thrum("context", "save", "--file", str(notes))

    def hire(self, name: str) -> Desk:
        """Somebody else who works in the repository, in a work tree of their own."""
        other = replace(self, repo=self.repo.with_name(name))
        self.run("git", "worktree", "add", "-q", str(other.repo))
        other.thrum("quickstart", name, "--role", "implementer", "--module", "wheels")
        return other

    def set_up(self, program: Program) -> None:
        """Has setup write, and every call written down from then on."""
        self.connect(program)
        self.thrum("setup", "--runtime", program.name, "--yes")
        counting = self.home / "counting"
        counting.write_text(f'#!/bin/sh\necho "$*" >>"{self.calls}"\nexec "{THRUM}" "$@"\n')
        counting.chmod(0o755)
        launcher.write(self.home, counting)

    def pretend(self, script: str) -> None:
        """Puts a script in the place of what clients start."""
        path = self.home / launcher.PLACE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script)
        path.chmod(0o755)
        (self.repo / ".thrum").mkdir(exist_ok=True)

    def where(self) -> Where:
        """What adapters are asked for."""
        return Where(Scope.USER, self.repo, self.home, {}, self.home / launcher.PLACE)

    def put(self, name: str, *parts: Part) -> None:
        """Writes these parts of a runtime and nothing else."""
        pieces = registry.adapter(name).pieces(self.where())
        wanted = [Wanted(name, each) for each in pieces if each.part in parts]
        with receipts.held(self.home) as known:
            assert applying.put(plan.putting(wanted, new_mode=0o600), known) == []

    @property
    def calls(self) -> Path:
        """The file of the calls, a line each."""
        return self.home / "calls"

    def told(self) -> list[str]:
        """The events that hooks told of, in their order, without who waits in the background."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        hooks = [line for line in lines if line.startswith("hook ") and "--wake" not in line]
        return [line.split()[1] for line in hooks]

    def fired(self) -> Counter[str]:
        """How often each event was told of."""
        return Counter(self.told())


@contextmanager
def desk(root: Path, programs: Path) -> Iterator[Desk]:
    """A home and a repository in that folder, without Thrum.

    Args:
        root: a folder.
        programs: the folder with the clients.
    """
    home, repo = root / "home", root / "repo"
    for folder in (home, repo):
        folder.mkdir(parents=True)
    # What a client would fetch from a registry it tries once instead of for more than a minute.
    (home / ".npmrc").write_text("fetch-retries=0\n")
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
    found.run("git", "init", "-q", "-b", "main")
    found.run("git", *_AUTHOR, "commit", "-q", "--allow-empty", "-m", "first")
    try:
        yield found
    finally:
        if (repo / ".thrum" / "var").exists():
            found.thrum("daemon", "stop")
        model.close()


@contextmanager
def beside(desk: Desk, name: str) -> Iterator[Desk]:
    """The desk of somebody else who works in the repository, with a home and a model of their own.

    Args:
        desk: where the repository is.
        name: of the agent.
    """
    home, model = desk.home.with_name(f"home-of-{name}"), Model()
    home.mkdir()
    (home / ".npmrc").write_bytes((desk.home / ".npmrc").read_bytes())
    try:
        yield replace(desk.hire(name), home=home, model=model, env={**desk.env, "HOME": str(home)})
    finally:
        model.close()
