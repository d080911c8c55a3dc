"""Who a repository's daemon is."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from thrum import daemon_identity, paths, platform
from thrum.config import load
from thrum.errors import ThrumError
from thrum.ids import Ids

Git = Callable[..., str]


def place(root: Path) -> paths.Place:
    return paths.Place(root, root / ".thrum", root / ".thrum")


def test_the_daemons_id_is_made_once_and_a_shared_old_one_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    old = daemon_identity.legacy_id(platform.hostname())
    path.write_text(json.dumps({"identity": {"daemon_id": old, "repo_name": "kept"}}))
    ids = Ids(time.time_ns)
    first = daemon_identity.ensure(load(path, {}), place(tmp_path), ids, time.time_ns())
    again = daemon_identity.ensure(load(path, {}), place(tmp_path), ids, time.time_ns())
    assert first == again
    assert first.daemon_id != old
    assert first.repo_name == "kept"
    backup = json.loads((tmp_path / "config.json.pre-identity-bak").read_text())
    assert backup["identity"]["daemon_id"] == old


def test_the_legacy_id_is_the_recorded_one() -> None:
    assert daemon_identity.legacy_id("buildbox") == "d_r9mw41412e1v"


def test_a_clone_is_named_and_what_changes_is_refreshed(tmp_path: Path, git: Git) -> None:
    git("init", "-q", "repo", cwd=tmp_path)
    repository = tmp_path / "repo"
    git("remote", "add", "origin", "git@example.org:a/b.git", cwd=repository)
    path = tmp_path / "config.json"
    made = daemon_identity.ensure(load(path, {}), place(repository), Ids(lambda: 10**18), 10**18)
    assert made.repo_name == "repo"
    assert made.git_origin_url == "git@example.org:a/b.git"
    assert (made.hostname, made.repo_path) == (platform.hostname(), str(repository))
    assert made.init_at == "2001-09-09T01:46:40Z"
    git("remote", "set-url", "origin", "elsewhere", cwd=repository)
    repository.rename(tmp_path / "moved")
    moved = daemon_identity.ensure(load(path, {}), place(tmp_path / "moved"), Ids(lambda: 2), 2)
    assert moved.repo_path == str(tmp_path / "moved")
    expected = (made.daemon_id, made.init_at, made.repo_name, made.git_origin_url)
    assert (moved.daemon_id, moved.init_at, moved.repo_name, moved.git_origin_url) == expected


@pytest.mark.parametrize(
    ("folder", "name"), [("proj/.bare", "proj"), ("shop.git", "shop"), ("old/.git", "old")]
)
def test_a_bare_repository_is_called_by_what_people_call_it(
    tmp_path: Path, folder: str, name: str
) -> None:
    shared = tmp_path / folder / "thrum"
    found = paths.Place(tmp_path / folder, shared, shared)
    path = tmp_path / "config.json"
    made = daemon_identity.ensure(load(path, {}), found, Ids(time.time_ns), time.time_ns())
    assert made.repo_name == name


def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    ids = Ids(time.time_ns)
    daemon_identity.ensure(load(path, {}), place(tmp_path), ids, time.time_ns())
    before = path.stat()
    daemon_identity.ensure(load(path, {}), place(tmp_path), ids, time.time_ns())
    assert path.stat().st_ino == before.st_ino
    assert not list(tmp_path.glob("*bak"))


def test_the_first_copy_is_never_overwritten(tmp_path: Path) -> None:
    path, copy = tmp_path / "config.json", tmp_path / "config.json.pre-identity-bak"
    copy.write_text("the first")
    path.write_text(json.dumps({"identity": {"repo_name": "x"}}))
    daemon_identity.ensure(load(path, {}), place(tmp_path), Ids(time.time_ns), time.time_ns())
    assert copy.read_text() == "the first"


def test_the_copy_is_the_file_byte_by_byte_and_its_owners(tmp_path: Path) -> None:
    path, copy = tmp_path / "config.json", tmp_path / "config.json.pre-identity-bak"
    path.write_bytes(b'{"identity": {},\r\n "name": "\xc3\xa9"}\r\n')
    path.chmod(0o644)
    before = path.read_bytes()
    daemon_identity.ensure(load(path, {}), place(tmp_path), Ids(time.time_ns), time.time_ns())
    assert copy.read_bytes() == before
    assert copy.stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_kept_is_not_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"identity": {"repo_name": "x"}}))
    before = path.read_bytes()

    def refuse(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(ThrumError, match="No space left") as caught:
        daemon_identity.ensure(load(path, {}), place(tmp_path), Ids(time.time_ns), time.time_ns())
    assert caught.value.kind == "storage"
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["config.json"]


@pytest.fixture
def clone(tmp_path: Path, git: Git) -> Path:
    git("init", "-q", "repo", cwd=tmp_path)
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=tmp_path / "repo")
    return tmp_path / "repo"


def ensure(root: Path) -> daemon_identity.DaemonIdentity:
    """The identity of a clone with its files in it."""
    (root / ".thrum").mkdir(exist_ok=True)
    config = load(root / ".thrum/config.json", {})
    return daemon_identity.ensure(config, place(root), Ids(time.time_ns), time.time_ns())


def test_a_clone_that_was_cleaned_goes_on_under_its_id(clone: Path) -> None:
    first = ensure(clone)
    shutil.rmtree(clone / ".thrum")
    assert ensure(clone) == first
    shutil.rmtree(clone / ".thrum")
    renamed = clone.rename(clone.with_name("renamed"))
    assert ensure(renamed).daemon_id == first.daemon_id


def test_a_copied_folder_gets_an_id_of_its_own_and_a_renamed_one_keeps_it(clone: Path) -> None:
    first = ensure(clone)
    copy = clone.with_name("copy")
    shutil.copytree(clone, copy)
    other = ensure(copy)
    assert other.daemon_id != first.daemon_id
    assert ensure(copy) == other
    assert ensure(clone) == first
    renamed = clone.rename(clone.with_name("renamed"))
    assert ensure(renamed).daemon_id == first.daemon_id


def test_an_id_that_somebody_committed_is_not_ours(clone: Path, git: Git) -> None:
    first = ensure(clone)
    git("add", "-f", ".thrum", cwd=clone)
    git("commit", "-q", "-m", "by mistake", cwd=clone)
    git("clone", "-q", "repo", "other", cwd=clone.parent)
    other = ensure(clone.parent / "other")
    assert other.daemon_id != first.daemon_id
    git("checkout", "-q", "--", ".thrum", cwd=clone.parent / "other")
    assert ensure(clone.parent / "other") == other


def test_an_id_moves_with_the_files_of_its_repository(clone: Path, git: Git) -> None:
    first = ensure(clone)
    git("worktree", "add", "-q", "../side", cwd=clone)
    (clone / ".git/thrum/daemon.json").unlink()
    config = clone / ".thrum/config.json"
    tree = json.loads(config.read_text())
    tree["identity"]["repo_path"] = str(clone.parent / "side")
    config.write_text(json.dumps(tree))
    assert ensure(clone) == first


def test_a_note_that_cannot_be_read_is_none(clone: Path) -> None:
    first = ensure(clone)
    (clone / ".git/thrum/daemon.json").write_text("{")
    assert ensure(clone) == first
    assert (
        json.loads((clone / ".git/thrum/daemon.json").read_text())["daemon_id"] == first.daemon_id
    )
