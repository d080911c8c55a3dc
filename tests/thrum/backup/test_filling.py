"""Files of a backup that are as in the one before are the same files."""

from __future__ import annotations

from pathlib import Path

import pytest

from thrum.backup.filling import Filling
from thrum.backup.manifest import Entry


@pytest.fixture
def first(tmp_path: Path) -> Filling:
    found = Filling(tmp_path / "first", tmp_path / "none", {})
    found.write("a/one.jsonl", (b"x\n", b"y\n"))
    found.log_file("messages/ann.jsonl", "1234", lambda: b"1\n2\n3\n")
    return found


def after(first: Filling) -> Filling:
    return Filling(first.folder.with_name("second"), first.folder, first.files)


def is_shared(one: Filling, other: Filling, name: str) -> bool:
    return (one.folder / name).samefile(other.folder / name)


def test_what_holds_the_same_is_the_same_file(first: Filling) -> None:
    second = after(first)
    second.write("a/one.jsonl", (b"x\ny\n",))
    assert second.log_file("messages/ann.jsonl", "1234", unread) == 3
    assert all(is_shared(first, second, name) for name in first.files)
    assert second.files == first.files
    left = sorted(each.name for each in second.folder.rglob("*") if each.is_file())
    assert left == ["ann.jsonl", "one.jsonl"]


def unread() -> bytes:
    raise AssertionError("nobody has to read it")


def test_what_is_another_is_written(first: Filling) -> None:
    second = after(first)
    second.write("a/one.jsonl", (b"z\n",))
    assert second.log_file("messages/ann.jsonl", "5678", lambda: b"1\n2\n3\n4\n") == 4
    assert not any(is_shared(first, second, name) for name in first.files)
    assert (first.folder / "a/one.jsonl").read_bytes() == b"x\ny\n"
    assert (second.folder / "a/one.jsonl").stat().st_mode & 0o777 == 0o600


def test_what_was_damaged_since_is_written_anew(first: Filling) -> None:
    path = first.folder / "messages/ann.jsonl"
    path.write_bytes(b"1\n2\n4\n")
    second = after(first)
    second.log_file("messages/ann.jsonl", "1234", lambda: b"1\n2\n3\n")
    assert (second.folder / "messages/ann.jsonl").read_bytes() == b"1\n2\n3\n"
    (first.folder / "a/one.jsonl").unlink()
    second.write("a/one.jsonl", (b"x\ny\n",))
    assert (second.folder / "a/one.jsonl").read_bytes() == b"x\ny\n"


def test_lines_are_counted_where_the_backup_before_did_not(first: Filling) -> None:
    was = first.files["messages/ann.jsonl"]
    first.files["messages/ann.jsonl"] = Entry(was.size, was.sha256, was.blob)
    assert after(first).log_file("messages/ann.jsonl", "1234", unread) == 3
