"""An older program's worktree: it is kept in step, whatever state it is in."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import Health, Log, LogError
from gitstore.worktree import following, incoming, index_file, linkage
from tests.gitstore.worktree.conftest import append, clean, raws

Git = Callable[..., str]
Clone = Callable[[str], Path]
Event = Callable[..., bytes]
Open = Callable[..., Log]


def test_without_a_worktree_nothing_is_looked_at(
    log: Log, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linkage, "find", lambda *_a: pytest.fail("looked"))
    log.append([[("events.jsonl", event())]])
    assert log.commit()


def test_what_did_not_change_is_not_read_again(
    log: Log, folder: Path, event: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.commit()
    for module in (incoming, following):
        monkeypatch.setattr(module, "read_all", lambda _h: pytest.fail("read"))
    monkeypatch.setattr(index_file, "write", lambda *_a: pytest.fail("written"))
    assert log.commit() is None
    assert log.commit() is None


@pytest.mark.parametrize("moment", ["install", "swap", "follow", "index", "file"])
def test_killed_at_any_moment_nothing_is_lost(
    log: Log,
    folder: Path,
    event: Event,
    git: Git,
    open_log: Open,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    class Killed(BaseException):
        pass

    def killed(*_a: object, **_k: object) -> None:
        raise Killed

    theirs, ours, later = event("theirs"), event("ours"), event("later")
    append(folder / "messages" / "alice.jsonl", theirs)
    log.append([[("messages/alice.jsonl", ours)]])
    target = {
        "install": (log.mover, "_install"),
        "swap": (log.mover.ref, "swap"),
        "follow": (log.worktree.following, "_follow"),
        "index": (index_file, "write"),
        "file": (log.worktree.following, "_renew"),
    }[moment]
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(*target, killed)
        log.commit()
    append(folder / "messages" / "alice.jsonl", later)
    log.close()
    again = open_log(Path(log.repository.workdir))
    again.commit()
    again.commit()
    assert {theirs, ours, later} <= set(raws(again))
    assert raws(again).count(theirs) == 1
    assert clean(folder, git)


def damage_prune(folder: Path, where: Path, git: Git) -> None:
    shutil.rmtree(folder)


def damage_unlisted(folder: Path, where: Path, git: Git) -> None:
    shutil.rmtree(where / ".git" / "worktrees" / "a-sync")


def damage_no_marker(folder: Path, where: Path, git: Git) -> None:
    (folder / ".git").unlink()


def damage_elsewhere(folder: Path, where: Path, git: Git) -> None:
    (folder / ".git").write_text("gitdir: /somewhere/else/.git/worktrees/a-sync\n")


def damage_branch(folder: Path, where: Path, git: Git) -> None:
    git("checkout", "-q", "--detach", cwd=folder)


def damage_file(folder: Path, where: Path, git: Git) -> None:
    shutil.rmtree(folder)
    folder.write_text("x")


@pytest.mark.parametrize(
    ("damage", "health", "can_make"),
    [
        (damage_prune, Health.MISSING, True),
        (damage_unlisted, Health.UNREGISTERED, True),
        (damage_no_marker, Health.UNREGISTERED, True),
        (damage_elsewhere, Health.ELSEWHERE, True),
        (damage_branch, Health.OTHER_BRANCH, False),
        (damage_file, Health.OCCUPIED, False),
    ],
)
def test_every_state_has_a_name_and_loses_nothing(
    log: Log,
    folder: Path,
    where: Path,
    git: Git,
    event: Event,
    damage: Callable[[Path, Path, Git], None],
    health: Health,
    can_make: bool,
) -> None:
    theirs = event("theirs")
    if health in {Health.UNREGISTERED, Health.ELSEWHERE}:
        append(folder / "events.jsonl", theirs)
    damage(folder, where, git)
    found = log.worktree.linkage()
    assert found.health is health
    ours = event()
    log.append([[("events.jsonl", ours)]])
    assert log.commit()
    if health in {Health.UNREGISTERED, Health.ELSEWHERE}:
        assert theirs in raws(log)
    if not can_make:
        with pytest.raises(LogError):
            log.make_worktree()
        with pytest.raises(LogError):
            log.remove_worktree()
        return
    assert log.make_worktree().health is Health.SOUND
    assert clean(folder, git)
    damage(folder, where, git)
    log.remove_worktree()
    assert log.worktree.linkage().health is Health.NONE
    assert not folder.exists()


def test_a_repository_that_was_copied_leaves_the_first_alone(
    log: Log, folder: Path, where: Path, tmp_path: Path, git: Git, open_log: Open, event: Event
) -> None:
    log.commit()
    shutil.copytree(where, tmp_path / "copy", symlinks=True)
    index = where / ".git" / "worktrees" / "a-sync" / "index"
    before = index.read_bytes()
    copy = open_log(tmp_path / "copy")
    assert copy.worktree.linkage().health is Health.ELSEWHERE
    copy.append([[("events.jsonl", event())]])
    copy.commit()
    assert copy.make_worktree().health is Health.SOUND
    assert clean(tmp_path / "copy" / ".git" / "thrum-sync" / "a-sync", git)
    assert index.read_bytes() == before
    assert log.worktree.linkage().health is Health.SOUND


def test_a_checkout_of_the_users_own_is_named(
    log: Log, where: Path, git: Git, tmp_path: Path
) -> None:
    git("worktree", "add", "-q", str(tmp_path / "mine"), "a-sync", cwd=where)
    with pytest.raises(LogError, match="mine"):
        log.make_worktree()
