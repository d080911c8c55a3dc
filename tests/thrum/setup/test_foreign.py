"""A file that belongs to somebody else is replaced whole, or left alone and named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from thrum.setup import foreign
from thrum.setup.foreign import Obstacle

UNBOUND = pytest.mark.skipif(os.geteuid() == 0, reason="root may touch everything")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "home" / "settings.json"
    path.parent.mkdir()
    path.write_text("{}\n")
    path.chmod(0o640)
    return path


def test_bytes_and_mode_are_those_of_the_file(file: Path) -> None:
    found = foreign.read(file)
    assert (found.raw, found.mode, found.path) == (b"{}\n", 0o640, file)
    foreign.replace(found, b"{ }")
    assert file.read_bytes() == b"{ }"
    assert file.stat().st_mode & 0o777 == 0o640
    assert list(file.parent.iterdir()) == [file]


def test_a_file_that_is_not_there_is_made_with_its_folders(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "new.json"
    found = foreign.read(path, 0o600)
    assert foreign.missing_folders(path) == [tmp_path / "a", tmp_path / "a" / "b"]
    foreign.replace(found, b"x")
    assert path.stat().st_mode & 0o777 == 0o600
    foreign.replace(foreign.read(path), None)
    assert not path.exists()


@pytest.mark.parametrize("raw", [b"\xef\xbb\xbf{}\n", b"\xef\xbb\xbf", b"{}\r\n", b""])
def test_the_encoding_stays(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(raw)
    found = foreign.read(path)
    assert "\ufeff" not in found.text
    assert found.encoded(found.text) == raw


def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path, file: Path) -> None:
    link, far = tmp_path / "link.json", tmp_path / "far.json"
    link.symlink_to(far)
    far.symlink_to(file)
    found = foreign.read(link)
    foreign.replace(found, b"[]")
    assert link.is_symlink()
    assert far.is_symlink()
    assert file.read_bytes() == b"[]"


def obstacle(path: Path) -> str:
    with pytest.raises(Obstacle) as raised:
        foreign.read(path)
    assert str(path) in str(raised.value)
    return raised.value.why


def test_what_is_in_the_way_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.symlink_to(tmp_path / "nowhere")
    assert obstacle(path) == "is a link that leads nowhere"
    path.unlink()
    path.symlink_to(path)
    assert obstacle(path)
    path.unlink()
    path.mkdir()
    assert obstacle(path) == "is no regular file"
    path.rmdir()
    os.mkfifo(path)
    assert obstacle(path) == "is no regular file"
    path.unlink()
    path.write_bytes(b"\xff\xfe{\x00}\x00")
    assert obstacle(path) == "is no UTF-8 text"
    with path.open("wb") as big:
        big.truncate(foreign.LARGEST + 1)
    assert "more than" in obstacle(path)
    path.write_bytes(b"{}")
    path.chmod(0o444)
    assert obstacle(path) == "is read-only"


def test_a_file_where_a_folder_should_be_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / ".claude").write_text("not a folder")
    assert obstacle(tmp_path / ".claude" / "settings.json")


@UNBOUND
def test_a_folder_without_permission_is_in_the_way(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / "x.json").write_text("{}")
    closed.chmod(0o500)
    found = foreign.read(closed / "x.json")
    with pytest.raises(Obstacle, match="may not be touched"):
        foreign.replace(found, b"[]")
    closed.chmod(0o000)
    assert obstacle(closed / "x.json") == "may not be touched by you"
    closed.chmod(0o700)


def test_who_wrote_meanwhile_is_not_overwritten(file: Path) -> None:
    found = foreign.read(file)
    file.write_text("[1]")
    with pytest.raises(Obstacle, match="meanwhile"):
        foreign.replace(found, b"{}")
    assert file.read_text() == "[1]"
    absent = foreign.read(file.with_name("y"))
    absent.path.write_text("theirs")
    with pytest.raises(Obstacle, match="meanwhile"):
        foreign.replace(absent, b"ours")
    assert absent.path.read_text() == "theirs"


def test_what_a_killed_one_left_beside_a_file_goes(file: Path) -> None:
    stranger = file.with_name(".other.json.12345678.thrum-tmp")
    mine = file.with_name(f".{file.name}.12345678.thrum-tmp")
    for each in (stranger, mine):
        each.write_text("half")
    foreign.sweep(file)
    assert sorted(file.parent.iterdir()) == sorted([file, stranger])
    foreign.sweep(file.parent / "nowhere" / "x")
