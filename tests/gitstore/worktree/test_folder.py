"""The folder with the branch's files: nothing is written outside it, and no file is ever half."""

from __future__ import annotations

from pathlib import Path

import pytest
from pygit2.enums import FileMode

from gitstore import Format, Health, Linkage
from gitstore.worktree.files import signature_of
from gitstore.worktree.folder import Folder


@pytest.fixture
def folder(common: Path, made: Linkage) -> Folder:
    return Folder(common, Format(), lambda _s: None)


def test_it_is_where_git_has_it(folder: Folder, made: Linkage) -> None:
    assert folder.exists
    assert folder.path == made.folder
    assert folder.linkage().health is Health.SOUND
    assert made.admin
    assert folder.index == made.admin / "index"


def test_without_one_there_is_no_index(tmp_path: Path) -> None:
    folder = Folder(tmp_path, Format(), lambda _s: None)
    assert not folder.exists
    assert folder.index is None
    assert list(folder.files()) == []


def test_only_files_of_a_log_are_its_files(folder: Folder) -> None:
    for name in ("events.jsonl", "messages/alice.jsonl", "state/agents/a.json", "context/a.md"):
        file = folder.path / name
        folder.make(file.parent)
        file.touch()
    assert [path for path, _ in folder.files()] == [
        "events.jsonl",
        "messages/alice.jsonl",
        "state/agents/a.json",
    ]


def test_a_file_is_replaced_as_a_whole(folder: Folder) -> None:
    file = folder.path / "run"
    for data, mode, bits in (
        (b"one", FileMode.BLOB, 0o600),
        (b"longer", FileMode.BLOB_EXECUTABLE, 0o700),
    ):
        folder.new_file.write_bytes(b"left by one who was killed")
        assert folder.put(file, data, mode) == signature_of(file.stat())
        assert file.read_bytes() == data
        assert file.stat().st_mode & 0o777 == bits
        assert not folder.new_file.exists()


def test_no_link_leads_out_of_it(folder: Folder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder.path / "messages").symlink_to(outside)
    with pytest.raises(NotADirectoryError):
        folder.put(folder.path / "messages" / "x", b"", FileMode.BLOB)
    with pytest.raises(NotADirectoryError):
        folder.make(folder.path / "messages" / "deep")
    with pytest.raises(NotADirectoryError):
        folder.make(outside / "deep")
    assert list(outside.iterdir()) == []
