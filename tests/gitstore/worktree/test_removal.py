"""The worktree goes, and nothing that was in it is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Health, Log, LogError
from tests.gitstore.worktree.conftest import append, clean, raws

Git = Callable[..., str]
Clone = Callable[[str], Path]
Event = Callable[..., bytes]
Open = Callable[..., Log]


@pytest.mark.parametrize("kind", ["plain", "bare", "linked"])
def test_one_is_made_and_removed(
    log: Log, where: Path, tmp_path: Path, open_log: Open, git: Git, event: Event, kind: str
) -> None:
    if kind == "bare":
        git("clone", "-q", "--bare", str(where), "bare.git", cwd=tmp_path)
        log = open_log(tmp_path / "bare.git")
    elif kind == "linked":
        git("commit", "-q", "--allow-empty", "-m", "x", cwd=where)
        git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"), cwd=where)
        log = open_log(tmp_path / "side")
    found = log.make_worktree()
    assert found.health is Health.SOUND
    assert (found.folder / "messages" / "alice.jsonl").stat().st_mode & 0o777 == 0o600
    assert clean(found.folder, git)
    assert str(found.folder) in git("worktree", "list", cwd=found.folder)
    log.append([[("messages/alice.jsonl", event("more"))]])
    log.commit()
    assert b"more" in (found.folder / "messages" / "alice.jsonl").read_bytes()
    assert clean(found.folder, git)
    assert git("fsck", cwd=found.folder) == ""
    raw = event("written there")
    append(found.folder / "events.jsonl", raw)
    assert log.remove_worktree() == []
    assert raw in raws(log)
    assert not found.folder.parent.exists()
    assert log.worktree.linkage().health is Health.NONE
    assert "a-sync" not in git("worktree", "list", cwd=Path(log.repository.path))


def test_foreign_files_are_not_deleted(log: Log, folder: Path, tmp_path: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "x").symlink_to(tmp_path)
    with pytest.raises(LogError, match=r"deep/er/x, notes\.txt"):
        log.remove_worktree()
    assert (folder / "events.jsonl").exists()
    kept = log.remove_worktree(keep=True)
    assert sorted(path.name for path in kept) == ["deep~er~x", "notes.txt"]
    assert not folder.exists()
    assert next(path for path in kept if path.name == "notes.txt").read_text() == "mine"


def test_a_locked_one_is_used_and_stays(log: Log, folder: Path, git: Git, where: Path) -> None:
    git("worktree", "lock", "--reason", "on a stick", str(folder), cwd=where)
    found = log.worktree.linkage()
    assert found.health is Health.SOUND
    assert "on a stick" in found.text
    with pytest.raises(LogError, match="unlock"):
        log.remove_worktree()
