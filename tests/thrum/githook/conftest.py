"""A repository whose commits are made by git itself, with a thrum that says what it is told to."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import seeds
from thrum import git_place
from thrum.git_place import GitPlace

_WHO = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "T",
    "GIT_AUTHOR_EMAIL": "t@example.org",
    "GIT_COMMITTER_NAME": "T",
    "GIT_COMMITTER_EMAIL": "t@example.org",
}


@dataclass
class Shop:
    """A repository, and what its guard did.

    Attributes:
        root: the main checkout.
        thrum: stands in for the program.
    """

    root: Path
    env: dict[str, str]
    thrum: Path

    @property
    def git(self) -> GitPlace:
        found = git_place.around(self.root)
        assert found
        return found

    @property
    def hooks(self) -> Path:
        return self.root / ".git" / "hooks"

    def run(self, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["git", *words],
            cwd=cwd or self.root,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def says(self, status: int) -> None:
        """Has the stand-in end with that status from now on."""
        called = self.thrum.with_name("called")
        self.thrum.write_text(f'#!/bin/sh\necho "$@" >>"{called}"\nexit {status}\n')
        self.thrum.chmod(0o755)

    def calls(self) -> list[str]:
        """What the stand-in was called with since the last time."""
        called = self.thrum.with_name("called")
        found = called.read_text().splitlines() if called.exists() else []
        called.unlink(missing_ok=True)
        return found

    def commits(self, *words: str, cwd: Path | None = None) -> bool:
        """Whether a change of a file is committed."""
        top = cwd or self.root
        (top / "file").write_text(os.urandom(4).hex())
        self.run("add", "file", cwd=top)
        return self.run("commit", "-m", "x", *words, cwd=top).returncode == 0

    def hook(self, text: str, name: str = "pre-commit", mode: int = 0o755) -> Path:
        """Writes a hook of the person's own."""
        self.hooks.mkdir(exist_ok=True)
        path = self.hooks / name
        path.write_text(text)
        path.chmod(mode)
        return path


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """With a space and an umlaut in its path."""
    root = tmp_path / "my shöp"
    bin_ = tmp_path / "the bin"
    bin_.mkdir()
    git = shutil.which("git")
    assert git
    path = f"{Path(git).parent}{os.pathsep}/usr/bin{os.pathsep}/bin"
    found = Shop(root, {"PATH": path, "HOME": str(tmp_path), **_WHO}, bin_ / "thrum")
    seeds.begin(root, found.env)
    found.says(0)
    return found
