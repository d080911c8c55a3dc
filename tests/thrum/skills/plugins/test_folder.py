"""A package is written where nothing of others is harmed, and anew without traces."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from thrum.errors import ThrumError
from thrum.skills.plugins import catalogue, folder

EACH = pytest.mark.parametrize("name", catalogue.PACKAGES)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder."""
    path = tmp_path / "plugin"
    path.mkdir()
    return path


def snapshot(place: Path) -> dict[str, tuple[int, bytes, int]]:
    return {
        str(path.relative_to(place)): (
            path.stat().st_mode & 0o777,
            path.read_bytes(),
            path.stat().st_mtime_ns,
        )
        for path in place.rglob("*")
        if path.is_file()
    }


@EACH
@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_everything_is_there_with_its_mode(tmp_path: Path, name: str, umask: int) -> None:
    before = os.umask(umask)
    try:
        folder.write(tmp_path / "a" / "b", catalogue.files(name))
    finally:
        os.umask(before)
    found = snapshot(tmp_path / "a" / "b")
    assert {path: each[:2] for path, each in found.items()} == {
        file.path: (file.mode, file.text.encode()) for file in catalogue.files(name)
    }


def test_twice_changes_nothing(place: Path) -> None:
    folder.write(place, catalogue.files("claude"))
    before = snapshot(place)
    assert folder.write(place, catalogue.files("claude")) == []
    assert snapshot(place) == before


def test_texts_of_an_older_one_go_and_those_of_others_stay(place: Path) -> None:
    folder.write(place, catalogue.files("claude"))
    old = place / "commands" / "old.md"
    old.write_bytes((place / "commands" / "send.md").read_bytes())
    mine = place / "commands" / "mine.md"
    mine.write_text("# Mine\n")
    changed = place / "commands" / "send.md"
    changed.write_text("changed")
    assert {*folder.write(place, catalogue.files("claude"))} == {old, changed}
    assert not old.exists()
    assert mine.read_text() == "# Mine\n"


@pytest.mark.parametrize("name", ["README.md", "plugin.json", ".git", "a folder/file"])
def test_a_folder_of_somebody_else_is_left_alone(place: Path, name: str) -> None:
    path = place / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    before = snapshot(place)
    with pytest.raises(ThrumError) as caught:
        folder.write(place, catalogue.files("any"))
    assert caught.value.kind == "setup"
    assert snapshot(place) == before


def test_a_file_in_its_place_is_left_alone(place: Path) -> None:
    place.rmdir()
    place.write_text("mine")
    with pytest.raises(ThrumError):
        folder.write(place, catalogue.files("any"))
    assert place.read_text() == "mine"
