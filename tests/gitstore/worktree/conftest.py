"""A log with an older program's worktree."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Format, Log, attach
from gitstore.worktree import Linkage, registration

Git = Callable[..., str]
Clone = Callable[[str], Path]
Event = Callable[..., bytes]
Open = Callable[..., Log]

PATTERNS = "/events.jsonl\n/messages/\n/messages.jsonl\n/state/\n/messages-v2/\n/receipts/\n"


def older_worktree(where: Path, git: Git) -> Path:
    """A worktree as an older Thrum makes one: forced, sparse, without a checkout at first."""
    folder = where / ".git" / "thrum-sync" / "a-sync"
    folder.parent.mkdir()
    git("worktree", "add", "-q", "--force", "--no-checkout", str(folder), "a-sync", cwd=where)
    git("config", "extensions.worktreeConfig", "true", cwd=where)
    git("config", "--worktree", "core.sparseCheckout", "true", cwd=folder)
    sparse = where / ".git" / "worktrees" / "a-sync" / "info" / "sparse-checkout"
    sparse.parent.mkdir(exist_ok=True)
    sparse.write_text(PATTERNS)
    git("checkout", "-q", "a-sync", cwd=folder)
    git("config", "core.sparseCheckout", "false", cwd=where)
    return folder


def clean(folder: Path, git: Git) -> bool:
    return git("status", "--porcelain", "--untracked-files=all", cwd=folder) == ""


def append(file: Path, *lines: bytes) -> None:
    """As an older program does it."""
    file.parent.mkdir(exist_ok=True)
    with file.open("ab") as end:
        fcntl.flock(end, fcntl.LOCK_EX)
        end.write(b"".join(line + b"\n" for line in lines))


@pytest.fixture
def log(clone: Clone, open_log: Open, event: Event) -> Log:
    where = clone("one")
    found = open_log(where)
    found.append([[("events.jsonl", event())], [("messages/alice.jsonl", event("first"))]])
    found.commit()
    return found


@pytest.fixture
def where(log: Log) -> Path:
    return Path(log.repository.workdir)


@pytest.fixture
def folder(log: Log, where: Path, git: Git) -> Path:
    return older_worktree(where, git)


def raws(log: Log) -> list[bytes]:
    return [line.raw for line in log.read()]


@pytest.fixture
def common(tmp_path: Path, git: Git) -> Path:
    git("init", "-q", "-b", "main", "one", cwd=tmp_path)
    attach(tmp_path / "one")
    return tmp_path / "one" / ".git"


@pytest.fixture
def made(common: Path) -> Linkage:
    return registration.make(common, Format())
