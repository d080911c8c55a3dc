"""A repository to look at, made by git itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from thrum.daemon.work.reading import GitWork, Reader


@dataclass
class Checkout:
    """A checkout with its own git settings."""

    root: Path
    environment: dict[str, str]

    def git(self, *arguments: str, at: str = "2026-01-02T03:04:05Z") -> str:
        """Runs git at that moment; what it printed."""
        dates = {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
        done = subprocess.run(
            ["git", "-C", str(self.root), *arguments],
            env=self.environment | dates,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def write(self, path: str, text: str = "one\ntwo\n") -> None:
        """Writes a file of the worktree."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def commit(self, message: str, at: str = "2026-01-02T03:04:05Z", **files: str) -> str:
        """Commits these files (``a__py`` is a.py) with whatever is staged; the id."""
        for name, text in files.items():
            self.write(name.replace("__", "."), text)
            self.git("add", name.replace("__", "."))
        self.git("commit", "-q", "--allow-empty", "-m", message, at=at)
        return self.git("rev-parse", "HEAD").strip()

    def base_here(self) -> None:
        """Calls the present commit the remote's main."""
        self.git("update-ref", "refs/remotes/origin/main", "HEAD")

    def read(self) -> GitWork:
        """What a first look says."""
        return Reader(self.root).read(str(self.root))

    def porcelain(self) -> list[str]:
        """What git says of files, each without its letters."""
        lines = self.git("status", "--porcelain", "-uall").splitlines()
        return sorted(line[3:].strip() for line in lines)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Nothing of the user's speaks."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    kept |= {"HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    for who in ("AUTHOR", "COMMITTER"):
        kept |= {f"GIT_{who}_NAME": "T", f"GIT_{who}_EMAIL": "t@example.org"}
    return kept


@pytest.fixture
def checkout(tmp_path: Path, environment: dict[str, str]) -> Iterator[Checkout]:
    """A repository without commits."""
    made = Checkout(tmp_path / "checkout", environment)
    made.root.mkdir()
    made.git("init", "-q", "-b", "main")
    yield made


@pytest.fixture
def branched(checkout: Checkout) -> Checkout:
    """A branch with two commits of its own, while main went on."""
    checkout.commit("first", a__py="one\ntwo\nthree\n", b__py="b\n", gone__py="x\ny\n")
    checkout.git("checkout", "-q", "-b", "feature")
    checkout.commit("Mend a\n\nAt length.", "2026-01-03T00:00:00+05:00", a__py="one\n2\nthree\n")
    checkout.git("rm", "-q", "gone.py")
    checkout.commit("Add new", "2026-01-04T00:00:00Z", new__py="1\n2\n3\n")
    checkout.git("checkout", "-q", "main")
    checkout.commit("Elsewhere", "2026-01-05T00:00:00Z", b__py="c\n")
    checkout.base_here()
    checkout.git("checkout", "-q", "feature")
    return checkout
