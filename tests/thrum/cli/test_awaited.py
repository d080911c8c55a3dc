"""A process that waits to wake a session, by how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from thrum.cli.awaited import Said

SCRIPT = """
import os, sys
from thrum.cli import awaited
def command(said):
    {body}
awaited.run(command)
"""


def ended(body: str) -> tuple[int, str]:
    """The status, and what it said."""
    line = [sys.executable, "-c", SCRIPT.format(body=body)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ("said.write('mail'); said.flush(); return 2", 2, "mail"),
        ("said.write('Error: no option'); return 2", 0, ""),
        ("said.flush(); return 2", 0, ""),
        ("return 1", 0, ""),
        ("raise ValueError('a defect')", 0, ""),
        ("raise KeyboardInterrupt", 0, ""),
        ("sys.exit(2)", 0, ""),
        ("said.write('mail'); said.flush(); raise OSError", 0, "mail"),
        ("said.write('mail'); said.flush(); said.write('Error'); return 2", 2, "mail"),
    ],
)
def test_only_what_was_said_wakes(body: str, status: int, text: str) -> None:
    assert ended(body) == (status, text)


@pytest.mark.parametrize(
    "words",
    [
        ["hook", "Stop", "--wake"],
        ["hook", "Stop", "--runtime", "claude", "--wake", "--nope"],
        ["hook", "--wake"],
        ["hook", "Stop", "--runtime", "nobody", "--wake"],
        ["hook", "Stop", "--runtime", "claude", "--wake"],
    ],
)
def test_a_line_that_is_not_understood_wakes_nobody(tmp_path: Path, words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "thrum", *words],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], "CLAUDE_CODE_ENTRYPOINT": "cli"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_nobody_reads_has_not_left() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    said = Said(writer)
    assert said.fileno() == writer
    said.write("mail")
    with pytest.raises(BrokenPipeError):
        said.flush()
    os.close(writer)
    assert not said.has_left
