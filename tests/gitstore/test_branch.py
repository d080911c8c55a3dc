"""The branch is made, attached to or kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gitstore import Log, Origin, attach
from gitstore.ref import MARK

Git = Callable[..., str]
Clone = Callable[[str], Path]
Open = Callable[..., Log]
Event = Callable[..., bytes]


def test_clones_that_begin_apart_share_the_first_commit(clone: Clone, open_log: Open) -> None:
    one, two = open_log(clone("one")), open_log(clone("two"))
    assert one.opened.branch.origin is Origin.CREATED
    assert one.tip == two.tip


def test_a_fetched_branch_is_attached_to(clone: Clone, open_log: Open, event: Event) -> None:
    one = open_log(clone("one"))
    one.append([[("events.jsonl", event())]])
    one.exchange()
    late = open_log(clone("late"))
    assert late.opened.branch.origin is Origin.ATTACHED
    assert late.tip == one.tip


def test_a_branch_that_is_there_is_kept(clone: Clone) -> None:
    where = clone("one")
    assert attach(where).origin is Origin.CREATED
    again = attach(where)
    assert (again.origin, again.remote_has_it, again.stale_lock) == (Origin.KEPT, False, False)


def test_the_first_commit_is_empty_and_has_the_same_date_everywhere(clone: Clone, git: Git) -> None:
    where = clone("one")
    attach(where)
    assert git("ls-tree", "a-sync", cwd=where) == ""
    assert git("log", "--format=%at %ct %s", "a-sync", cwd=where) == (
        "1735689600 1735689600 Initialize Thrum sync\n"
    )


def test_a_lock_that_a_crash_left_is_told_and_gone(clone: Clone) -> None:
    where = clone("one")
    lock = where / ".git/refs/heads/a-sync.lock"
    lock.write_bytes(MARK)
    assert attach(where).stale_lock
    assert not lock.exists()
