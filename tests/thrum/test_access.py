"""Why the system keeps a process from something, and what helps."""

from __future__ import annotations

import errno
import os
import shlex
from pathlib import Path

import pytest

from thrum import access


@pytest.fixture
def me(monkeypatch: pytest.MonkeyPatch) -> int:
    """Another account than the one that owns the files of the test."""
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    return 4711


@pytest.mark.parametrize("number", [errno.EPERM, errno.ENOSYS, errno.EAFNOSUPPORT])
def test_what_a_sandbox_forbids_is_not_laid_on_the_daemon(tmp_path: Path, number: int) -> None:
    refused = access.to_socket(OSError(number, os.strerror(number)), tmp_path / "thrum.sock")
    assert refused
    assert refused.kind == "sandbox"
    assert os.strerror(number) in refused.message
    assert "daemon" not in (refused.hint or "")


@pytest.mark.parametrize("number", [errno.ENOENT, errno.ECONNREFUSED, errno.EIO])
def test_what_says_something_of_the_daemon_is_left_to_others(tmp_path: Path, number: int) -> None:
    assert access.to_socket(OSError(number, "x"), tmp_path / "thrum.sock") is None


def test_rights_that_lack_on_our_own_socket_are_a_sandbox(tmp_path: Path) -> None:
    refused = access.to_socket(PermissionError(errno.EACCES, "x"), tmp_path / "thrum.sock")
    assert refused
    assert refused.kind == "sandbox"


@pytest.mark.parametrize("owner", [0, 4712])
def test_another_accounts_files_are_named_with_what_helps(
    tmp_path: Path, me: int, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "_owner", lambda path: owner if path.exists() else None)
    var = tmp_path / ".thrum" / "var"
    var.mkdir(parents=True)
    error = PermissionError(errno.EACCES, "Permission denied", str(var / "messages.db"))
    refused = access.to_file(error)
    assert refused
    assert refused.kind == "system"
    if owner:
        assert "4712" in refused.message
        assert "git clone" in (refused.hint or "")
    else:
        assert refused.hint == f"take it back with `sudo chown -R {me} {tmp_path}/.thrum`"
    assert access.to_socket(error, var / "thrum.sock") is not None


def test_our_own_files_and_other_errors_are_no_matter_of_accounts(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    assert access.to_file(PermissionError(errno.EACCES, "x", str(tmp_path / "x"))) is None
    assert access.to_file(OSError(errno.ENOSPC, "x", str(tmp_path / "x"))) is None
    assert access.to_file(PermissionError(errno.EACCES, "x")) is None


@pytest.mark.parametrize("owner", [0, 4712])
def test_who_may_not_read_anothers_file_is_not_told_to_change_its_mode(
    tmp_path: Path, me: int, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "_owner", lambda path: owner if path.exists() else None)
    (tmp_path / ".thrum").mkdir()
    path = tmp_path / ".thrum" / "nux.json"
    error = PermissionError(errno.EACCES, "Permission denied", str(path))
    said = access.what_helps(error, path, "correct the file") or ""
    assert ("sudo chown" in said, "git clone" in said) == (owner == 0, owner != 0)
    assert "chmod" not in said
    assert "correct" not in said
    assert access.what_helps(ValueError("no JSON"), path, "correct the file") == "correct the file"


def test_what_is_to_be_typed_is_one_word_to_a_shell(
    tmp_path: Path, me: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "$(touch hit) 'x"
    path.mkdir()
    for owner, command in ((os.geteuid(), "chmod u+rwx "), (0, f"`sudo chown -R {me} ")):
        monkeypatch.setattr(access, "_owner", lambda _path, owner=owner: owner)
        said = access.what_helps(PermissionError(errno.EACCES, "x", str(path)), path) or ""
        words = shlex.split(said.partition(command)[2].removesuffix("`"))
        assert words == [str(path)]


@pytest.mark.parametrize(("name", "mode"), [("", "u+rwx"), ("x", "u+rw"), ("gone", "u+rw")])
def test_the_mode_of_ones_own_file_is_what_helps(tmp_path: Path, name: str, mode: str) -> None:
    (tmp_path / "x").touch()
    path = tmp_path / name
    error = PermissionError(errno.EACCES, "Permission denied", str(path))
    assert access.what_helps(error, path, "x") == f"give yourself access: chmod {mode} {path}"
    assert access.what_helps(OSError(errno.EIO, "x"), path) is None


def test_an_account_is_called_by_its_name_if_it_has_one() -> None:
    assert access.name_of(0) == "root"
    assert access.name_of(4_000_000_000) == "4000000000"
