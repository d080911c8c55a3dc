"""Where the shared files of a repository belong, and that they get there by themselves."""

from __future__ import annotations

import fcntl
import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from thrum import git_place, paths, relocation
from thrum.errors import ThrumError

Git = Callable[..., str]


@pytest.fixture
def proj(tmp_path: Path, git: Git) -> Path:
    """A bare repository and two worktrees, in one folder."""
    git("init", "-q", "-b", "main", "seed", cwd=tmp_path)
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=tmp_path / "seed")
    git("clone", "-q", "--bare", "seed", "proj/.bare", cwd=tmp_path)
    (tmp_path / "proj/.git").write_text("gitdir: ./.bare\n")
    git("worktree", "add", "-q", "one", "main", cwd=tmp_path / "proj")
    git("worktree", "add", "-q", "-b", "two", "two", cwd=tmp_path / "proj")
    return tmp_path / "proj"


def used(folder: Path, note: str = "") -> Path:
    """A folder in which a daemon was at work."""
    (folder / "var").mkdir(parents=True)
    (folder / "identities").mkdir()
    (folder / "identities/nux.json").write_text("{}")
    (folder / "config.json").write_text(json.dumps({"note": note}))
    (folder / "var/journal.jsonl").write_text(note)
    return folder


def place_of(root: Path) -> paths.Place:
    return paths.find(root, {})


def test_what_a_worktree_would_take_along_moves_into_the_repository(proj: Path) -> None:
    old = used(proj / "one/.thrum", "mail")
    (proj / "two/.thrum").mkdir()
    (proj / "two/.thrum/redirect").write_text(f"{old}\n")
    assert place_of(proj / "two").shared == old
    place = relocation.settled(place_of(proj / "two"))
    shared = proj / ".bare/thrum"
    assert (place.root, place.shared) == (proj / "two", shared)
    assert (shared / "var/journal.jsonl").read_text() == "mail"
    assert sorted(each.name for each in old.iterdir()) == ["identities", "redirect"]
    for each in ("one", "two"):
        assert (proj / each / ".thrum/redirect").read_text() == f"{shared}\n"
    shutil.rmtree(proj / "one")
    assert relocation.settled(place_of(proj / "two")) == place


def test_files_in_use_stay_until_their_daemon_has_ended(proj: Path) -> None:
    old = used(proj / "one/.thrum")
    with (old / "var/thrum.lock").open("w") as daemon:
        fcntl.flock(daemon, fcntl.LOCK_EX)
        assert relocation.settled(place_of(proj / "one")).shared == old
        assert not (proj / ".bare/thrum").exists()
    assert relocation.settled(place_of(proj / "one")).shared == proj / ".bare/thrum"


def test_of_several_the_one_that_was_used_last_moves(proj: Path, tmp_path: Path) -> None:
    import os

    early, late = used(proj / "one/.thrum", "early"), used(proj / "two/.thrum", "late")
    os.utime(early / "var", (1, 1))
    relocation.settled(place_of(proj / "one"))
    assert json.loads((proj / ".bare/thrum/config.json").read_text()) == {"note": "late"}
    git = git_place.of(proj / ".bare")
    assert git
    assert list(relocation.strays(git)) == [early]
    assert not (late / "var").exists()


@pytest.mark.parametrize("becomes", ["bare", "a checkout"])
def test_a_repository_that_changes_its_kind_takes_its_files_along(
    tmp_path: Path, git: Git, becomes: str
) -> None:
    git("init", "-q", "repo", cwd=tmp_path)
    repo = tmp_path / "repo"
    inside, beside = repo / ".git/thrum", repo / ".thrum"
    source, target = (beside, inside) if becomes == "bare" else (inside, beside)
    git("config", "core.bare", "false" if becomes == "bare" else "true", cwd=repo)
    used(source, "mail")
    assert relocation.settled(place_of(repo)).shared == source
    git("config", "core.bare", "true" if becomes == "bare" else "false", cwd=repo)
    found = git_place.at(repo)
    assert found
    assert relocation.settle(found) == source
    assert place_of(repo).shared == target
    assert (target / "var/journal.jsonl").read_text() == "mail"


def test_a_checkout_with_its_git_directory_elsewhere_agrees_with_its_worktrees(
    tmp_path: Path, git: Git
) -> None:
    git("init", "-q", "--separate-git-dir", "kept", "work", cwd=tmp_path)
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=tmp_path / "work")
    git("worktree", "add", "-q", "../side", cwd=tmp_path / "work")
    used(tmp_path / "work/.thrum", "mail")
    relocation.settled(place_of(tmp_path / "work"))
    for each in ("work", "side"):
        assert place_of(tmp_path / each).shared == tmp_path / "kept/thrum"


def test_what_only_came_with_a_branch_is_not_moved(proj: Path) -> None:
    (proj / "one/.thrum").mkdir()
    (proj / "one/.thrum/config.json").write_text("{}")
    git = git_place.at(proj / "one")
    assert git
    assert relocation.settle(git) is None
    assert (proj / "one/.thrum/config.json").exists()


def test_a_second_daemon_is_named_with_what_ends_it(proj: Path) -> None:
    used(proj / ".bare/thrum")
    other = used(proj / "one/.thrum")
    git = git_place.at(proj / "two")
    assert git
    relocation.refuse_second(git)
    (other / "var/thrum.pid").write_text('{"pid": 4711}')
    with (other / "var/thrum.lock").open("w") as daemon:
        fcntl.flock(daemon, fcntl.LOCK_EX)
        with pytest.raises(ThrumError, match="of its own") as refusal:
            relocation.refuse_second(git)
    assert "kill 4711" in (refusal.value.hint or "")


def test_a_disk_that_refuses_leaves_the_configuration_where_it_counts(
    proj: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = used(proj / "one/.thrum")

    def refuse(_source: Path, _target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "move", refuse)
    with pytest.raises(OSError, match="No space"):
        relocation.settled(place_of(proj / "one"))
    assert place_of(proj / "one").shared == old


def test_while_files_are_kept_free_no_daemon_begins_in_them(proj: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    (shared / "var").mkdir(parents=True)
    with relocation.kept_free(shared) as is_free, relocation.kept_free(shared) as again:
        assert (is_free, again) == (True, False)
    with relocation.kept_free(shared) as is_free:
        assert is_free
    assert stat.S_IMODE((shared / "var/thrum.lock").stat().st_mode) == 0o600
