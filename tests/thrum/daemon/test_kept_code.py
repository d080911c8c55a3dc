"""What a daemon loads late is of the program that it began as."""

from __future__ import annotations

import importlib
import os
import py_compile
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from thrum.daemon.kept_code import KeptCode


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A program of which one module is loaded."""
    inner = tmp_path / "antiphon" / "inner"
    inner.mkdir(parents=True)
    for path in (inner.parent / "first.py", inner / "late.py", inner / "__init__.py"):
        path.write_text("WHICH = 'old'\n")
    (inner.parent / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.import_module("antiphon.first")
    yield tmp_path
    for name in [each for each in sys.modules if each.partition(".")[0] == "antiphon"]:
        del sys.modules[name]


def replaced(program: Path) -> None:
    """The program on the disk becomes a newer one."""
    for path in program.rglob("*.py"):
        path.write_text("WHICH = 'another'\n")


def which(name: str) -> str:
    return str(importlib.import_module(f"antiphon.{name}").WHICH)


def test_a_module_is_loaded_as_it_was(program: Path) -> None:
    kept = KeptCode(program, ["antiphon"], "*.py")
    kept.keep()
    try:
        replaced(program)
        assert importlib.util.find_spec("antiphon.inner.late") is not None
        assert (which("first"), which("inner"), which("inner.late")) == ("old", "old", "old")
        late = importlib.import_module("antiphon.inner.late")
        assert late.__file__ == str(program / "antiphon" / "inner" / "late.py")
        # What was loaded once is not kept any more.
        assert importlib.reload(late).WHICH == "another"
    finally:
        kept.forget()


@pytest.mark.parametrize(("is_of_it", "expected"), [(True, "was"), (False, "now")])
def test_what_python_has_compiled_is_kept_if_it_is_of_the_source(
    program: Path, is_of_it: bool, expected: str
) -> None:
    late = program / "antiphon" / "inner" / "late.py"
    late.write_text("WHICH = 'was'\n")
    py_compile.compile(str(late), doraise=True)
    before = late.stat()
    late.write_text("WHICH = 'now'\n")
    os.utime(late, ns=(before.st_atime_ns, before.st_mtime_ns + (0 if is_of_it else 10**10)))
    kept = KeptCode(program, ["antiphon"], "*.py")
    kept.keep()
    try:
        Path(importlib.util.cache_from_source(late)).unlink()
        replaced(program)
        assert which("inner.late") == expected
    finally:
        kept.forget()


def test_a_program_that_cannot_be_read_is_said_and_loaded_as_it_is(
    program: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (program / "antiphon" / "inner" / "__init__.py").write_text("WHICH =\n")
    kept = KeptCode(program, ["antiphon"], "*.py")
    kept.keep()
    try:
        assert "the program changed when the daemon had just begun" in caplog.text
        replaced(program)
        assert which("inner.late") == "another"
    finally:
        kept.forget()


def test_a_daemon_keeps_what_it_has_not_loaded() -> None:
    kept = KeptCode()
    kept.keep()
    try:
        assert kept.find_spec("json", None) is None
        assert importlib.util.find_spec("thrum.daemon.peers.dialing") is not None
    finally:
        kept.forget()
