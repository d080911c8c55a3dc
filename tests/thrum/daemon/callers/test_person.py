"""Whose machine it is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from thrum import platform
from thrum.daemon.callers import person


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A repository in a world where git knows nobody."""
    for name in ("HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setattr("pygit2.Repository", OwnSettings)
    made = tmp_path / "made"
    subprocess.run(["git", "init", "-q", str(made)], check=True)
    return str(made)


class OwnSettings:
    """A repository with its own settings alone, whatever this machine's people have set."""

    def __init__(self, path: str) -> None:
        listed = subprocess.run(
            ["git", "config", "--file", f"{path}/.git/config", "--list"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        self.config = dict(line.split("=", 1) for line in listed.splitlines())


def config(repository: str, key: str, value: str) -> None:
    subprocess.run(["git", "-C", repository, "config", key, value], check=True)


def test_the_address_counts_then_the_name_then_the_account(
    alone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "max")
    assert person.owner(alone) == f"max@{platform.hostname()}"
    config(alone, "user.name", "Max Rockatansky")
    assert person.owner(alone) == "Max Rockatansky"
    config(alone, "user.email", "Max@Example.org")
    assert person.owner(alone) == "max@example.org"
    assert person.git_user(alone) == ("Max Rockatansky", "Max@Example.org")


def test_an_account_without_a_name_is_nobody(alone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", unknown)
    assert person.owner(alone) == ""
