"""Files that are replaced as a whole, and the lock of a folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from thrum import atomic
from thrum.errors import ThrumError


def test_a_failed_replacement_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f"
    atomic.replace(path, "old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        atomic.replace(path, "new")
    assert path.read_text() == "old"
    assert {each.name for each in tmp_path.iterdir()} == {"f", "home-of-test"}


def test_a_lock_that_is_not_given_back_is_not_waited_for_without_end(tmp_path: Path) -> None:
    passed = iter(range(100))
    with atomic.locked(tmp_path):
        with (
            pytest.raises(ThrumError) as refusal,
            atomic.locked(
                tmp_path, patience=3, monotonic=lambda: next(passed), sleep=lambda _: None
            ),
        ):
            pass
        assert refusal.value.kind == "busy"
        assert next(passed) == 4
    with atomic.locked(tmp_path, patience=0):
        pass
