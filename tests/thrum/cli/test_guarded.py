"""Whatever happens to the guard, only a refusal stops a commit."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from thrum.cli import guarded
from thrum.githook import guard


def ran(body: str, ms: str = "60000") -> tuple[int, str]:
    """How a process ends whose command does that."""
    code = f"import os, time\nfrom thrum.cli import guarded\ndef c(left):\n    {body}\n"
    code += "guarded.run(c, os._exit)\n"
    env = {**os.environ, "THRUM_HOOK_MS": ms}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        (f"return {guarded.REFUSED}", guarded.REFUSED, ""),
        ("return 2", 2, ""),
        ("return 1", 0, ""),
        ("raise KeyboardInterrupt", 0, "KeyboardInterrupt"),
        ("raise ImportError('gone')", 0, "gone"),
        ("assert left() > 1; return 0", 0, ""),
    ],
)
def test_how_it_ends(body: str, code: int, said: str) -> None:
    found, text = ran(body)
    assert (found, said in text, bool(text)) == (code, True, bool(said))


def test_a_commit_waits_for_so_long_and_no_longer() -> None:
    code, text = ran("time.sleep(600)", ms="50")
    assert (code, text.count("\n")) == (0, 1)
    assert "in time" in text


def test_one_status_is_meant_everywhere() -> None:
    from thrum.cli.commands import guard as command

    assert guarded.REFUSED == guard.REFUSED == command.REFUSED
