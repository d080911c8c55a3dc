"""A line that says no more than `thrum daemon run` is begun without the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BEGUN = """
import json, sys
from thrum.daemon import program

def tell(words):
    ours = sorted(name for name in sys.modules if name.startswith("thrum.cli"))
    print(json.dumps({"words": words, "path": sys.path, "loaded": ours}))
    sys.exit(7)

program.run = tell
sys.argv = ["thrum", *sys.argv[1:]]
from thrum.cli import main
main.run()
"""
"""Begins a line, and tells how the daemon would have been begun."""


def begun(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    where = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    line = [sys.executable, "-c", BEGUN, *words]
    return subprocess.run(line, cwd=root, env=where, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("more", [[], ["--local"]])
def test_the_daemon_carries_neither_the_command_line_nor_the_working_directory(
    world: Any, more: list[str]
) -> None:
    done = begun(world.root, "daemon", "run", *more)
    assert done.returncode == 7, done.stderr
    told = json.loads(done.stdout)
    assert told["words"] == ["--repo", str(world.root), *more]
    assert not {"", ".", str(world.root)} & {*told["path"]}
    assert told["loaded"] == ["thrum.cli", "thrum.cli.main", "thrum.cli.serving"]


def test_where_there_is_none_the_command_says_so(tmp_path: Path) -> None:
    done = begun(tmp_path, "daemon", "run", "--local")
    assert done.returncode == 1
    assert "thrum init" in done.stderr


@pytest.mark.parametrize(("word", "code"), [("--help", 0), ("--bogus", 2)])
def test_a_line_that_says_more_is_read_as_usual(world: Any, word: str, code: int) -> None:
    done = begun(world.root, "daemon", "run", word)
    assert done.returncode == code, done.stderr
    assert word in done.stdout + done.stderr
