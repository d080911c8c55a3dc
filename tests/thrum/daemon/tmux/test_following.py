"""Real programs are launched in a real tmux, and it is known how that went."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.thrum.daemon.conftest import Node, eventually
from tests.tmux import NEEDED, Tmux
from thrum.daemon.tmux import following, launch

pytestmark = NEEDED


@pytest.fixture
def runtimes(tmux: Tmux) -> None:
    """Runtimes of a person's own."""
    mine = {
        "quiet": {"command": "cat"},
        "script": {"command": "sh ./script"},
        "brief": {"command": "sh -c 'echo $(touch hit) it breaks; sleep 1; exit 3'"},
        "missing": {"command": "no-such-program-at-all"},
        "leaves": {"command": "exec true"},
    }
    (tmux.home / ".thrum").mkdir()
    (tmux.home / ".thrum" / "runtimes.json").write_text(json.dumps({"custom_runtimes": mine}))


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for silence: a busy machine may take longer to begin a program."""
    monkeypatch.setattr(launch, "QUIET_S", 3.0)
    monkeypatch.setattr(launch, "ENDED_S", 1.0)


def row(village: Node) -> dict[str, Any]:
    """How it stands with the session."""
    (found,) = village.call("alice", "tmux.status")["sessions"]
    return dict(found)


def opened(village: Node) -> Path:
    home = village.worktree("w")
    about = {"agent_name": "erin", "role": "tester", "module": "api"}
    village.call("alice", "tmux.create", name="api", cwd=str(home), **about)
    (home / "script").write_text("read line\n")
    return home


def launched(village: Node, runtime: str) -> dict[str, Any]:
    caller = village.stand("alice")
    caller.socket.settimeout(100)
    return dict(caller.call("tmux.launch", name="api", runtime=runtime, wait_ms=90_000))


@pytest.mark.usefixtures("runtimes", "soon")
def test_what_says_nothing_is_up_when_it_writes_nothing_more(village: Node, tmux: Tmux) -> None:
    opened(village)
    assert launched(village, "shell")["launch"] == "ready"
    eventually(lambda: "front" not in row(village))  # it may run what its files say yet
    for runtime, front in (("quiet", "cat"), ("script", "sh")):
        assert launched(village, runtime)["launch"] == "ready"
        assert row(village) | {"front": front, "launch": "ready"} == row(village)
        # A script runs under the name of its shell, and is no shell that waits.
        assert village.refused("alice", "tmux.launch", name="api") == "conflict"
        assert row(village)["launch"] == "ready"
        tmux.do("send-keys", "-t", "=api:", "C-c")
        eventually(lambda: "front" not in row(village))


@pytest.mark.usefixtures("runtimes", "soon")
def test_what_is_being_launched_is_not_launched_twice(village: Node, tmux: Tmux) -> None:
    """Who asked first may have been cut off, and asks again: the same launch is waited for."""
    opened(village)
    first = village.call("alice", "tmux.launch", name="api", runtime="quiet")
    assert first["launch"] == "starting"
    assert village.refused("alice", "tmux.launch", name="api", runtime="script") == "conflict"
    assert launched(village, "quiet")["launch"] == "ready"
    # Typed twice, `cat` would have been told its own name.
    screen = tmux.do("capture-pane", "-p", "-t", "=api:")
    assert sum("cat" in line for line in screen.splitlines()) == 1


@pytest.mark.usefixtures("runtimes", "soon")
def test_what_does_not_come_up_is_said_with_the_reason(village: Node, tmux: Tmux) -> None:
    home = opened(village)
    found = launched(village, "missing")
    assert found["launch"] == "failed"
    assert found["reason"].startswith("missing did not begin: ")
    assert "not found" in found["reason"]
    assert row(village)["reason"] == found["reason"]
    found = launched(village, "brief")
    assert (found["launch"], found["reason"]) == ("failed", "brief ended: it breaks")
    assert (home / "hit").exists()  # it is the person's own command line
    assert launched(village, "leaves")["reason"] == "the session ended"
    assert row(village)["state"] == "dead"
    assert "launch" not in row(village)


@pytest.mark.usefixtures("runtimes")
def test_who_ends_a_session_has_nobody_wait_for_it(village: Node) -> None:
    opened(village)
    waiting = village.connect(limit=60)
    village.stand("alice")
    waiting.write("tmux.launch", name="api", runtime="quiet", wait_ms=60_000)
    eventually(lambda: row(village).get("launch") == "starting")
    village.call("alice", "tmux.kill", name="api")
    assert waiting.read()["result"]["launch"] == "failed"


@pytest.mark.usefixtures("runtimes")
def test_a_hook_that_is_heard_says_that_it_is_up(village: Node) -> None:
    home = opened(village)
    waiting = village.connect(limit=60)
    village.stand("alice")
    waiting.write("tmux.launch", name="api", runtime="quiet", wait_ms=60_000)
    eventually(lambda: row(village).get("launch") == "starting")
    village.homes["erin"] = home
    village.call("erin", "delivery.ask", runtime="quiet", session="s", boundary="start")
    assert waiting.read()["result"]["launch"] == "ready"


@pytest.mark.usefixtures("runtimes", "soon")
def test_one_that_failed_and_is_heard_late_is_up(village: Node) -> None:
    home = opened(village)
    assert launched(village, "missing")["launch"] == "failed"
    village.homes["erin"] = home
    village.call("erin", "delivery.ask", runtime="missing", session="s", boundary="start")
    assert "reason" not in row(village)
    assert row(village)["launch"] == "ready"


@pytest.mark.usefixtures("runtimes", "soon")
def test_one_that_is_up_stays_so_when_it_writes_something(village: Node, tmux: Tmux) -> None:
    """Also where it is looked at still, since nobody has told it anything."""
    opened(village)
    assert launched(village, "quiet")["launch"] == "ready"
    for _ in range(8):
        tmux.do("send-keys", "-t", "=api:", "more", "Enter")
        time.sleep(following.LOOK_S / 2)
        assert row(village)["launch"] == "ready"


@pytest.mark.usefixtures("runtimes", "soon")
def test_a_tmux_that_is_busy_says_nothing_of_a_launch(
    village: Node, tmux: Tmux, caplog: pytest.LogCaptureFixture
) -> None:
    opened(village)
    waiting = village.connect(limit=100)
    village.stand("alice")
    waiting.write("tmux.launch", name="api", runtime="quiet", wait_ms=90_000)
    eventually(lambda: row(village).get("launch") == "starting")
    server = int(tmux.do("display-message", "-p", "#{pid}"))
    caplog.set_level("INFO", "thrum.tmux")
    os.kill(server, signal.SIGSTOP)
    try:
        eventually(lambda: "launches are not seen" in caplog.text, 60)
    finally:
        os.kill(server, signal.SIGCONT)
    assert waiting.read()["result"]["launch"] == "ready"


@pytest.mark.usefixtures("runtimes", "soon")
def test_a_shell_that_is_about_to_wait_is_waited_for(village: Node, tmux: Tmux) -> None:
    """As one that has just begun, and runs what its settings say."""
    opened(village)
    script = "sh -c 'printf %s-runs it; sleep 1; true'"
    tmux.do("send-keys", "-t", "=api:", script, "Enter")
    # The shell itself is called so as well, and may not have read the line yet.
    eventually(lambda: "it-runs" in tmux.shown("api"))
    assert row(village).get("front") == "sh"
    assert launched(village, "quiet")["launch"] == "ready"


@pytest.mark.usefixtures("runtimes", "soon")
def test_a_shell_that_has_not_begun_is_waited_for(village: Node, tmux: Tmux) -> None:
    """Before a program begins in a pane, tmux itself is seen there."""
    home = opened(village)
    begins = "import os, time; time.sleep(1); os.execvp('sh', ['sh'])"
    copy = shlex.join(["exec", "-a", "tmux", sys.executable, "-c", begins])
    as_tmux = shlex.join(["exec", "bash", "-c", copy])
    tmux.do("respawn-pane", "-k", "-t", "=api:", "-c", str(home), as_tmux)
    eventually(lambda: row(village).get("front") == "tmux")
    assert launched(village, "quiet")["launch"] == "ready"
