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


@pytest.mark.parametrize("text", ["", "ü\n", "a\udcff", "x" * 100_000])
def test_a_file_is_replaced_whole_and_closed_to_others(tmp_path: Path, text: str) -> None:
    path = tmp_path / "f"
    path.write_text("the old one, and open")
    path.chmod(0o666)
    atomic.replace(path, text)
    assert path.read_bytes() == text.encode(errors="surrogateescape")
    assert path.stat().st_mode & 0o777 == 0o600
    atomic.replace(path, text, mode=0o640)
    assert path.stat().st_mode & 0o777 & ~0o640 == 0


def test_a_link_is_replaced_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("somebody's")
    (tmp_path / "link").symlink_to(target)
    atomic.replace(tmp_path / "link", "new")
    assert target.read_text() == "somebody's"
    assert not (tmp_path / "link").is_symlink()


def test_content_is_durable_before_the_name_and_the_name_before_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f"
    path.write_text("old")
    seen: list[tuple[str, str]] = []
    fsync = os.fsync

    def noted(handle: int) -> None:
        kind = "folder" if Path(f"/dev/fd/{handle}").is_dir() else "file"
        seen.append((kind, path.read_text()))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", noted)
    atomic.replace(path, "new")
    assert seen == [("file", "old"), ("folder", "new")]


def test_what_counts_for_this_life_only_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "f"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", None)
    atomic.replace(path, "new", lasts=False)
    assert path.read_text() == "new"
    assert not list(tmp_path.glob("*.tmp"))


def test_a_lock_is_given_back_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError), atomic.locked(tmp_path):
        raise KeyError
    with atomic.locked(tmp_path, patience=0):
        pass
    with pytest.raises(FileNotFoundError), atomic.locked(tmp_path / "absent"):
        pass


def test_no_handle_is_left_open(tmp_path: Path) -> None:
    before = set(Path("/dev/fd").iterdir())
    for _ in range(50):
        atomic.replace(tmp_path / "f", "text")
        with atomic.locked(tmp_path):
            pass
    assert len(set(Path("/dev/fd").iterdir()) - before) < 5


def test_what_the_killed_left_goes_after_a_while_and_nothing_else(tmp_path: Path) -> None:
    names = [".numbers.0a1b2c3d.tmp", ".new.0a1b2c3d.tmp", ".notes.tmp", "a.0a1b2c3d.tmp"]
    for name in names:
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (1000, 1000))
    os.utime(tmp_path / names[1], (4000, 4000))
    (tmp_path / ".gone.0a1b2c3d.tmp").symlink_to("nowhere")
    atomic.clear(tmp_path, 5000)
    left = {path.name for path in tmp_path.iterdir()} - {"home-of-test"}
    assert left == {*names[1:], ".gone.0a1b2c3d.tmp"}
    atomic.clear(tmp_path / "none", 5000)
