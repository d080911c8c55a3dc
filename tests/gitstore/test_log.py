from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pygit2
import pytest

from gitstore import (
    Cursor,
    DamagedObject,
    Format,
    JournalError,
    Log,
    LogError,
    RefLocked,
    mover,
)
from gitstore.recent import Recent
from tests import descriptors

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]


def texts(log: Log, cursor: Cursor | None = None) -> list[bytes]:
    return [line.raw for line in log.since(cursor).lines]


def committed(log: Log) -> list[bytes]:
    return [line.raw for line in log.read()]


def test_lines_go_from_the_journal_to_the_branch(
    clone: Clone, open_log: Open, event: Event
) -> None:
    log = open_log(clone("one"))
    first, second = event(), event()
    log.append([[("events.jsonl", first), ("messages/a.jsonl", second)]])
    assert texts(log) == [first, second]
    made = log.commit()
    assert made
    assert made.lines == 2
    assert committed(log) == [first, second]
    assert log.journal.records == []
    assert log.commit() is None


def test_a_reader_sees_each_line_once_per_place_and_misses_none(
    clone: Clone, open_log: Open, event: Event
) -> None:
    log = open_log(clone("one"))
    cursor = None
    seen: list[bytes] = []
    wrote = []
    for step in range(6):
        raw = event()
        wrote.append(raw)
        log.append([[("events.jsonl", raw)]])
        if step % 2:
            log.commit()
        since = log.since(cursor)
        seen += [line.raw for line in since.lines]
        cursor = since.cursor
        assert Cursor.from_text(cursor.to_text()) == cursor
    assert set(seen) == set(wrote)
    assert texts(log, cursor) == []


