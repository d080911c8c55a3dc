"""Commits of a branch by name, by date, and by the line that they brought."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Descent, Log

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]


@pytest.fixture
def log(clone: Clone, open_log: Open) -> Log:
    return open_log(clone("one"))


def commit(log: Log, *lines: bytes, shard: str = "events.jsonl") -> str:
    log.append([[(shard, raw) for raw in lines]])
    made = log.commit()
    assert made
    return made.id


def descent(log: Log) -> Descent:
    return Descent(log.repository, log.tip)


def test_a_line_is_found_in_the_commit_that_brought_it(log: Log, event: Event) -> None:
    lines = [event(str(number)) for number in range(9)]
    made = [commit(log, raw) for raw in lines]
    for raw, id in zip(lines, made, strict=True):
        found, is_whole = descent(log).brought("events.jsonl", raw)
        assert (found.id, is_whole) == (id, True)


def test_a_line_that_was_joined_comes_from_the_side_that_wrote_it(
    log: Log, clone: Clone, open_log: Open, event: Event
) -> None:
    log.exchange()
    other = open_log(clone("two"))
    ours, theirs = event("ours"), event("theirs")
    by_us, by_them = commit(log, ours), commit(other, theirs)
    log.exchange()
    other.exchange()
    for raw, id in ((ours, by_us), (theirs, by_them)):
        assert descent(other).brought("events.jsonl", raw)[0].id == id


def test_a_file_that_stands_where_a_folder_was_brings_nothing_to_an_end(
    log: Log, event: Event
) -> None:
    raw = event()
    log.put("messages", b"in the way", "a file")
    id = commit(log, raw, shard="messages/alice.jsonl")
    assert descent(log).brought("messages/alice.jsonl", raw)[0].id == id


def test_a_hash_or_its_beginning_names_a_commit_of_this_branch_only(
    log: Log, event: Event, git: Git
) -> None:
    first, second = commit(log, event()), commit(log, event())
    where = Path(log.repository.workdir)
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=where)
    elsewhere = git("rev-parse", "HEAD", cwd=where).strip()
    now = descent(log)
    assert now.named(first) == now.named(first[:9]) == first
    assert now.named(second) == second
    assert Descent(log.repository, first).named(second) is None
    for text in (elsewhere, "a-sync", "HEAD", first[:3], first.upper(), "", "f" * 40):
        assert now.named(text) is None
    blob = git("rev-parse", "a-sync:events.jsonl", cwd=where).strip()
    assert now.named(blob) is None


def test_commits_are_listed_from_the_newest_on(log: Log, event: Event) -> None:
    seconds = [1_800_000_000, 1_800_000_100]
    now = [0]
    log.mover.now_ns = lambda: now[0]
    made = []
    for moment in seconds:
        now[0] = moment * 10**9
        made.append(commit(log, event()))
    newest, before, root = descent(log).newest_first()
    assert [newest.id, before.id] == made[::-1]
    assert [newest.seconds, before.seconds] == seconds[::-1]
    assert newest.author == log.format.author
    assert root.seconds == log.format.root_seconds
