"""Real clones with real daemons in a temporary folder with its own HOME."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.places import places

THRUM = str(Path(sys.executable).with_name("thrum"))


def clean_environment(home: Path) -> dict[str, str]:
    """An environment in which nothing of the user's speaks."""
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("THRUM_", "GIT_"))}
    return keep | {
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Bench",
        "GIT_AUTHOR_EMAIL": "bench@example.org",
        "GIT_COMMITTER_NAME": "Bench",
        "GIT_COMMITTER_EMAIL": "bench@example.org",
    }


@dataclass
class Place:
    """A temporary folder; `environment` is what every process in it gets."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, *argv: str, cwd: Path | None = None) -> str:
        """Runs a program to its end and returns what it printed; fails loudly."""
        done = subprocess.run(
            argv, cwd=cwd or self.root, env=self.environment, capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(argv)} → {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def thrum(self, *argv: str, cwd: Path) -> str:
        """Runs the installed command."""
        return self.run(THRUM, *argv, cwd=cwd)

    def remote(self) -> Path:
        """A bare repository with one commit on main."""
        bare = self.root / "remote.git"
        self.run("git", "init", "-q", "--bare", "-b", "main", str(bare))
        seed = self.root / "seed"
        self.run("git", "clone", "-q", str(bare), str(seed))
        (seed / "README").write_text("bench\n")
        self.run("git", "add", ".", cwd=seed)
        self.run("git", "commit", "-qm", "first", cwd=seed)
        self.run("git", "push", "-q", "origin", "HEAD:main", cwd=seed)
        return bare

    def clone(self, bare: Path, name: str) -> Path:
        """A clone of the bare repository."""
        where = self.root / name
        self.run("git", "clone", "-q", str(bare), str(where))
        return where

    def worktree(self, clone: Path, name: str) -> Path:
        """A further worktree of the clone: a home for one more agent."""
        where = self.root / name
        self.run("git", "worktree", "add", "-q", "--detach", str(where), cwd=clone)
        return where

    def share(self, clone: Path) -> None:
        """Allows the clone to sync: local_only off."""
        path = clone / ".thrum" / "config.json"
        config = json.loads(path.read_text())
        config.setdefault("daemon", {})["local_only"] = False
        path.write_text(json.dumps(config))


@contextmanager
def temporary() -> Iterator[Place]:
    """A place that stops its daemons and goes away."""
    root = Path(tempfile.mkdtemp(prefix="thrum-bench-"))
    home = root / "home"
    home.mkdir()
    place = Place(root, clean_environment(home))
    try:
        yield place
    finally:
        for clone in places(root):
            subprocess.run(
                [THRUM, "daemon", "stop"],
                cwd=clone.root,
                env=place.environment,
                capture_output=True,
                check=False,
            )
        shutil.rmtree(root, ignore_errors=True)


def daemon_pid(clone: Path) -> int:
    """The process id of the clone's running daemon."""
    return int(json.loads((clone / ".thrum" / "var" / "thrum.pid").read_text())["pid"])


class Line:
    """A JSON-RPC connection held by a process that stands in the clone, or in a worktree of it."""

    def __init__(self, place: Place, clone: Path, worktree: Path | None = None) -> None:
        socket_path = clone / ".thrum" / "var" / "thrum.sock"
        self.relay = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("relay.py")), str(socket_path)],
            cwd=worktree or clone,
            env=place.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.last = 0

    def call(self, method: str, params: Mapping[str, object] | None = None) -> Any:
        """Asks and returns the result; an error answer raises."""
        self.begin(method, params)
        return self.finish()

    def begin(self, method: str, params: Mapping[str, object] | None = None) -> None:
        """Asks."""
        self.last += 1
        request = {"jsonrpc": "2.0", "id": self.last, "method": method, "params": params or {}}
        assert self.relay.stdin
        self.relay.stdin.write(json.dumps(request).encode() + b"\n")
        self.relay.stdin.flush()

    def finish(self) -> Any:
        """The result of what was asked; an error answer raises."""
        assert self.relay.stdout
        answer = json.loads(self.relay.stdout.readline())
        if "error" in answer:
            raise RuntimeError(f"request {self.last}: {answer['error']}")
        return answer["result"]

    def close(self) -> None:
        """Hangs up."""
        assert self.relay.stdin
        assert self.relay.stdout
        self.relay.stdin.close()
        self.relay.wait(10)
        self.relay.stdout.close()


def process_s(pid: int) -> float:
    """Seconds of CPU of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
