"""What we write in a shared repository has the modes that git would have given it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from gitstore import Log
from gitstore import log as log_module
from gitstore.sharing import Sharing

Git = Callable[..., str]
Open = Callable[..., Log]
Event = Callable[..., bytes]

VALUES = ["false", "umask", "true", "group", "1", "all", "world", "2", "0640", "0660", "0600", "0"]


@pytest.fixture(params=[0o077, 0o022, 0o002], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """The umask of whoever writes."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(path: Path) -> tuple[str, str]:
    """Of a file and of the folder that it is in."""
    return oct(path.stat().st_mode), oct(path.parent.stat().st_mode)


def loose(store: Path, id: str) -> Path:
    return store / id[:2] / id[2:]


@pytest.mark.parametrize("value", VALUES)
def test_objects_and_refs_are_as_those_of_git(
    value: str, umask: int, git: Git, open_log: Open, event: Event, tmp_path: Path
) -> None:
    where = tmp_path / "one"
    git("init", "-q", str(where), cwd=tmp_path)
    git("config", "core.sharedRepository", value, cwd=where)
    (where / "file").write_text("a")
    ours = where / ".git"
    written = git("hash-object", "-w", "file", cwd=where).strip()
    tree = git("write-tree", cwd=where).strip()
    commit = git("commit-tree", "-m", "one", tree, cwd=where).strip()
    git("update-ref", "refs/heads/team/git", commit, cwd=where)
    log = open_log(where)
    log.append([[("messages/furiosa.jsonl", event())]])
    tip = log.commit()
    assert tip is not None
    blob = git("rev-parse", f"{log.tip}:messages/furiosa.jsonl", cwd=where).strip()
    os.umask(umask)
    assert modes(loose(ours / "objects", blob)) == modes(loose(ours / "objects", written))
    assert modes(loose(ours / "objects", log.tip)) == modes(loose(ours / "objects", written))
    theirs = ours / "refs" / "heads" / "team" / "git"
    assert modes(ours / "refs" / "heads" / "a-sync")[0] == modes(theirs)[0]
    deep = replace(log.mover.ref, name="refs/heads/crew/ours")
    assert deep.swap(None, log.tip)
    assert modes(deep.path) == modes(theirs)


def test_packs_are_as_those_of_git(
    umask: int,
    git: Git,
    open_log: Open,
    event: Event,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_module, "PACK_AT", 2)
    where = tmp_path / "one"
    git("init", "-q", "--shared=group", str(where), cwd=tmp_path)
    log = open_log(where)
    for number in range(4):
        log.append([[("messages/furiosa.jsonl", event(f"message {number}"))]])
        log.commit()
    assert log.tidy()
    packs = where / ".git" / "objects" / "pack"
    ours = {oct(path.stat().st_mode) for path in packs.glob("pack-*")}
    for path in packs.glob("pack-*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o040
    git("repack", "-adq", cwd=where)
    theirs = {oct(path.stat().st_mode) for path in packs.glob("pack-*.pack")}
    assert ours == theirs


@pytest.mark.parametrize("value", ["nonsense", "0066", "", "08"])
def test_what_git_would_refuse_changes_nothing(value: str) -> None:
    assert Sharing.meant(value) == Sharing()


def test_what_is_gone_or_needs_nothing_is_let_be(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch(mode=0o664)
    file.chmod(0o664)
    changed = file.stat().st_ctime_ns
    Sharing(0o660).apply(file, tmp_path / "gone")
    assert file.stat().st_ctime_ns == changed


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_somebody_else_is_let_be(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    file.chmod(0o600)
    os.chown(file, 4001, 4001)
    Sharing(0o660).apply(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
