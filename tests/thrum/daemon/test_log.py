from __future__ import annotations

import gzip
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from thrum.daemon import log


@pytest.fixture(autouse=True)
def root_logger() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_lines_are_dated_in_utc_and_the_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "daemon.log"
    log.start(path, "warn")
    logging.getLogger("x").info("quiet")
    logging.getLogger("x").warning("loud")
    line = path.read_text().strip()
    assert line.endswith("Z WARNING x: loud")
    assert line[4] == "-"
    assert path.stat().st_mode & 0o777 == 0o600
    log.set_level("debug")
    logging.getLogger("x").debug("now heard")
    assert "now heard" in path.read_text()


def test_a_full_log_is_compressed_and_only_some_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "LARGEST", 2000)
    path = tmp_path / "daemon.log"
    log.start(path, "info")
    for number in range(200):
        logging.getLogger("x").info("line %d %s", number, "." * 50)
    older = sorted(tmp_path.glob("daemon.log.*"))
    assert len(older) == log.KEPT
    assert all(each.suffix == ".gz" for each in older)
    with gzip.open(older[0], "rt") as unpacked:
        assert "line" in unpacked.read()
    assert path.stat().st_size <= 2000
    assert "line 199" in path.read_text()
