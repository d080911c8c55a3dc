"""Commands that a ready process becomes: nobody can tell, but by the clock."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from tests import forge
from tests.integration.conftest import eventually as until
from tests.integration.conftest import world_in
from thrum import front
from thrum.identity import process
from thrum.platform import LINUX

pytestmark = pytest.mark.skipif(not LINUX, reason="elsewhere every line runs where it is typed")

TWO_WAYS: Final = (
    "inbox",
    "inbox --all --json",
    "team",
    "team --json",
    "whoami",
    "whoami --json",
    "status",
    "overview",
    "sent",
    "agent list",
    "group list",
    "session list",
    "who-has README.md",
    "statusline",
    "prompts",
    "loops",
    "version",
    "--version",
    "--help",
    "send --help",
    "message",
    "message get nothing",
    "send",
    "sned hello",
    "inbox --no-such-flag",
    "inbox --no-such-flag --json",
    "thread AAAAAA",
    "wait --timeout 0s",
    "doctor --no-such",
    "config show",
)
"""Lines that change nothing, with those that are refused."""


class Place:
    """A repository with a daemon, an agent, and a process that stands ready."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.root: Path = world.repository("app")
        world.settle(self.root, "furiosa", shares=False)
        self.var = self.root / ".thrum/var"
        self.stand_ready()

    def environment(self, ready: bool = True) -> dict[str, str]:
        """Of a caller who has its lines handed over, or not."""
        return {**self.world.environment, front.OFF.decode(): "1" if ready else "0"}

    def stand_ready(self) -> None:
        """Calls until one is served."""
        for _ in range(200):
            if self.is_served("version"):
                return
            time.sleep(0.05)
        raise AssertionError((self.var / "daemon.log").read_text())

    def is_served(self, *words: str, **how: Any) -> bool:
        """Whether a line is carried out without the command line being loaded."""
        argv = [forge.THRUM[0], "-X", "importtime", *forge.THRUM[1:], *words]
        done = self.run(argv, **how)
        return "thrum.front" in done.stderr and "thrum.cli" not in done.stderr

    def run(self, argv: Sequence[str], **how: Any) -> subprocess.CompletedProcess[str]:
        """Runs a program in the repository."""
        how = {"stdin": subprocess.DEVNULL, "capture_output": True, **how}
        return subprocess.run(
            argv, cwd=self.root, env=self.environment(), text=True, check=False, timeout=60, **how
        )

    def start(self, *words: str, **how: Any) -> subprocess.Popen[str]:
        """Begins a line, which is handed over."""
        pipe = subprocess.PIPE
        how = {"stdin": subprocess.DEVNULL, "stdout": pipe, "stderr": pipe, **how}
        argv = [*forge.THRUM, *words]
        return subprocess.Popen(argv, cwd=self.root, env=self.environment(), text=True, **how)

    def ready(self) -> list[int]:
        """The processes that stand ready, or have become commands."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"thrum.ready.program" in words and str(self.var).encode() in words:
                found.append(int(entry.name))
        return sorted(found)

    def leader(self) -> int:
        """Whoever forks the others."""
        daemon = self.world.pid(self.root)
        return next(pid for pid in self.ready() if parent(pid) == daemon)

    def taken(self) -> list[int]:
        """The processes that are commands: each leads a session of its own."""
        leader = self.leader()
        return [pid for pid in self.ready() if pid != leader and session(pid) == pid]

    def waits(self) -> subprocess.Popen[str]:
        """A line that is handed over and waits for mail."""
        waiting = self.start("wait", "--timeout", "1h")
        until(self.taken)
        return waiting


def parent(pid: int) -> int:
    """The process above it; 0 if it has just ended."""
    found = process.look(pid)
    return found.parent if found else 0


def session(pid: int) -> int:
    """The leader of its session; 0 if it has just ended."""
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return 0


def timeless(text: str) -> str:
    """Without the time that passes between two lines."""
    return re.sub(r"\b\d+(ms|s|m)\b|\d\d:\d\d:\d\d[.\d]*Z?|\bnow\b", "T", text)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One for all of them."""
    with world_in(tmp_path_factory.mktemp("ready")) as world:
        yield Place(world)


def test_everyday_lines_say_the_same_wherever_they_run(place: Place) -> None:
    place.world.thrum(place.root, "send", "look at the valves", "--to", "furiosa")
    for line in TWO_WAYS:
        ways = [
            forge.run(line.split(), cwd=place.root, env=place.environment(ready=ready))
            for ready in (True, False)
        ]
        handed_over, here = [
            (way.returncode, timeless(way.stdout), timeless(way.stderr)) for way in ways
        ]
        assert handed_over == here, line


def test_what_must_run_with_its_caller_does(place: Place) -> None:
    assert place.is_served("inbox")
    (place.root / "letter.md").write_text("from a file\n")
    for words in (
        ("config", "show"),
        ("send", "--file", "letter.md", "--to", "furiosa"),
        ("--repo", ".", "inbox"),
        ("doctor", "--only", "daemon"),
    ):
        assert not place.is_served(*words), words


