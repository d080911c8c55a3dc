"""Who a repository's daemon is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from thrum import daemon_identity, platform
from thrum.config import load
from thrum.ids import Ids

Git = Callable[..., str]


def test_the_daemons_id_is_made_once_and_a_shared_old_one_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    old = daemon_identity.legacy_id(platform.hostname())
    path.write_text(json.dumps({"identity": {"daemon_id": old, "repo_name": "kept"}}))
    ids = Ids(time.time_ns)
    first = daemon_identity.ensure(load(path, {}), tmp_path, ids, time.time_ns())
    again = daemon_identity.ensure(load(path, {}), tmp_path, ids, time.time_ns())
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
    made = daemon_identity.ensure(load(path, {}), repository, Ids(lambda: 10**18), 10**18)
    assert made.repo_name == "repo"
    assert made.git_origin_url == "git@example.org:a/b.git"
    assert (made.hostname, made.repo_path) == (platform.hostname(), str(repository))
    assert made.init_at == "2001-09-09T01:46:40Z"
    git("remote", "set-url", "origin", "elsewhere", cwd=repository)
    repository.rename(tmp_path / "moved")
    moved = daemon_identity.ensure(load(path, {}), tmp_path / "moved", Ids(lambda: 2), 2)
    assert moved.repo_path == str(tmp_path / "moved")
    expected = (made.daemon_id, made.init_at, made.repo_name, made.git_origin_url)
    assert (moved.daemon_id, moved.init_at, moved.repo_name, moved.git_origin_url) == expected


def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    ids = Ids(time.time_ns)
    daemon_identity.ensure(load(path, {}), tmp_path, ids, time.time_ns())
    before = path.stat()
    daemon_identity.ensure(load(path, {}), tmp_path, ids, time.time_ns())
    assert path.stat().st_ino == before.st_ino
    assert not list(tmp_path.glob("*bak"))


def test_the_first_copy_is_never_overwritten(tmp_path: Path) -> None:
    path, copy = tmp_path / "config.json", tmp_path / "config.json.pre-identity-bak"
    copy.write_text("the first")
    path.write_text(json.dumps({"identity": {"repo_name": "x"}}))
    daemon_identity.ensure(load(path, {}), tmp_path, Ids(time.time_ns), time.time_ns())
    assert copy.read_text() == "the first"
