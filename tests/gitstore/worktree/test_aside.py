"""What does not come in is kept where nothing overwrites it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitstore import Format, Reader
from gitstore.worktree.aside import Aside


@pytest.fixture
def aside(tmp_path: Path) -> Aside:
    return Aside(tmp_path / "kept", Reader(Format()))


def test_only_an_end_that_is_no_line_is_kept(aside: Aside) -> None:
    whole = b'{"event_id":"evt_1"}\n'
    aside.keep_end("messages/alice.jsonl", whole)
    aside.keep_end("messages/alice.jsonl", whole + b'{"event_id":"evt_2"}')
    assert not aside.path.exists()
    for end in (b'{"event_', b"?"):
        aside.keep_end("messages/alice.jsonl", whole + end)
    kept = {path.name: path.read_bytes() for path in aside.path.iterdir()}
    assert kept == {"torn-alice.jsonl": b'{"event_', "torn-alice.jsonl.2": b"?"}
    assert {path.stat().st_mode & 0o777 for path in aside.path.iterdir()} == {0o600}
    assert aside.path.stat().st_mode & 0o777 == 0o700


def test_files_in_the_way_are_moved_under_names_of_their_own(aside: Aside, tmp_path: Path) -> None:
    for text, name in (("1", "deep~er.txt"), ("2", "deep~er.txt.2")):
        file = tmp_path / "er.txt"
        file.write_text(text)
        assert aside.move("deep/er.txt", file) == aside.path / name
        assert not file.exists()
        assert (aside.path / name).read_text() == text