def test_a_line_knows_its_file_and_offset(
    clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    log = open_log(clone("one"))
    log.append([[("messages/a.jsonl", event("ä")), ("messages/a.jsonl", event())]])
    log.commit()
    for line in log.read():
        data = subprocess.run(
            ["git", "show", f"a-sync:{line.path}"],
            cwd=log.upstream.git.repository,
            capture_output=True,
        ).stdout
        assert data[line.offset :].startswith(line.raw + b"\n")


def test_one_shard_can_be_read_at_any_commit(clone: Clone, open_log: Open, event: Event) -> None:
    log = open_log(clone("one"), Format(segment_bytes=200))
    mine = [event("x" * 100) for _ in range(4)]
    log.append([[("messages/a.jsonl", mine[0]), ("events.jsonl", event())]])
    first = log.commit()
    log.append([[("messages/a.jsonl", raw)] for raw in mine[1:]])
    log.commit()
    assert first
    assert [line.raw for line in log.read(first.id, "messages/a.jsonl")] == mine[:1]
    assert sorted(line.raw for line in log.read(None, "messages/a.jsonl")) == mine
    assert len({line.path for line in log.read(None, "messages/a.jsonl")}) > 1


def test_a_cursor_whose_commit_is_gone_means_everything(
    clone: Clone, open_log: Open, event: Event
) -> None:
    log = open_log(clone("one"))
    raw = event()
    log.append([[("events.jsonl", raw)]])
    log.commit()
    assert texts(log, Cursor("0" * 40, "gone", 12)) == [raw]


def test_a_replayed_journal_adds_nothing_twice(clone: Clone, open_log: Open, event: Event) -> None:
    """The crash between the move of the ref and the trimming of the journal."""
    where = clone("one")
    log = open_log(where, Format(segment_bytes=300))
    lines = [event("x" * 100) for _ in range(12)]
    log.append([[("messages/a.jsonl", raw)] for raw in lines])
    journal = log.journal.path.read_bytes()
    log.commit()
    log.close()
    (where / ".thrum/var/journal.jsonl").write_bytes(journal)
    again = open_log(where, Format(segment_bytes=300))
    assert len(again.journal.records) == 12
    assert again.commit() is None
    assert sorted(committed(again)) == sorted(lines)


def test_a_commit_is_by_thrum_unsigned_and_without_a_reflog(
    clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    where = clone("one")
    git("config", "commit.gpgsign", "true", cwd=where)
    log = open_log(where)
    log.append([[("events.jsonl", event())]])
    log.commit()
    raw = git("cat-file", "-p", "a-sync", cwd=where)
    assert "author Thrum <thrum@local>" in raw
    assert "committer Thrum <thrum@local>" in raw
    assert "gpgsig" not in raw
    assert not (where / ".git/logs/refs/heads/a-sync").exists()
    assert git("fsck", "--strict", cwd=where) == ""


def test_a_commit_says_what_it_is_told_to_say(
    clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    where = clone("one")
    log = open_log(where)
    for message in ("import messages", ""):
        log.append([[("events.jsonl", event())]])
        log.commit(message)
    dated, said, *_ = git("log", "--format=%s", "a-sync", cwd=where).splitlines()
    assert said == "import messages"
    assert dated.endswith("Z")


def test_a_stale_lock_is_removed_and_a_fresh_one_is_waited_for(
    clone: Clone, open_log: Open, event: Event
) -> None:
    where = clone("one")
    log = open_log(where)
    lock = where / ".git/refs/heads/a-sync.lock"
    lock.touch()
    log.append([[("events.jsonl", event())]])
    with pytest.raises(RefLocked, match=r"a-sync\.lock"):
        log.commit()
    assert len(log.journal.records) == 1
    os.utime(lock, (1, 1))
    assert log.commit()
    assert log.mover.ref.stale_lock_removed


def test_a_branch_that_somebody_deletes_is_made_again(
    clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    where = clone("one")
    log = open_log(where)
    git("update-ref", "-d", "refs/heads/a-sync", cwd=where)
    log.append([[("events.jsonl", event())]])
    assert log.commit()


@pytest.mark.parametrize("new_lines", [False, True])
@pytest.mark.parametrize("to", ["nothing", "before", "elsewhere"])
def test_what_the_branch_lost_comes_back(
    clone: Clone, open_log: Open, event: Event, git: Git, to: str, new_lines: bool
) -> None:
    where = clone("one")
    log = open_log(where)
    expected, tips = set(), []
    for _ in range(3):
        expected.add(event())
        log.append([[("events.jsonl", raw) for raw in expected]])
        log.commit()
        tips.append(log.tip)
    cursor = log.since(None).cursor
    if to == "nothing":
        git("update-ref", "-d", "refs/heads/a-sync", cwd=where)
    else:
        tree = git("mktree", cwd=where)  # of nothing
        apart = git("commit-tree", "-m", "x", tree.strip(), cwd=where).strip()
        git("update-ref", "refs/heads/a-sync", {"before": tips[0]}.get(to, apart), cwd=where)
    if new_lines:
        expected.add(event())
        log.append([[("events.jsonl", raw) for raw in expected]])
        log.commit()
    # Who commits looks first whether something of the branch was lost.
    assert log.rejoin(cursor) is not new_lines
    assert set(committed(log)) == expected
    assert log.repository.descendant_of(log.tip, cursor.tip) or log.tip == cursor.tip
    assert not log.rejoin(cursor)


def test_what_was_lost_and_pruned_is_let_be(
    clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    where = clone("one")
    log = open_log(where)
    log.append([[("messages/a.jsonl", event())]])
    log.commit()
    cursor = log.since(None).cursor
    blob = git("rev-parse", "a-sync:messages/a.jsonl", cwd=where).strip()
    git("update-ref", "-d", "refs/heads/a-sync", cwd=where)
    loose = where / ".git" / "objects" / blob[:2] / blob[2:]
    loose.unlink()
    log.close()
    log = open_log(where)
    assert not log.rejoin(cursor)
    assert not log.rejoin(Cursor("0" * 40, "", 0))
    assert not log.rejoin(None)
    assert committed(log) == []


def test_packed_refs_are_followed(clone: Clone, open_log: Open, event: Event, git: Git) -> None:
    where = clone("one")
    log = open_log(where)
    log.append([[("events.jsonl", event())]])
    log.commit()
    git("pack-refs", "--all", cwd=where)
    log.append([[("events.jsonl", event())]])
    log.commit()
    assert len(committed(log)) == 2


def test_a_users_gc_between_commits_does_no_harm(
    clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    where = clone("one")
    log = open_log(where)
    for _ in range(5):
        log.append([[("events.jsonl", event())]])
        log.commit()
        git("gc", "-q", "--prune=now", cwd=where)
        git("repack", "-adq", cwd=where)
    assert len(committed(log)) == 5


def test_objects_that_a_gc_took_are_written_again(
    clone: Clone, open_log: Open, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = clone("one")
    log = open_log(where)
    raw = event()
    log.append([[("events.jsonl", raw)]])
    swap = log.mover.ref.swap
    pruned: list[str] = []

    def prune_first(old: str | None, new: str) -> bool:
        if not pruned:
            pruned.append(new)
            for id in log.objects.made:
                text = str(id)
                (where / ".git/objects" / text[:2] / text[2:]).unlink()
        return swap(old, new)

    monkeypatch.setattr(log.mover.ref, "swap", prune_first)
    assert log.commit()
    assert committed(log) == [raw]


def test_objects_that_a_prune_takes_after_the_commit_are_put_back(
    clone: Clone, open_log: Open, event: Event, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A prune that looked at the refs before ours moved may come to its victims later."""
    monkeypatch.setattr(mover, "MEND_EVERY_NS", 0)
    where = clone("one")
    log = open_log(where)
    raws = []
    for number in range(6):
        raws.append(event(f"message {number}"))
        log.append([[("events.jsonl", raws[-1])]])
        assert log.commit()
        for id in log.objects.made:
            (where / ".git/objects" / str(id)[:2] / str(id)[2:]).unlink()
        if number % 2:
            log.tidy()
            git("fsck", "--strict", cwd=where)
    assert committed(log) == raws
    # What no ref ever pointed at is not put back.
    log.objects.begin()
    blob = str(log.objects.blob(b"garbage"))
    path = where / ".git/objects" / blob[:2] / blob[2:]
    path.unlink()
    log.tidy()
    assert not path.exists()


def test_an_object_that_is_lost_is_named(clone: Clone, open_log: Open, event: Event) -> None:
    where = clone("one")
    log = open_log(where)
    log.append([[("events.jsonl", event())]])
    assert log.commit()
    log.mover.recent = Recent(log.mover.recent.store)
    entry = log.repository[log.tip].peel(pygit2.Tree)["events.jsonl"]
    blob = str(entry.id)
    (where / ".git/objects" / blob[:2] / blob[2:]).unlink()
    log.repository.free()
    with pytest.raises(DamagedObject, match=f"{blob}.*missing"):
        list(log.since(None).lines)
    log.append([[("events.jsonl", event())]])
    with pytest.raises(LogError, match=blob):
        log.commit()
    assert len(log.journal.records) == 1


@pytest.mark.parametrize("kind", ["bare", "linked", "shallow", "submodule", "odd name"])
def test_all_kinds_of_repositories_work(
    tmp_path: Path, remote: Path, clone: Clone, git: Git, open_log: Open, event: Event, kind: str
) -> None:
    base = clone("base")
    git("commit", "--allow-empty", "-qm", "x", cwd=base)
    git("push", "-q", "origin", "HEAD:main", cwd=base)
    where = tmp_path / "where ä ☃"
    if kind == "bare":
        git("clone", "-q", "--bare", str(remote), str(where), cwd=tmp_path)
    elif kind == "linked":
        git("worktree", "add", "-q", "-b", "side", str(where), cwd=base)
    elif kind == "shallow":
        git("clone", "-q", "--depth", "1", f"file://{remote}", str(where), cwd=tmp_path)
    elif kind == "submodule":
        allowed = ("-c", "protocol.file.allow=always")
        git(*allowed, "submodule", "add", "-q", str(remote), "inner", cwd=base)
        where = base / "inner"
    else:
        git("clone", "-q", str(remote), str(where), cwd=tmp_path)
    log = open_log(where)
    log.append([[("events.jsonl", event())]])
    assert log.exchange().ok
    assert "events.jsonl" in git("ls-tree", "a-sync", cwd=where)


def test_a_commit_whose_trim_failed_adds_nothing_twice(
    clone: Clone, open_log: Open, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = open_log(clone("one"), Format(segment_bytes=300))
    raws = [event("x" * 100) for _ in range(6)]
    log.append([[("messages/a.jsonl", raw) for raw in raws]])
    trim = log.journal.trim

    def refused(_upto: int) -> None:
        raise JournalError("the disk is full")

    monkeypatch.setattr(log.journal, "trim", refused)
    with pytest.raises(JournalError):
        log.commit()
    monkeypatch.setattr(log.journal, "trim", trim)
    log.append([[("messages/a.jsonl", event())]])
    log.commit()
    assert len(committed(log)) == 7
    assert len({line.path for line in log.read()}) > 2


def test_of_two_lines_with_one_id_the_same_stands_however_they_came(
    clone: Clone, open_log: Open
) -> None:
    later = b'{"event_id":"e1","timestamp":"2","v":1}'
    sooner = b'{"event_id":"e1","timestamp":"1","v":1}'
    for number, batches in enumerate(([[later, sooner]], [[sooner, later]], [[later], [sooner]])):
        log = open_log(clone(f"n{number}"))
        for lines in batches:
            log.append([[("events.jsonl", line)] for line in lines])
            log.commit()
        assert committed(log) == [sooner]


@descriptors.listed
def test_a_log_that_cannot_be_opened_leaves_nothing_open(
    tmp_path: Path, remote: Path, clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    git("config", "uploadpack.allowFilter", "true", cwd=remote)
    one = open_log(clone("one"))
    one.append([[("events.jsonl", event())]])
    one.commit()
    one.exchange()
    where = tmp_path / "partial"
    git("clone", "-q", "--filter=blob:none", f"file://{remote}", str(where), cwd=tmp_path)
    remote.rename(tmp_path / "away.git")
    with pytest.raises(LogError, match="partial clone"):
        open_log(where)
    assert not [each for each in descriptors.files() if each.startswith(f"{where}/")]