def test_the_caller_is_whom_the_kernel_sees_and_its_folder_counts(place: Place) -> None:
    beside = place.root.parent / "beside"
    place.world.git("worktree", "add", "-q", str(beside), cwd=place.root)
    place.world.thrum(beside, "quickstart", "nux", "--role", "tester", "--module", "x")
    for folder, agent in ((place.root, "furiosa"), (beside, "nux")):
        said = forge.run(["whoami", "--json"], cwd=folder, env=place.environment())
        assert json.loads(said.stdout)["agent_id"] == agent
    done = forge.run(["send", "hi", "--to", "furiosa"], cwd=beside, env=place.environment())
    assert done.returncode == 0
    inbox = forge.run(["inbox", "--json"], cwd=place.root, env=place.environment())
    assert json.loads(inbox.stdout)["messages"][0]["agent_id"] == "nux"


def test_a_text_on_stdin_comes_whole(place: Place) -> None:
    text = "ü" * 100_000
    argv = [*forge.THRUM, "send", "-", "--to", "furiosa", "--json"]
    done = place.run(argv, stdin=None, input=text)
    assert done.returncode == 0, done.stderr
    number = json.loads(done.stdout)["message_id"]
    shown = place.run([*forge.THRUM, "message", "get", number, "--json"])
    assert json.loads(shown.stdout)["message"]["body"]["content"] == text


def test_ctrl_c_ends_who_waits(place: Place) -> None:
    waiting = place.waits()
    waiting.send_signal(signal.SIGINT)
    out, err = waiting.communicate(timeout=30)
    assert (waiting.returncode, out, err) == (130, "", "")
    until(lambda: not place.taken())


def test_who_is_killed_takes_the_work_along(place: Place) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        waiting = place.waits()
        waiting.send_signal(number)
        waiting.communicate(timeout=30)
        assert waiting.returncode == -number
        until(lambda: not place.taken())


def test_a_command_whose_process_is_killed_says_so(place: Place) -> None:
    waiting = place.waits()
    os.kill(place.taken()[0], signal.SIGKILL)
    out, err = waiting.communicate(timeout=30)
    assert (waiting.returncode, out, err) == (1, "", front.LOST)


def test_a_reader_that_leaves_and_a_full_disk_are_told_of_as_ever(place: Place) -> None:
    thrum = " ".join(forge.THRUM)
    left = place.run(["bash", "-c", f"({thrum} help send; echo $? >&2) | :"])
    assert left.stderr in {"141\n", "0\n"}  # it may have been faster
    with Path("/dev/full").open("w") as full:
        refused = place.run(
            [*forge.THRUM, "team"], capture_output=False, stdout=full, stderr=subprocess.PIPE
        )
    assert refused.returncode == 1
    assert "cannot be written: No space left" in refused.stderr
    assert place.run(["sh", "-c", f"{thrum} team >&- 2>&-"]).returncode == 0


def test_who_may_do_less_is_not_served(place: Place) -> None:
    line = f"{forge.THRUM[0]} -X importtime {' '.join(forge.THRUM[1:])} inbox"
    assert "thrum.cli" not in place.run(["sh", "-c", line]).stderr
    if shutil.which("setpriv"):
        bounded = place.run(["setpriv", "--no-new-privs", "sh", "-c", line])
        assert "thrum.cli" in bounded.stderr


def test_limits_of_the_caller_bind_its_command(place: Place) -> None:
    file = place.root.parent / "said"
    for ready in (True, False):
        done = subprocess.run(
            ["sh", "-c", f"ulimit -f 0; {' '.join(forge.THRUM)} team >{file}"],
            cwd=place.root,
            env=place.environment(ready=ready),
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, "File too large" in done.stderr) == (1, True)


def test_a_hook_answers_as_ever(place: Place) -> None:
    line = ["hook", "Stop", "--runtime", "codex"]
    ways = [
        forge.run(line, cwd=place.root, env=place.environment(ready=ready), text="{}")
        for ready in (True, False)
    ]
    assert [(way.returncode, way.stdout) for way in ways] == [(0, ways[1].stdout)] * 2


def test_a_command_outlives_the_daemon_and_another_process_stands_ready(place: Place) -> None:
    waiting = place.waits()
    number = place.taken()[0]
    place.world.thrum(place.root, "daemon", "restart")
    place.stand_ready()
    assert process.look(number) is not None
    waiting.send_signal(signal.SIGINT)
    waiting.communicate(timeout=30)


def test_another_takes_the_place_of_one_that_was_killed(place: Place) -> None:
    os.kill(place.leader(), signal.SIGKILL)
    assert place.run([*forge.THRUM, "inbox"]).returncode == 0
    place.stand_ready()


def test_without_a_daemon_it_runs_here(place: Place) -> None:
    place.world.thrum(place.root, "daemon", "stop")
    assert not (place.var / front.SOCKET).exists()
    until(lambda: not place.ready())
    done = place.run([*forge.THRUM, "inbox"])
    assert (done.returncode, done.stdout) == (1, "")
    assert "no daemon answers" in done.stderr
    place.world.thrum(place.root, "daemon", "start")
