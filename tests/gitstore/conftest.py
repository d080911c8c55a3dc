"""Real repositories in a temporary folder with its own HOME."""

from __future__ import annotations

import itertools
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitstore import Format, Log, canonical
from gitstore import log as log_module
from tests import seeds

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's git configuration takes part."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Tester")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "tester@example.org")


@pytest.fixture
def git() -> Callable[..., str]:
    """Runs git and returns what it printed."""

    def run(*arguments: str, cwd: Path) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=cwd, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    """A bare repository."""
    bare = tmp_path / "remote.git"
    seeds.bare(bare)
    return bare


@pytest.fixture
def clone(tmp_path: Path, remote: Path, git: Callable[..., str]) -> Callable[[str], Path]:
    """Makes clones of the bare repository by name."""

    def make(name: str) -> Path:
        if not seeds.clone(remote, tmp_path / name):
            git("clone", "-q", str(remote), name, cwd=tmp_path)
        return tmp_path / name

    return make


@pytest.fixture
def open_log() -> Iterator[Callable[..., Log]]:
    """Opens logs and closes them at the end; pauses between attempts are not waited for."""
    logs: list[Log] = []

    def make(repository: Path, format: Format | None = None) -> Log:
        journal = repository / ".thrum" / "var" / "journal.jsonl"
        log = Log.open(repository, journal=journal, format=format, sleep=lambda _s: None)
        logs.append(log)
        return log

    yield make
    for log in logs:
        log.close()


@pytest.fixture
def event() -> Callable[..., bytes]:
    """Makes lines with ids and times that increase."""

    def make(text: str = "hello", **fields: object) -> bytes:
        number = next(_numbers)
        base: dict[str, object] = {
            "event_id": f"evt_{number:08}",
            "timestamp": f"2026-01-01T00:00:00.{number:09}Z",
            "text": text,
        }
        return canonical(base | fields)

    return make


@pytest.fixture
def packed(
    clone: Callable[[str], Path],
    open_log: Callable[..., Log],
    event: Callable[..., bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A repository whose log is in one pack of ours."""
    monkeypatch.setattr(log_module, "PACK_AT", 12)
    found = clone("one")
    log = open_log(found)
    for number in range(12):
        log.append([[(f"messages/agent{number % 2}.jsonl", event(f"message {number} " * 9))]])
        log.commit()
    assert log.tidy() > 12
    log.close()
    return found


@pytest.fixture
def where(
    clone: Callable[[str], Path], open_log: Callable[..., Log], event: Callable[..., bytes]
) -> Path:
    """A repository with some loose commits."""
    found = clone("one")
    log = open_log(found)
    for number in range(5):
        log.append([[(f"messages/agent{number % 2}.jsonl", event(f"{number}"))]])
        log.commit()
    log.close()
    return found
