"""Small files that anybody may have put there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import descriptors
from thrum import small_file


def test_text_and_object(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text('{"ü": 1}', encoding="utf-8")
    assert small_file.text(path) == '{"ü": 1}'
    assert small_file.json_object(path) == {"ü": 1}


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"\xff", b"[" * 100_000, b"9" * 5_000])
def test_what_is_no_object_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(text)
    with pytest.raises(ValueError):
        small_file.json_object(path)


def test_a_link_is_followed_only_where_that_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("{}")
    (tmp_path / "link").symlink_to("file")
    assert small_file.text(tmp_path / "link") == "{}"
    assert small_file.json_object(tmp_path / "file", follows=False) == {}
    for read in (small_file.text, small_file.json_object):
        with pytest.raises(ValueError, match="no regular file"):
            read(tmp_path / "link", follows=False)
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "absent", follows=False)


def test_nothing_is_read_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        with pytest.raises(ValueError, match="no regular file"):
            small_file.text(path)
    monkeypatch.setattr(small_file, "MOST", 10)
    large = tmp_path / "large"
    large.write_text("x" * 10)
    assert small_file.text(large) == "x" * 10
    large.write_text("x" * 11)
    with pytest.raises(ValueError, match="more than 10 bytes"):
        small_file.text(large)


@descriptors.listed
def test_whatever_it_is_nothing_stays_open(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "binary").write_bytes(b"\xff")
    (tmp_path / "link").symlink_to(tmp_path)
    before = descriptors.files()
    for path in (tmp_path, *tmp_path.iterdir(), tmp_path / "absent", Path("/dev/zero")):
        for _ in range(3):
            with pytest.raises((OSError, ValueError)):
                small_file.text(path)
    assert descriptors.files() == before


def test_what_the_system_says_is_passed_on(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        small_file.text(tmp_path / "absent")
    with pytest.raises(IsADirectoryError):
        small_file.text(tmp_path)
