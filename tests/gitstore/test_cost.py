"""What the log costs: counts of bytes, objects, lines and processes, never times."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pygit2
import pytest

from gitstore import Log
from gitstore.line import Keys, Reader

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]

SHARD = "messages/alice.jsonl"


def object_bytes(repository: Path) -> int:
    return sum(
        f.stat().st_size for f in (repository / ".git" / "objects").rglob("*") if f.is_file()
    )


def fill(log: Log, event: Event, count: int) -> None:
    """One author's history."""
    for start in range(0, count, 1000):
        lines = [(SHARD, event("words " * 20)) for _ in range(min(1000, count - start))]
        log.append([lines])
        log.commit()


@pytest.mark.parametrize("age", [100, 20_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_ten_events_cost_the_same_however_old_their_author_is(
    clone: Clone, open_log: Open, event: Event, monkeypatch: pytest.MonkeyPatch, age: int
) -> None:
    log = open_log(clone("one"))
    fill(log, event, age)
    parsed: list[bytes] = []
    keys = Reader.keys

    def counted(self: Reader, raw: bytes) -> Keys:
        parsed.append(raw)
        return keys(self, raw)

    monkeypatch.setattr(Reader, "keys", counted)
    before = object_bytes(log.journal.path.parents[2])
    log.append([[(SHARD, event("words " * 20))] for _ in range(10)])
    assert log.commit()
    written = object_bytes(log.journal.path.parents[2]) - before
    assert 0 < written <= 64_000
    # A file has some 200 such lines at most, and each is looked at a few times.
    assert len(parsed) <= 1_000
    assert len(log.objects.made) <= 5


@pytest.mark.parametrize("commits", [1_000, pytest.param(5_000, marks=pytest.mark.soak)])
def test_small_commits_do_not_bloat_the_repository_and_leave_gc_little_to_do(
    clone: Clone, open_log: Open, event: Event, git: Git, commits: int
) -> None:
    repository = clone("one")
    log = open_log(repository)
    start, text = object_bytes(repository), 0
    for number in range(commits):
        line = event(f"message {number}: " + "words " * 10)
        text += len(line) + 1
        log.append([[(f"messages/author{number % 10}.jsonl", line)]])
        log.commit()
        log.tidy()
    ours = object_bytes(repository) - start
    assert ours < 5 * text
    loose = git("count-objects", cwd=repository).split()[0]
    assert int(loose) < 200 * 4
    git("gc", "-q", cwd=repository)
    assert object_bytes(repository) - start > ours / 3
    assert len(list(log.read())) == commits


def everything(repository: Path) -> dict[str, tuple[int, int, str]]:
    """Every file with its size, time of change and bytes."""
    found = {}
    for path in sorted(repository.rglob("*")):
        if path.is_file():
            status = path.stat()
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path)] = (status.st_size, status.st_mtime_ns, digest)
    return found


def test_a_sync_without_news_is_one_process_and_no_write(
    clone: Clone, open_log: Open, event: Event, remote: Path
) -> None:
    log = open_log(clone("one"))
    log.append([[("events.jsonl", event())]])
    log.exchange()
    before = everything(log.journal.path.parents[2]) | everything(remote)
    for _ in range(20):
        result = log.exchange()
        log.tidy()
        assert (result.processes, result.committed, result.merged) == (1, None, False)
    assert everything(log.journal.path.parents[2]) | everything(remote) == before


@pytest.mark.parametrize("age", [20_000, pytest.param(100_000, marks=pytest.mark.soak)])
def test_one_new_event_in_a_long_log_is_all_that_is_read(
    clone: Clone, open_log: Open, event: Event, monkeypatch: pytest.MonkeyPatch, age: int
) -> None:
    one = open_log(clone("one"))
    fill(one, event, age)
    one.exchange()
    two = open_log(clone("two"))
    two.exchange()
    cursor = two.since(None).cursor
    one.append([[("messages/bob.jsonl", event("the news"))]])
    one.exchange()
    read: list[str] = []
    data = two.objects.data

    def counted(blob: str) -> bytes:
        read.append(blob)
        return data(blob)

    monkeypatch.setattr(two.objects, "data", counted)
    objects: list[Any] = []
    note = two.objects._note

    def noted(id: pygit2.Oid) -> pygit2.Oid:
        objects.append(id)
        return note(id)

    monkeypatch.setattr(two.objects, "_note", noted)
    assert two.exchange().merged
    lines = [line.raw for line in two.since(cursor).lines]
    assert len(lines) == 1
    assert b"the news" in lines[0]
    assert len(read) == 1
    assert objects == []
