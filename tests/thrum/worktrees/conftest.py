"""A real repository, beside which worktrees are made."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import seeds
from thrum.worktrees import making
from thrum.worktrees.beginning import Asked
from thrum.worktrees.git import Git
from thrum.worktrees.making import Made
from thrum.worktrees.record import Records

WHO = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "T",
    "GIT_AUTHOR_EMAIL": "t@example.org",
    "GIT_COMMITTER_NAME": "T",
    "GIT_COMMITTER_EMAIL": "t@example.org",
}


@dataclass
class Yard:
    """A repository with one commit, and a folder for worktrees."""

    root: Path
    folder: Path
    env: dict[str, str]

    @property
    def git(self) -> Git:
        return Git(self.root, self.env)

    @property
    def records(self) -> Records:
        return Records(self.root.with_name("records"))

    def run(self, *arguments: str, cwd: Path | None = None) -> str:
        """Runs git as somebody who works there."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=cwd or self.root,
            env=self.env,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return done.stdout.strip()

    def commit(self, name: str, cwd: Path | None = None) -> None:
        """Commits a file of that name."""
        where = cwd or self.root
        (where / name).write_text(f"{name}\n")
        self.run("add", name, cwd=where)
        self.run("commit", "-qm", f"add {name}", cwd=where)

    def make(self, name: str, branch: str = "", base: str = "", *, detach: bool = False) -> Made:
        """Makes a worktree, or goes on."""
        asked = Asked(name, branch, base, detach)
        with self.records.held(name):
            return making.make(self.git, self.folder / name, asked, "a-sync", self.records)

    def branches(self) -> set[str]:
        return set(self.run("for-each-ref", "--format=%(refname:short)", "refs/heads").split())

    def bare(self, name: str) -> Yard:
        """The same repository as a bare one, with no worktree of its own."""
        place = self.root.with_name(name)
        self.run("clone", "-q", "--bare", str(self.root), str(place))
        return Yard(place, self.folder, self.env)


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    root = tmp_path / "shop"
    (tmp_path / "home").mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("THRUM_", "GIT_"))}
    found = Yard(root, tmp_path / "wts/shop", kept | WHO | {"HOME": str(tmp_path / "home")})
    seeds.begin(root, found.env, "add a.txt", {"a.txt": "a.txt\n"})
    return found
