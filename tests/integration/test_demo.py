"""``thrum demo`` tells the story, fails when a message is missing, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.integration.conftest import World, eventually
from thrum import demo


def daemons_below(folder: Path) -> list[int]:
    """Daemons of repositories in a folder."""
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in word for word in process.info["cmdline"] or ())
        and "thrum.daemon" in (process.info["cmdline"] or ())
    ]


def test_it_plays_to_the_end(world: World) -> None:
    world.environment["TMPDIR"] = str(world.root)
    done = world.thrum(world.root, "demo")
    assert done.code == 0
    assert "All messages arrived" in done.out
    assert "git log --oneline a-sync" in done.out
    assert daemons_below(world.root) == []
    assert list(world.root.glob("thrum-demo-*")) == []


def test_interrupted_it_leaves_nothing_behind(world: World) -> None:
    world.environment["TMPDIR"] = str(world.root)
    process = subprocess.Popen(
        [sys.executable, "-m", "thrum", "demo"],
        cwd=world.root,
        env=world.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    eventually(lambda: daemons_below(world.root))
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert daemons_below(world.root) == []
    assert list(world.root.glob("thrum-demo-*")) == []


def test_a_missing_message_is_a_failure(tmp_path: Path) -> None:
    said: list[str] = []
    told = demo.Demo(tmp_path, {}, said.append)
    told.thrum = lambda *_words, **_show: '{"messages": []}'  # type: ignore[method-assign]
    told.expect(tmp_path, "never sent")
    assert told.missing == ["never sent"]
