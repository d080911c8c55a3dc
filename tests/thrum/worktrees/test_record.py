"""What is being done, noted before it is done."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from thrum.worktrees.record import Record, Records


def test_noted_read_and_ended(tmp_path: Path) -> None:
    records = Records(tmp_path / "worktrees")
    assert records.all() == {}
    record = Record("create", "/w/nux", "feature/nux", "c0ffee", made=True, agents=["nux"])
    with records.held("nux"):
        assert records.read("nux") is None
        records.write("nux", record)
        assert records.read("nux") == record
    assert records.all() == {"nux": record}
    records.clear("nux")
    records.clear("nux")
    assert records.all() == {}
    assert (tmp_path / "worktrees").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("text", ["", "{", "[]", '{"doing": "dance", "path": "/"}', '{"path": 3}'])
def test_what_is_none_counts_for_nothing(tmp_path: Path, text: str) -> None:
    records = Records(tmp_path)
    (tmp_path / "nux").mkdir()
    (tmp_path / "nux/unfinished.json").write_text(text)
    assert records.read("nux") is None


def test_one_at_a_time_for_each_name(tmp_path: Path) -> None:
    records, order = Records(tmp_path), []
    inside, go_on = threading.Event(), threading.Event()

    def first() -> None:
        with records.held("nux"):
            inside.set()
            go_on.wait(30)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait(30)
    with records.held("toast"):
        order.append("another name")
    go_on.set()
    with records.held("nux"):
        order.append("second")
    thread.join()
    assert order == ["another name", "first", "second"]
