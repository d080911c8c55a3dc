from __future__ import annotations

import gzip
import logging
import subprocess
import sys
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


PROGRAM = """
import logging, os, sys
from pathlib import Path
from thrum.daemon import log
log.LARGEST = 500
log.start(Path(sys.argv[1]), "info")
for number in range(20):
    logging.info("line %d %s", number, "." * 50)
os.write(2, b"the last words\\n")
"""


def test_what_a_daemon_in_the_background_prints_stays_in_the_log(tmp_path: Path) -> None:
    path = tmp_path / "daemon.log"
    with path.open("a") as file:
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(path)], stdout=file, stderr=file, check=True
        )
    assert path.read_text().endswith("the last words\n")
    assert all(each.stat().st_mode & 0o777 == 0o600 for each in tmp_path.glob("daemon.log*"))


def test_a_terminal_is_not_the_log(tmp_path: Path) -> None:
    path = tmp_path / "daemon.log"
    assert not log.is_same(path)
    path.touch()
    assert not log.is_same(path)
