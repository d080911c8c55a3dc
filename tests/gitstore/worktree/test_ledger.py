"""What is known of files, and what is said of those that could not be had."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitstore.worktree.files import signature_of
from gitstore.worktree.ledger import Ledger, Seen


def test_what_was_read_counts_when_it_has_come_in(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"{}\n")
    ledger = Ledger(fresh={"events.jsonl": Seen(signature_of(file.stat()), "blob")})
    assert ledger.stat_of("events.jsonl", file, "blob") is None
    ledger.came_in()
    assert ledger.fresh == {}
    assert ledger.stat_of("events.jsonl", file, "blob") == file.stat()
    assert ledger.stat_of("events.jsonl", file, "another") is None
    file.write_bytes(b"{}\n{}\n")
    assert ledger.stat_of("events.jsonl", file, "blob") is None


def test_it_is_overtaken_by_files_that_can_be_had() -> None:
    ledger = Ledger(behind={"a"})
    assert ledger.is_overtaken
    ledger.complain("a", OSError("locked"))
    assert not ledger.is_overtaken


def test_the_same_complaint_is_made_once(caplog: pytest.LogCaptureFixture) -> None:
    ledger = Ledger()
    for _ in range(2):
        ledger.complain("a\udcff", OSError(13, "Permission denied"))
    assert ledger.trouble == {"a\udcff": "Permission denied"}
    assert caplog.text.count("a\\xff: Permission denied") == 1
    ledger.complain("index", FileExistsError(17, "File exists", "/x/index.lock"))
    assert "/x/index.lock is held by another program" in ledger.trouble["index"]
