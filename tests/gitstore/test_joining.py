"""What a local hand takes out of the branch comes back, as it does when a remote's does it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Cursor, Log

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]


def lines(log: Log) -> set[bytes]:
    return {line.raw for line in log.read()}


def put(log: Log, raw: bytes) -> bytes:
    log.append([[("events.jsonl", raw)]])
    log.commit()
    return raw


def stale_commit(git: Git, look: Path) -> None:
    (look / "NOTE").write_text("hi")
    git("add", "NOTE", cwd=look)
    git("commit", "-qam", "note", cwd=look)


def emptied(git: Git, look: Path) -> None:
    git("rm", "-qf", "events.jsonl", cwd=look)
    git("commit", "-qm", "less", cwd=look)


def amended(git: Git, look: Path) -> None:
    git("commit", "-q", "--amend", "--allow-empty", "-am", "better", cwd=look)


def reset(git: Git, look: Path) -> None:
    git("reset", "-q", "--hard", "HEAD~1", cwd=look)


def merged_by_ours(git: Git, look: Path) -> None:
    git("commit", "-qam", "stale", cwd=look)
    git("merge", "-q", "-s", "ours", "-m", "tool", "HEAD~2", cwd=look)


def left_side(git: Git, look: Path) -> None:
    git("checkout", "-q", "--orphan", "other", cwd=look)
    git("commit", "-qm", "apart", "--allow-empty", cwd=look)
    git("branch", "-f", "a-sync", "other", cwd=look)


HANDS = [stale_commit, emptied, amended, reset, merged_by_ours, left_side]


@pytest.mark.parametrize("is_open", [True, False], ids=["running", "away"])
@pytest.mark.parametrize("hand", HANDS, ids=lambda hand: hand.__name__)
def test_what_a_hand_takes_out_comes_back(
    clone: Clone,
    open_log: Open,
    event: Event,
    git: Git,
    tmp_path: Path,
    hand: Callable[[Git, Path], None],
    is_open: bool,
) -> None:
    where = clone("one")
    log = open_log(where)
    wrote = {put(log, event("first"))}
    git("worktree", "add", "-q", str(tmp_path / "look"), "a-sync", cwd=where)
    wrote |= {put(log, event(text)) for text in ("two", "three")}
    assert log.exchange().ok
    cursor = log.since(None).cursor
    if not is_open:
        log.close()
    hand(git, tmp_path / "look")
    if not is_open:
        log = open_log(where)
        log.rejoin(cursor)
    wrote.add(put(log, event("four")))
    assert lines(log) == wrote
    assert log.exchange().ok
    late = open_log(clone("late"))
    assert late.exchange().ok
    assert lines(late) == wrote
    tip = log.tip
    assert not log.rejoin(cursor)
    assert log.exchange().ok
    assert log.tip == tip


def test_a_hand_that_adds_takes_nothing_and_nothing_is_made_of_it(
    clone: Clone, open_log: Open, event: Event, git: Git, tmp_path: Path
) -> None:
    where = clone("one")
    log = open_log(where)
    raw = put(log, event())
    cursor = log.since(None).cursor
    git("worktree", "add", "-q", str(tmp_path / "look"), "a-sync", cwd=where)
    stale_commit(git, tmp_path / "look")
    tip = log.tip
    assert log.commit() is None
    assert not log.rejoin(cursor)
    assert log.tip == tip
    assert lines(log) == {raw}
    assert git("show", "a-sync:NOTE", cwd=where) == "hi"


def test_without_a_cursor_the_remote_as_last_seen_counts(
    clone: Clone, open_log: Open, event: Event, git: Git, tmp_path: Path
) -> None:
    where = clone("one")
    log = open_log(where)
    wrote = {put(log, event("first"))}
    git("worktree", "add", "-q", str(tmp_path / "look"), "a-sync", cwd=where)
    wrote.add(put(log, event("second")))
    assert log.exchange().ok
    log.close()
    stale_commit(git, tmp_path / "look")
    log = open_log(where)
    assert lines(log) < wrote
    assert log.exchange().pushed
    assert lines(log) == wrote


def test_what_cannot_be_read_any_more_is_let_be(
    clone: Clone, open_log: Open, event: Event, git: Git
) -> None:
    where = clone("one")
    log = open_log(where)
    put(log, event())
    lost = log.tip
    git("update-ref", "refs/heads/a-sync", "a-sync~1", cwd=where)
    for gone in git("rev-parse", lost, f"{lost}:events.jsonl", cwd=where).split():
        (where / ".git/objects" / gone[:2] / gone[2:]).unlink()
    log.close()
    log = open_log(where)
    for _ in range(3):
        log.rejoin(Cursor(lost, "", 0))
        log.commit()
    assert lines(log) == set()
