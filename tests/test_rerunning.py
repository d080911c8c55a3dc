"""What failed is tried again, by the very worker, and a worker that dies is told of."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CONFTEST = """\
from tests.rerunning import count_here, say_why

def pytest_sessionstart(session):
    count_here(session.config)
    if hasattr(session.config, "workerinput"):
        assert type(session.config.failures_db).__name__ == "StatusDB"

def pytest_terminal_summary(terminalreporter):
    say_why(terminalreporter)
"""
TESTS = """\
import os
from pathlib import Path

SEEN = Path(__file__).with_name("seen")

def begun():
    with SEEN.open("a") as seen:
        seen.write("x")
    return SEEN.stat().st_size

def test_once():
    assert begun() == 2

def test_always():
    assert False

def test_dies():
    os._exit(3)
"""


def test_what_fails_once_is_named_and_what_fails_again_has_failed(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(TESTS)
    plugins = ["-p", "xdist", "-p", "pytest_rerunfailures", "-p", "no:cacheprovider"]
    words = ["-n", "1", "--reruns", "1", "-raR", "--rootdir", ".", *plugins]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words, "test_it.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = set(re.findall(r"^(RERUN|FAILED) test_it.py::(\w+)", done.stdout, re.M))
    assert found == {
        ("FAILED", "test_always"),
        ("FAILED", "test_dies"),
        ("RERUN", "test_always"),
        ("RERUN", "test_once"),
    }, done.stdout + done.stderr
    assert "2 failed, 1 passed, 2 rerun" in done.stdout
    why = done.stdout.partition("test_once failed in call and was tried again")[2]
    assert "AssertionError" in why.partition("short test summary")[0]
    assert "assert 1 == 2" in why
