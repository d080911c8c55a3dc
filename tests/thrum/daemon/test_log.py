from __future__ import annotations

import gzip
import logging
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from logging.handlers import QueueListener
from pathlib import Path

import pytest

from thrum.daemon import lifecycle, log

Begin = Callable[[str], QueueListener]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "daemon.log"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "LAST_S", 60)


@pytest.fixture
def begin(path: Path) -> Iterator[Begin]:
    """Has everything that is logged written to the file until the test ends."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    writers = []

    def start(worth: str) -> QueueListener:
        with log.written(path, worth) as writer:
            writers.append(writer)
        return writer

    yield start
    root.handlers[:] = handlers
    root.setLevel(level)
    for writer in writers:
        writer.stop()
        for handler in writer.handlers:
            handler.close()


def said(path: Path) -> list[str]:
    """What stands in the file, without the dates."""
    return [line.partition("Z ")[2] for line in path.read_text().splitlines()]


def test_lines_are_dated_in_utc_and_the_file_is_private(path: Path, begin: Begin) -> None:
    begin("warn")
    logging.getLogger("x").info("quiet")
    logging.getLogger("x").warning("%s", "loud")
    assert log.flush(60)
    line = path.read_text().strip()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z WARNING x: loud", line)
    assert path.stat().st_mode & 0o777 == 0o600
    log.set_level("debug")
    logging.getLogger("x").debug("now heard")
    assert log.flush(60)
    assert "now heard" in path.read_text()


def test_an_error_is_written_with_its_traceback(path: Path, begin: Begin) -> None:
    begin("info")
    try:
        raise OSError("of the disk")
    except OSError:
        logging.getLogger("x").exception("it failed")
    assert log.flush(60)
    first, *_, last = path.read_text().splitlines()
    assert first.endswith("ERROR x: it failed")
    assert last == "OSError: of the disk"


def test_a_full_log_is_compressed_and_only_some_are_kept(
    path: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "LARGEST", 2000)
    begin("info")
    for number in range(200):
        logging.getLogger("x").info("line %d %s", number, "." * 50)
    assert log.flush(60)
    older = sorted(path.parent.glob("daemon.log.*"))
    assert len(older) == log.KEPT
    assert all(each.suffix == ".gz" for each in older)
    with gzip.open(older[0], "rt") as unpacked:
        assert "line" in unpacked.read()
    assert path.stat().st_size <= 2000
    assert "line 199" in path.read_text()


@pytest.fixture
def slow_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Holds up whoever writes to the file until it is set."""
    goes_on = threading.Event()

    class Slow(log._Rotated):
        def emit(self, record: logging.LogRecord) -> None:
            assert threading.current_thread() is not threading.main_thread()
            goes_on.wait(60)
            super().emit(record)

    monkeypatch.setattr(log, "_Rotated", Slow)
    yield goes_on
    goes_on.set()


