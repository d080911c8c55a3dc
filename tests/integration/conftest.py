"""Real clones, real remotes, real daemons, through the command."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from tests import forge, seeds
from tests.namespaces import Namespace
from tests.places import places
from thrum import front, paths
from thrum.daemon import control

HANDED_OVER: Final = "HANDED_OVER"
"""The variable by which `tox -e ready` has every line carried out by a ready process."""


@dataclass
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its stdout as a JSON document."""
        return json.loads(self.out)


@dataclass
class World:
    """A folder with its own HOME."""

    root: Path
    environment: dict[str, str]

    def run(self, *argv: str, cwd: Path, check: bool = True, limit: float = 60) -> Done:
        """Runs a program to its end."""
        done = subprocess.run(
            argv,
            cwd=cwd,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
        assert not check or done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def git(self, *arguments: str, cwd: Path) -> str:
        """Runs git."""
        return self.run("git", *arguments, cwd=cwd).out

    def thrum(
        self, cwd: Path, *arguments: str, check: bool = True, net: Namespace | None = None
    ) -> Done:
        """Runs the command as somebody who stands in `cwd`, in a network or everybody's."""
        done = forge.run(arguments, cwd=cwd, env=self.environment, net=net)
        assert not check or done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def started(self, cwd: Path, *arguments: str) -> Done:
        """As `thrum`, where it matters what the system keeps of the beginning of a process."""
        return self.run(*forge.THRUM, *arguments, cwd=cwd)

    def remote(self, name: str = "remote.git") -> Path:
        """A bare repository."""
        seeds.bare(self.root / name)
        return self.root / name

    def repository(self, name: str | Path, says: str = "first") -> Path:
        """One without a remote; it has a commit, which says that."""
        where = self.root / name
        seeds.begin(where, self.environment, says)
        return where

    def clone(self, name: str, remote: Path | None = None) -> Path:
        """A clone of the bare repository."""
        remote = remote or self.root / "remote.git"
        if not seeds.clone(remote, self.root / name):
            self.git("clone", "-q", str(remote), name, cwd=self.root)
        return self.root / name

    def node(self, name: str, agent: str, *flags: str, shares: bool = True) -> Path:
        """A clone with a running daemon and an agent."""
        where = self.clone(name)
        self.settle(where, agent, *flags, shares=shares)
        return where

    def settle(self, where: Path, agent: str, *flags: str, shares: bool = True) -> None:
        """A daemon and an agent in a clone; it shares, or is as init leaves it.

        Where the remote has the branch, init has it share; in the first clone somebody says so.
        """
        report = self.thrum(where, "init", "--non-interactive", "--json").json
        role = [] if "--role" in flags else ["--role", "tester"]
        self.thrum(where, "quickstart", agent, *role, "--module", "x", *flags)
        if shares and report["local_only"]:
            self.thrum(where, "sync", "on")

    def pid(self, clone: Path) -> int:
        """The daemon's process."""
        return int(json.loads((clone / ".thrum/var/thrum.pid").read_text())["pid"])

    def kill(self, clone: Path) -> None:
        """Ends the daemon as a power cut would, and waits until it is gone."""
        os.kill(self.pid(clone), signal.SIGKILL)
        eventually(lambda: not control.is_held(paths.at(clone)))


def configure(clone: Path, **keys: object) -> None:
    """Changes keys of the daemon in a clone's configuration, as with an editor."""
    file = clone / ".thrum/config.json"
    tree = json.loads(file.read_text())
    tree["daemon"] |= keys
    file.write_text(json.dumps(tree))


def eventually(holds: Callable[[], Any], limit: float = 30, pause: float = 0.05) -> None:
    """Waits until it holds; the limit only ends a test that would hang.

    To look is often to run a command, so who has waited looks more and more seldom.
    """
    end = time.monotonic() + limit
    rarest = max(pause, 0.2)
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(pause)
        pause = min(pause * 1.5, rarest)


@contextmanager
def world_in(root: Path) -> Iterator[World]:
    """A world in an empty folder; its daemons are stopped at the end."""
    home = root / "home"
    home.mkdir()
    ours = ("THRUM_", "GIT_", "TMUX")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    environment = kept | {
        "HOME": str(home),
        "TMUX_TMPDIR": str(root),
        "CI": "true",  # no daemon is started unasked, whoever runs the tests
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Tester",
        "GIT_AUTHOR_EMAIL": "tester@example.org",
        "GIT_COMMITTER_NAME": "Tester",
        "GIT_COMMITTER_EMAIL": "tester@example.org",
    }
    if HANDED_OVER in os.environ:
        environment[front.OFF.decode()] = "1"
    try:
        yield World(root, environment)
    finally:
        stop_daemons(root)
        for socket in root.glob("tmux-*/*"):
            end = ["tmux", "-S", str(socket), "kill-server"]
            subprocess.run(end, env=environment, capture_output=True, check=False)


def _is_free(place: paths.Place) -> bool:
    return not control.is_held(place)


def stop_daemons(root: Path) -> None:
    """Ends every daemon below a folder and waits until they are gone."""
    found = places(root)
    for place in found:
        pid = control.read_pid_file(place).get("pid")
        if isinstance(pid, int):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
                os.kill(pid, signal.SIGTERM)
    for place in found:
        eventually(partial(_is_free, place), 20)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world that stops its daemons at the end."""
    with world_in(tmp_path) as made:
        yield made


@pytest.fixture
def tmux(world: World) -> Iterator[Callable[..., str]]:
    """Speaks to a server of tmux of its own, which thrum finds too."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")

    def speak(*words: str) -> str:
        return world.run("tmux", "-f", "/dev/null", *words, cwd=world.root).out

    yield speak
