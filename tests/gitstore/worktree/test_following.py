"""The worktree's files and index are what the branch holds."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from pygit2.enums import FileMode

from gitstore import Log
from gitstore.merge import tree_bytes
from tests.gitstore.worktree.conftest import clean, raws

Git = Callable[..., str]
Clone = Callable[[str], Path]
Event = Callable[..., bytes]
Open = Callable[..., Log]


def test_a_locked_file_waits_and_the_branch_does_not(
    log: Log, folder: Path, event: Event, git: Git
) -> None:
    file = folder / "messages" / "alice.jsonl"
    theirs, ours = event("theirs"), event("ours")
    log.worktree.folder.patience.sleep = lambda _s: None
    with file.open("ab") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        log.append([[("messages/alice.jsonl", ours)]])
        assert log.commit()
        assert ours not in file.read_bytes()
        assert log.worktree.trouble
        opened.write(theirs + b"\n")
        opened.flush()
    log.commit()
    assert {ours, theirs} <= set(raws(log))
    assert {ours, theirs} <= set(file.read_bytes().split(b"\n"))
    assert log.worktree.trouble == {}
    assert clean(folder, git)


def test_a_git_that_holds_the_index_is_waited_for(
    log: Log, folder: Path, event: Event, git: Git, where: Path
) -> None:
    lock = where / ".git" / "worktrees" / "a-sync" / "index.lock"
    lock.touch()
    log.append([[("events.jsonl", event())]])
    assert log.commit()
    assert "index" in log.worktree.trouble
    lock.unlink()
    log.commit()
    assert clean(folder, git)


def test_it_follows_what_comes_from_the_remote(
    log: Log, folder: Path, clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    log.exchange()
    other = open_log(clone("two"))
    raw = event("from two")
    other.append([[("messages/carol.jsonl", raw)], [("messages/alice.jsonl", event("more"))]])
    assert other.exchange().ok
    assert log.exchange().merged
    assert (folder / "messages" / "carol.jsonl").read_bytes() == raw + b"\n"
    assert clean(folder, git)


def test_files_that_were_taken_away_come_back(
    log: Log, folder: Path, git: Git, event: Event
) -> None:
    log.commit()
    shutil.rmtree(folder / "messages")
    log.commit()
    assert clean(folder, git)
    assert raws(log)


def test_paths_that_somebody_pushed_lead_nowhere_else(
    log: Log, folder: Path, git: Git, where: Path, tmp_path: Path, event: Event
) -> None:
    blob = git("rev-parse", "a-sync:events.jsonl", cwd=where).strip()
    entries = {
        "events.jsonl": (blob, FileMode.BLOB),
        "messages": (blob, FileMode.LINK),
        "run": (blob, FileMode.BLOB_EXECUTABLE),
        "link": (blob, FileMode.LINK),
        ".gitmodules": (blob, FileMode.BLOB),
    }
    tree = str(log.objects.tree(tree_bytes(entries)))
    commit = git("commit-tree", "-p", "a-sync", "-m", "x", tree, cwd=where).strip()
    git("update-ref", "refs/heads/a-sync", commit, cwd=where)
    log.commit()
    assert (folder / "messages" / "alice.jsonl").is_file()
    assert not os.path.lexists(folder / "link")
    assert not (folder / ".gitmodules").exists()
    assert os.access(folder / "run", os.X_OK)
    assert clean(folder, git)
    shutil.rmtree(folder / "messages")
    (folder / "messages").symlink_to(tmp_path)
    log.append([[("messages/alice.jsonl", event())]])
    log.commit()
    assert not (tmp_path / "alice.jsonl").exists()
    assert log.worktree.trouble
