"""Files of bounded size, for the account alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from thrum.daemon.monitors.output_log import OutputLog


def test_lines_come_back(tmp_path: Path) -> None:
    log = OutputLog(tmp_path / "var" / "a.log")
    assert log.tail(5) == []
    log.write(["one", "é"])
    log.write([])
    log.write(["three"])
    assert (log.tail(2), log.tail(0), log.tail(9)) == (
        ["é", "three"],
        ["one", "é", "three"],
        ["one", "é", "three"],
    )


def test_it_is_bounded_and_keeps_the_newest(tmp_path: Path) -> None:
    log = OutputLog(tmp_path / "var" / "a.log", largest=1000)
    for number in range(500):
        log.write([f"line {number}"])
    files = sorted(log.path.parent.iterdir())
    assert files == [log.path, log.before]
    assert all(file.stat().st_size < 1100 for file in files)
    lines = log.tail(0)
    assert lines[-1] == "line 499"
    assert lines == [f"line {n}" for n in range(500 - len(lines), 500)]
    log.remove()
    assert list(log.path.parent.iterdir()) == []
    log.remove()


def test_nobody_else_reads(tmp_path: Path) -> None:
    log = OutputLog(tmp_path / "var" / "a.log", largest=1)
    log.write(["x"])
    log.write(["y"])
    log.write(["z"])
    for path in (log.before, log.path.parent):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


def test_what_cannot_be_written_is_told_and_forgotten_once_it_can(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("in the way")
    log = OutputLog(tmp_path / "var" / "a.log")
    log.write(["x"])
    assert "cannot be kept" in log.trouble
    (tmp_path / "var").unlink()
    log.write(["y"])
    assert (log.trouble, log.tail(0)) == ("", ["y"])


def test_no_link_is_followed(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("mine")
    log = OutputLog(tmp_path / "a.log")
    log.path.symlink_to(target)
    log.write(["x"])
    assert (target.read_text(), bool(log.trouble)) == ("mine", True)


@pytest.mark.parametrize("line", ["\ud800", "a\0b"])
def test_whatever_a_line_holds(tmp_path: Path, line: str) -> None:
    log = OutputLog(tmp_path / "a.log")
    log.write([line])
    assert (len(log.tail(0)), log.trouble) == (1, "")
