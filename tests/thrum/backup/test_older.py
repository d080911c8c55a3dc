"""What older programs put aside."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitstore import Line
from tests.thrum.backup import olden
from thrum.backup import manifest
from thrum.backup.older import Older
from thrum.errors import ThrumError


@pytest.fixture
def older(tmp_path: Path) -> Older:
    folder = olden.backup(tmp_path / "backup")
    return Older(folder, manifest.whole(folder))


def again(older: Older) -> Older:
    return Older(older.folder, manifest.whole(older.folder))


def test_its_files_are_named_and_its_lines_read(older: Older) -> None:
    assert manifest.read(older.folder).is_older
    assert "config/context/carl.md" in older.about.files
    assert manifest.FILE not in older.about.files
    assert [line.path for line in older.lines()] == ["events.jsonl"] * 2 + 3 * [
        "messages/bob.jsonl"
    ]
    assert not list(older.faults())


def test_what_is_cut_off_is_found_and_what_nobody_reads_left_out(older: Older) -> None:
    path = older.folder / "messages/bob.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([lines[0], "no event\n", lines[2]]))
    assert len(list(again(older).lines())) == 4
    assert not list(again(older).faults())
    path.write_text(lines[0])
    assert "3 lines" in " ".join(again(older).faults())
    path.unlink()
    assert "0 message files" in " ".join(again(older).faults())


def test_links_are_no_files_of_it(older: Older) -> None:
    (older.folder / "config/context/link.md").symlink_to("/etc/passwd")
    (older.folder / "config/identities").rename(older.folder / "elsewhere")
    (older.folder / "config/identities").symlink_to(older.folder / "elsewhere")
    assert not {"config/context/link.md", "config/identities/carl.json"} & {
        *again(older).about.files
    }


def test_what_was_read_is_told_once(older: Older) -> None:
    ((shard, raw),) = older.receipts(older.lines())
    assert shard == f"messages/{olden.READER}.jsonl"
    assert b'"timestamp":"2026-02-02T03:04:05.000000000Z"' in raw
    told = [*older.lines(), Line(shard, -1, raw)]
    assert not list(older.receipts(told))
    assert list(older.receipts(older.lines())) == [(shard, raw)], "the id is always the same"
    assert not list(older.receipts([])), "of a message that is not here"
    (older.folder / "local/message_reads.jsonl").write_text('{"agent_id": "../x"}\n')
    with pytest.raises(ThrumError, match="line 1 of"):
        list(again(older).receipts(older.lines()))
