"""The note of the commit that the files were last in step with."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitstore.worktree.marker import Marker

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def test_what_is_noted_is_known_to_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "note"
    assert Marker(path).known() is None
    Marker(path).store(COMMIT)
    again = Marker(path)
    assert again.at is None
    assert again.known() == again.at == COMMIT
    assert list(tmp_path.glob("note*")) == [path]


def test_a_process_believes_itself_before_the_note(tmp_path: Path) -> None:
    marker = Marker(tmp_path / "note", at="f" * 40)
    marker.store(COMMIT)
    assert (marker.known(), marker.stored()) == ("f" * 40, COMMIT)


def test_the_same_note_is_not_written_again(tmp_path: Path) -> None:
    marker = Marker(tmp_path / "note")
    marker.store(COMMIT)
    before = marker.path.stat().st_ino
    marker.store(COMMIT)
    assert marker.path.stat().st_ino == before
    marker.store("f" * 40)
    assert marker.stored() == "f" * 40


@pytest.mark.parametrize("text", ["", COMMIT[:-1], f"{COMMIT}0", "HEAD", f"{COMMIT}\n{COMMIT}"])
def test_a_note_that_names_no_commit_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "note").write_text(text)
    assert Marker(tmp_path / "note").known() is None
