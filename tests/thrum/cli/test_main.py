"""The real world, as the program takes it in and leaves it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from thrum.cli import main
from thrum.errors import ThrumError


def run(script: str, tmp_path: Path, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *argv],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_context_is_this_process(tmp_path: Path) -> None:
    script = (
        "import os; from thrum.cli.main import real_context; c = real_context();"
        "print(c.argv, c.cwd, c.env['X'], c.stdin_is_terminal, c.stdout_is_terminal, c.columns,"
        " c.pid == os.getpid(), len(c.random_hex(8)), c.stdin.encoding, c.stdin.errors)"
    )
    done = run(script, tmp_path, "a", "--b", X="y", COLUMNS="123")
    assert done.stdout == f"['a', '--b'] {tmp_path} y False False 123 True 16 utf-8 strict\n"


@pytest.mark.parametrize("columns", ["", "0", "wide"])
def test_without_a_terminal_it_is_eighty_columns_wide(tmp_path: Path, columns: str) -> None:
    script = "from thrum.cli.main import real_context; print(real_context().columns)"
    assert run(script, tmp_path, COLUMNS=columns).stdout == "80\n"


def test_the_program_ends_with_the_code_of_the_command(tmp_path: Path) -> None:
    script = "from thrum.cli.main import run; run()"
    assert run(script, tmp_path, "version").returncode == 0
    refused = run(script, tmp_path, "no-such")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("Error: there is no command")


def test_who_interrupts_it_before_all_is_loaded_is_shown_no_defect(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "class Interrupted:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'thrum.cli.app':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupted())\n"
        "from thrum.cli.main import run; run()"
    )
    done = run(script, tmp_path, "version")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_name_that_the_encoding_lacks_ends_nothing(tmp_path: Path) -> None:
    script = (
        "from thrum.cli.main import real_context; c = real_context();"
        "c.say('h\\u00e4'); c.note('h\\u00f6')"
    )
    done = run(script, tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (done.returncode, done.stdout, done.stderr) == (0, "h\\xe4\n", "h\\xf6\n")


def test_a_connection_waits_as_long_as_it_is_told(world: Any) -> None:
    world.daemon.answers["m"] = 7
    for seconds in (None, 5.0):
        client = main._connect(world.daemon.path, seconds, None)
        assert client.call("m") == 7
        client.close()
    with pytest.raises(ThrumError, match="no daemon answers"):
        main._connect(world.root / "nobody", 0.1, None)


def test_a_program_that_is_not_there_cannot_replace_us(tmp_path: Path) -> None:
    with pytest.raises(ThrumError, match="cannot be run"):
        main._replace_process([str(tmp_path / "nothing")], dict(os.environ))
