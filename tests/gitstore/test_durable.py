"""Bytes are made durable by the strongest way that a system and its file system have."""

from __future__ import annotations

import errno
import fcntl
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gitstore import durable
from thrum import platform

ROOT = Path(__file__).parents[2]
Sync = Callable[[int], None]
SYNCS = pytest.mark.parametrize("sync", [durable.sync, durable.sync_data, platform.sync])


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the system was asked for."""
    calls: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda _handle: calls.append("fsync"))
    monkeypatch.setattr(os, "fdatasync", lambda _handle: calls.append("fdatasync"), raising=False)
    return calls


@SYNCS
def test_macos_writes_out_the_memory_of_the_disk(
    sync: Sync, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda _handle, request: told.append(str(request)))
    sync(7)
    assert told == ["51"]


@SYNCS
def test_a_file_system_without_that_does_what_it_can(
    sync: Sync, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_handle: int, _request: int) -> None:
        raise OSError(errno.ENOTSUP, "no")

    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", refuse)
    sync(7)
    assert told == ["fdatasync" if sync is durable.sync_data else "fsync"]


@SYNCS
def test_elsewhere_it_is_what_the_system_has(
    sync: Sync, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(fcntl, "F_FULLFSYNC", raising=False)
    sync(7)
    assert told == ["fdatasync" if sync is durable.sync_data else "fsync"]


@SYNCS
def test_a_disk_that_refuses_is_heard(sync: Sync) -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        sync(2**20)


def test_nobody_goes_past_it() -> None:
    places = {Path("gitstore/durable.py"), Path("thrum/platform.py")}
    found = {
        path.relative_to(ROOT)
        for package in ("gitstore", "thrum")
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"\bf(?:data)?sync\(|os\.f(?:data)?sync\b", path.read_text())
    }
    assert found <= places
