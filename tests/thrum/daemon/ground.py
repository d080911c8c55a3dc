"""What nodes of tests stand on: made once by git and by Thrum, and copied for each test.

A new repository names no place on the disk, so that a copy of it is as good as another new one. A
linked worktree is named by two files; they are written anew.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gitstore import Log
from thrum.daemon import services
from thrum.daemon.service.contract import Service
from thrum.daemon.state import State
from thrum.daemon.store import Store
from thrum.ids import Ids


def environment() -> dict[str, str]:
    """Git's, with somebody who commits."""
    made = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1"}
    for key in ("AUTHOR", "COMMITTER"):
        made |= {f"GIT_{key}_NAME": "T", f"GIT_{key}_EMAIL": "t@example.org"}
    return made


def git(repository: Path, *words: str) -> None:
    """Runs git in a repository."""
    subprocess.run(["git", "-C", str(repository), *words], check=True, env=environment())


def head(repository: Path) -> str:
    """The commit of the branch that the repository is on; empty without one, or if it is packed."""
    ref = (repository / ".git/HEAD").read_text().removeprefix("ref: ").strip()
    try:
        return (repository / ".git" / ref).read_text()
    except FileNotFoundError:
        return ""


def open_log(repository: Path) -> Log:
    """The log of a repository, as the tests open it."""
    return Log.open(repository, journal=repository / ".thrum/var/journal.jsonl")


def store_upon(log: Log, database: Path, **changes: Any) -> Store:
    """A store, as the tests open it."""
    arguments: dict[str, Any] = {
        "log": log,
        "database": database,
        "origin_daemon": "d_here",
        "now_ns": time.time_ns,
        "ids": Ids(time.time_ns),
        **changes,
    }
    return Store.open(**arguments)


@dataclass(frozen=True)
class Ground:
    """A folder with what is copied."""

    root: Path

    @property
    def empty(self) -> Path:
        """A repository without commits."""
        return self.root / "empty"

    @property
    def begun(self) -> Path:
        """A repository with one commit, a log, and databases that hold nothing."""
        return self.root / "begun"

    @property
    def linkage(self) -> Path:
        """What git keeps of a linked worktree at the one commit."""
        return self.root / "linkage"

    @classmethod
    def made(cls, root: Path, kinds: Sequence[type[Service]]) -> Ground:
        """Makes it.

        Args:
            root: an empty folder.
            kinds: the services whose tables there are.
        """
        ground = cls(root)
        subprocess.run(["git", "init", "-q", str(ground.empty)], check=True)
        for example in (ground.empty / ".git/hooks").glob("*.sample"):
            example.unlink()
        ground.lay(ground.empty, ground.begun)
        git(ground.begun, "commit", "-q", "--allow-empty", "-m", "first")
        ground._link()
        var = ground.begun / ".thrum/var"
        log = open_log(ground.begun)
        store_upon(log, var / "messages.db").close()
        log.close()
        State.open(var / "state.db", services.schemas(kinds), time.time_ns).close()
        return ground

    def _link(self) -> None:
        linked, kept = self.root / "linked", self.begun / ".git/worktrees"
        git(self.begun, "worktree", "add", "-q", "--detach", str(linked))
        (kept / "linked").rename(self.linkage)
        kept.rmdir()
        shutil.rmtree(linked)

    def lay(self, what: Path, where: Path) -> None:
        """Copies a repository to where nothing is."""
        shutil.copytree(what, where, symlinks=True)

    def worktree(self, repository: Path, path: Path) -> None:
        """Adds a linked worktree, by git itself where more happened than on the ground."""
        kept = repository / ".git/worktrees" / path.name
        plain = path.name.isascii() and not (kept.exists() or path.exists())
        if not plain or head(repository) != head(self.begun):
            git(repository, "worktree", "add", "-q", "--detach", str(path))
            return
        kept.parent.mkdir(exist_ok=True)
        shutil.copytree(self.linkage, kept)
        path.mkdir()
        (kept / "gitdir").write_text(f"{path / '.git'}\n")
        (path / ".git").write_text(f"gitdir: {kept}\n")
