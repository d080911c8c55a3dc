"""When a runtime called last, seen from the marks that the launcher leaves."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from thrum.runtimes import mark
from thrum.setup import fired, launcher


def call(home: Path, event: str, runtime: str) -> None:
    subprocess.run(
        ["sh", "-c", mark.hook(home / launcher.PLACE, event, runtime)],
        cwd="/",
        env={"PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
        timeout=20,
    )


def test_the_last_call_of_each_runtime_is_known(tmp_path: Path) -> None:
    launcher.write(tmp_path, Path("/nowhere/thrum"))
    call(tmp_path, "Stop", "claude")
    assert fired.last(tmp_path, "claude") is None, "nobody wants to know"
    fired.prepare(tmp_path)
    call(tmp_path, fired.TRIAL, "claude")
    assert fired.last(tmp_path, "claude") is None, "that was setup itself"
    for event in ("Stop", "SessionStart"):
        call(tmp_path, event, "claude")
    for number, event in enumerate(("SessionStart", "Stop")):
        os.utime(tmp_path / fired.FIRED / f"claude.{event}", ns=(0, number + 5))
    assert fired.last(tmp_path, "claude") == ("Stop", 6)
    call(tmp_path, "SessionStart", "claude")
    last = fired.last(tmp_path, "claude")
    assert last
    assert last.text == "SessionStart"
    assert last.at_ns > 10**18
    assert fired.last(tmp_path, "codex") is None


def test_a_folder_that_takes_no_mark_disturbs_nobody(tmp_path: Path) -> None:
    launcher.write(tmp_path, Path("/nowhere/thrum"))
    fired.prepare(tmp_path)
    (tmp_path / fired.FIRED / "codex.Stop").mkdir()
    done = subprocess.run(
        ["sh", "-c", mark.hook(tmp_path / launcher.PLACE, "Stop", "codex")],
        cwd="/",
        env={"PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert (done.stdout, done.stderr) == ("{}\n", "")


def test_what_went_wrong_last(tmp_path: Path) -> None:
    fired.failed(tmp_path, "claude", "lost")
    assert fired.failure(tmp_path, "claude") is None
    fired.prepare(tmp_path)
    fired.failed(tmp_path, "claude", "x" * 5000)
    fired.failed(tmp_path, "claude", "no daemon " + "x" * 5000)
    found = fired.failure(tmp_path, "claude")
    assert found
    assert found.text.startswith("no daemon")
    assert len(found.text) == 500
    assert fired.last(tmp_path, "claude") is None