def test_who_logs_waits_for_no_disk_and_what_does_not_fit_is_counted(
    path: Path, begin: Begin, slow_disk: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MOST_WAITING", 10)
    begin("info")
    for number in range(25):
        logging.info("%d", number)  # from here: would hang if it were written here
    assert not log.flush(0)
    assert path.read_text() == ""
    slow_disk.set()
    assert log.flush(60)
    logging.info("after")
    assert log.flush(60)
    *lines, missing, after = said(path)
    # One may be in the writer's hands while ten wait.
    assert len(lines) in (10, 11)
    assert lines == [f"INFO root: {number}" for number in range(len(lines))]
    assert missing.startswith(f"WARNING thrum.daemon.log: {25 - len(lines)} lines are missing")
    assert after == "INFO root: after"


def test_no_thread_writes_but_one_and_order_is_kept(
    path: Path, begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "LARGEST", 3000)
    monkeypatch.setattr(log, "KEPT", 999)
    at_work = set()
    compress = log._compress

    def noted(source: str, target: str) -> None:
        at_work.add(threading.current_thread())
        compress(source, target)

    monkeypatch.setattr(log, "_compress", noted)
    begin("info")

    def talk(name: int) -> None:
        for number in range(100):
            logging.info("%d %d", name, number)

    threads = [threading.Thread(target=talk, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.flush(60)
    assert len(at_work) == 1
    assert not at_work & {threading.main_thread(), *threads}
    # The highest number is the oldest file.
    older = sorted(
        path.parent.glob("daemon.log.*.gz"), key=lambda each: -int(each.suffixes[-2][1:])
    )
    texts = [gzip.decompress(each.read_bytes()).decode() for each in older] + [path.read_text()]
    pairs = re.findall(r"root: (\d+) (\d+)$", "".join(texts), re.MULTILINE)
    assert len(pairs) == 800
    for name in range(8):
        assert [int(number) for who, number in pairs if int(who) == name] == list(range(100))


def test_what_was_said_before_an_error_is_written_when_it_leaves(path: Path, begin: Begin) -> None:
    begin("info")
    with pytest.raises(KeyError), log.written(path.with_suffix(".other"), "info") as writer:
        for number in range(500):
            logging.info("%d", number)
        raise KeyError
    assert len(said(path.with_suffix(".other"))) == 500
    writer.stop()
    for handler in writer.handlers:
        handler.close()


def test_a_forced_end_says_so_and_does_not_wait_for_a_disk_that_hangs(
    path: Path, begin: Begin, slow_disk: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "LAST_WORDS_S", 0.01)
    begin("info")
    left: list[int] = []
    lifecycle.end_by(0.01, left.append).join(60)
    assert left == [1]
    assert path.read_text() == ""
    slow_disk.set()
    monkeypatch.setattr(lifecycle, "LAST_WORDS_S", 60)
    lifecycle.end_by(0.01, left.append).join(60)
    assert left == [1, 1]
    assert len(re.findall("did not end within", path.read_text())) == 2


START = """
import logging, os, sys, threading, time
from pathlib import Path
from thrum.daemon import lifecycle, log
log.LARGEST = int(sys.argv[2])
"""


def run(path: Path, program: str, largest: int = 10_000_000, **streams: object) -> int:
    argv = [sys.executable, "-c", START + program, str(path), str(largest)]
    return subprocess.run(argv, timeout=120, check=False, **streams).returncode  # type: ignore[call-overload]


def test_a_process_that_hangs_leaves_its_last_words(path: Path) -> None:
    program = """
with log.written(Path(sys.argv[1]), "info"):
    for number in range(1000):
        logging.info("%d", number)
    lifecycle.LAST_WORDS_S = 60
    lifecycle.end_by(0.05)
    threading.Event().wait()
"""
    assert run(path, program) == 1
    *lines, last = said(path)
    assert lines == [f"INFO root: {number}" for number in range(1000)]
    assert "leaves at once" in last


def test_what_is_said_after_the_end_is_written_too(path: Path) -> None:
    program = """
log.LAST_S = 60
with log.written(Path(sys.argv[1]), "info"):
    logging.info("orderly")
threading.Thread(target=lambda: (time.sleep(0.05), logging.info("late"))).start()
"""
    assert run(path, program) == 0
    assert said(path) == ["INFO root: orderly", "INFO root: late"]


def test_a_forked_child_neither_hangs_nor_writes_for_its_parent(path: Path) -> None:
    program = """
goes_on = threading.Event()
emit = log._Rotated.emit
log._Rotated.emit = lambda self, record: (goes_on.wait(60), emit(self, record))
with log.written(Path(sys.argv[1]), "info") as writer:
    logging.info("of the parent")
    child = os.fork()
    if child == 0:
        writer.queue.mutex.acquire()  # as if another thread had held it at that moment
        logging.warning("of the child")
        sys.exit(7)
    ended = os.waitpid(child, 0)[1]
    goes_on.set()
    log.flush(60)
    sys.exit(os.waitstatus_to_exitcode(ended))
"""
    assert run(path, program, stderr=subprocess.DEVNULL) == 7
    assert said(path) == ["INFO root: of the parent"]


def test_a_program_that_is_started_does_not_get_the_file(path: Path) -> None:
    program = """
import subprocess
with log.written(Path(sys.argv[1]), "info") as writer:
    handle = writer.handlers[0].stream.fileno()
    other = f"import os, sys; sys.exit(5 if os.path.exists('/dev/fd/{handle}') else 0)"
    sys.exit(subprocess.run([sys.executable, "-c", other], close_fds=False).returncode)
"""
    assert run(path, program) == 0


def test_what_a_daemon_in_the_background_prints_stays_in_the_log(path: Path) -> None:
    program = """
with log.written(Path(sys.argv[1]), "info"):
    for number in range(20):
        logging.info("line %d %s", number, "." * 50)
os.write(2, b"the last words\\n")
"""
    with path.open("a") as file:
        assert run(path, program, largest=500, stdout=file, stderr=file) == 0
    assert path.read_text().endswith("the last words\n")
    assert all(each.stat().st_mode & 0o777 == 0o600 for each in path.parent.glob("daemon.log*"))


def test_a_terminal_is_not_the_log(path: Path) -> None:
    assert not log.is_same(path)
    path.touch()
    assert not log.is_same(path)
