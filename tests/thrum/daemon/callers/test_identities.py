"""The identity files of all worktrees, in memory."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from thrum.daemon.callers.identities import TICK_NS, Identities


def put(home: Path, name: str, **fields: Any) -> Path:
    """Writes an identity file as other programs may: where it lies."""
    path = home / ".thrum/identities" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"agent": {"name": name}, **fields}))
    return path


def names(found: Identities) -> list[str]:
    return [each.name for each in found.all()]


def test_what_is_written_is_seen_and_what_is_unreadable_is_not(node: Any) -> None:
    found = Identities(node.repository)
    assert names(found) == []
    put(node.repository, "nux")
    put(node.worktree("beside"), "slit")
    assert sorted(names(found)) == ["nux", "slit"]
    put(node.repository, "bad").write_text("{")
    assert sorted(names(found)) == ["nux", "slit"]


def test_nothing_is_read_twice_unless_the_folder_changed(node: Any) -> None:
    path = put(node.repository, "nux")
    changed = path.parent.stat().st_mtime_ns
    found = Identities(node.repository, lambda: changed + TICK_NS)
    first = found.all()
    assert found.all() is first
    found.forget()
    assert found.all() is not first
    put(node.repository, "slit")
    assert sorted(names(found)) == ["nux", "slit"]


def test_a_change_within_the_same_tick_is_not_missed(node: Any) -> None:
    path = put(node.repository, "nux")
    changed = path.parent.stat().st_mtime_ns
    found = Identities(node.repository, lambda: changed + TICK_NS - 1)
    first = found.all()
    assert found.all() is not first


def test_of_one_name_the_newest_counts_and_a_copy_only_for_want(node: Any) -> None:
    beside, there = node.worktree("beside"), node.worktree("there")
    copy = put(there, "nux", worktree=str(beside), updated_at="2027-01-01T00:00:00Z")
    found = Identities(node.repository)
    assert found.by_name()["nux"].path == copy
    own = put(beside, "nux", worktree=str(beside), updated_at="2026-01-01T10:00:00+02:00")
    assert found.by_name()["nux"].path == own
    newer = put(node.repository, "nux", updated_at="2026-01-01T09:00:00Z")
    assert found.by_name()["nux"].path == newer


def test_only_what_the_repository_lists_is_a_worktree(node: Any) -> None:
    found = Identities(node.repository)
    assert found.is_worktree(node.repository)
    beside = node.worktree("beside")
    assert found.is_worktree(beside)
    assert not found.is_worktree(beside.parent)
    assert not found.is_worktree(beside / "deeper")
    unnamed = node.worktree(os.fsdecode(b"side\xff"))
    assert unnamed.is_dir()
    assert not found.is_worktree(unnamed)
