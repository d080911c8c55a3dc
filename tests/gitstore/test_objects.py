"""What was written before is durable too when a ref points at it."""

from __future__ import annotations

from pathlib import Path

import pygit2
import pytest

from gitstore import Log, OsDisk, loose
from gitstore.objects import Objects
from gitstore.ref import common_directory


class Noting(OsDisk):
    """A disk that notes what was settled."""

    def __init__(self) -> None:
        self.settled: list[Path] = []

    def settle(self, path: Path) -> None:
        super().settle(path)
        self.settled.append(path)


@pytest.fixture
def repository(tmp_path: Path) -> pygit2.Repository:
    return pygit2.init_repository(str(tmp_path / "bare"), bare=True)


def test_the_first_objects_are_settled_and_later_ones_were_synced_when_written(
    repository: pygit2.Repository,
) -> None:
    disk, objects = Noting(), Objects(repository, ("T", "t@example.org"))
    objects.begin()
    first = str(objects.blob(b"one"))
    objects.settle(disk)
    assert disk.settled == [Path(repository.path) / "objects" / first[:2] / first[2:]]
    objects.begin()
    objects.blob(b"two")
    objects.settle(disk)
    assert len(disk.settled) == 1


def test_what_was_there_before_is_settled(repository: pygit2.Repository) -> None:
    """Whoever wrote it may have been killed before it was synced."""
    disk, objects = Noting(), Objects(repository, ("T", "t@example.org"))
    objects.settle(disk)
    there = str(repository.create_blob(b"three"))
    objects.begin()
    assert str(objects.blob(b"three")) == there
    objects.settle(disk)
    assert disk.settled == [Path(repository.path) / "objects" / there[:2] / there[2:]]


def test_after_a_write_that_failed_halfway_they_are_settled_again(
    repository: pygit2.Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk, objects = Noting(), Objects(repository, ("T", "t@example.org"))
    objects.settle(disk)
    failures = [OSError("no")]
    write = loose.write

    def failing(store: Path, kind: str, data: bytes) -> tuple[str, bool]:
        if failures:
            raise failures.pop()
        return write(store, kind, data)

    monkeypatch.setattr(loose, "write", failing)
    objects.begin()
    objects.blob(b"three")
    objects.settle(disk)
    assert len(disk.settled) == 1


def test_what_a_prune_took_is_no_trouble(repository: pygit2.Repository) -> None:
    disk, objects = Noting(), Objects(repository, ("T", "t@example.org"))
    objects.begin()
    id = str(objects.blob(b"four"))
    (Path(repository.path) / "objects" / id[:2] / id[2:]).unlink()
    objects.settle(disk)
    assert disk.settled == []


def test_a_branch_that_holds_everything_is_settled_before_the_journal_is_trimmed(
    repository: pygit2.Repository, tmp_path: Path
) -> None:
    """Whoever was killed between moving the ref and syncing its name left it like this."""
    journal = tmp_path / "var" / "journal.jsonl"
    line = b'{"event_id":"a","timestamp":"1"}'
    log = Log.open(Path(repository.path), journal=journal)
    log.append([[("events.jsonl", line)]])
    kept = journal.read_bytes()
    log.commit()
    log.close()
    journal.write_bytes(kept)

    class Ordered(Noting):
        def replace(self, source: Path, target: Path) -> None:
            self.settled.append(source)
            super().replace(source, target)

    disk = Ordered()
    log = Log.open(Path(repository.path), journal=journal, disk=disk)
    assert disk.settled == [journal]
    assert log.commit() is None
    log.close()
    ref = common_directory(log.repository) / "refs/heads/a-sync"
    assert disk.settled == [journal, ref, journal.with_suffix(".new")]
