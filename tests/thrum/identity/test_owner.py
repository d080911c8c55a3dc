"""Which process an identity belongs to, and how that changes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from thrum.clock import format_ns
from thrum.identity import files, owner, process
from thrum.identity.files import Identity
from thrum.identity.process import Process

NOW = "2026-01-01T00:00:00.000000000Z"
CLAUDE = Process(40, 30, "claude", "400")


def system(*running: Process) -> owner.Look:
    """Processes as a test says."""
    return {each.pid: each for each in running}.get


def identity(pid: int, started: str = "") -> Identity:
    return Identity(Path("nux.json"), "nux", agent_pid=pid, agent_pid_started=started)


@pytest.mark.parametrize(
    ("filed", "ancestors", "running", "standing"),
    [
        (identity(0), [CLAUDE], [CLAUDE], "free"),
        (identity(-1), [CLAUDE], [CLAUDE], "free"),
        (identity(40, "400"), [CLAUDE], [CLAUDE], "mine"),
        (identity(40, "400"), [], [CLAUDE], "foreign"),
        (identity(40, "399"), [CLAUDE], [CLAUDE], "dead"),
        (identity(41, "400"), [CLAUDE], [CLAUDE], "dead"),
        # Without a start time only a runtime is believed to be the one that was meant.
        (identity(40), [CLAUDE], [CLAUDE], "mine"),
        (identity(50), [], [Process(50, 1, "sshd", "9")], "dead"),
    ],
)
def test_how_a_process_stands_to_the_caller(
    filed: Identity, ancestors: list[Process], running: list[Process], standing: str
) -> None:
    assert owner.held(filed, ancestors, system(*running)).standing == standing


@pytest.mark.parametrize(
    ("before", "runtime", "pid"),
    [
        (None, None, 0),
        (None, CLAUDE, 40),
        (identity(50, "500"), CLAUDE, 40),
        (identity(50, "500"), None, 50),
        (identity(50, "499"), None, 0),
        (identity(51, "500"), None, 0),
    ],
)
def test_who_is_written_down(before: Identity | None, runtime: Process | None, pid: int) -> None:
    fields = owner.successor(before, runtime, system(CLAUDE, Process(50, 1, "codex", "500")))
    assert fields["agent_pid"] == pid
    assert bool(fields["agent_pid_started"]) is bool(pid)


def test_only_what_is_dead_is_reclaimed(tmp_path: Path) -> None:
    files.write(tmp_path, "nux", NOW, agent_pid=50, agent_pid_started="500", intent="shine")
    codex = Process(50, 1, "codex", "500")
    kept = owner.reclaim(tmp_path, "nux", NOW, CLAUDE, system(CLAUDE, codex))
    assert kept.agent_pid == 50
    taken = owner.reclaim(tmp_path, "nux", NOW, CLAUDE, system(CLAUDE))
    assert (taken.agent_pid, taken.agent_pid_started, taken.runtime) == (40, "400", "claude")
    assert taken.intent == "shine"


RACER = """
import sys
from pathlib import Path
from thrum.identity import owner, process
mine = process.look(int(sys.argv[2]))
program = process.Process(mine.pid, 1, "claude", mine.started)
sys.stdin.readline()
print(owner.reclaim(Path(sys.argv[1]), "nux", "2026-01-01T00:00:00Z", program).agent_pid)
"""


def test_of_two_that_reclaim_at_once_one_wins(tmp_path: Path) -> None:
    """Both are told the same winner, though each of them found the owner dead."""
    files.write(tmp_path, "nux", NOW, agent_pid=2**22 + 1, agent_pid_started="1")
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(tmp_path), str(pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for pid in (os.getpid(), os.getppid())
    ]
    for racer in racers:
        assert racer.stdin
        racer.stdin.write("go\n")
        racer.stdin.flush()
    told = {int(racer.communicate(timeout=60)[0]) for racer in racers}
    assert told == {files.read(tmp_path / "nux.json").agent_pid}


def started_as(name: str, folder: Path) -> subprocess.Popen[bytes]:
    """A process that runs under that name until its stdin ends."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    shutil.copy("/bin/cat", program)
    return subprocess.Popen([str(program)], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)


@pytest.mark.skipif(sys.platform == "darwin", reason="a copied system program does not run there")
@pytest.mark.parametrize(
    ("folder", "name", "expected"),
    [
        ("bin", "claude", True),
        ("bin", "kiro-cli", True),
        ("bin", "claudette", False),
        ("bin", "agent", False),
        ("cursor-agent", "agent", True),
    ],
)
def test_what_an_agent_runtime_is(tmp_path: Path, folder: str, name: str, expected: bool) -> None:
    running = started_as(name, tmp_path / folder)
    try:
        found = process.look(running.pid)
        while found and found.name != name:  # it has forked and not yet become the program
            found = process.look(running.pid)
        assert found is not None
        assert process.is_runtime(found) is expected
    finally:
        running.communicate()


@pytest.mark.skipif(sys.platform == "darwin", reason="a copied system program does not run there")
@pytest.mark.parametrize(
    ("script", "flags", "expected"),
    [
        ("node_modules/@google/gemini-cli/bundle/gemini.js", ["-e", "-u"], "gemini"),
        ("node_modules/@qwen-code/qwen-code/cli.js", [], "qwen"),
        ("lib/node_modules/@github/copilot/index.js", ["-e"], "copilot"),
        ("node_modules/@augmentcode/auggie/augment.mjs", [], "auggie"),
        ("node_modules/@google/gemini-cli-helpers/run.js", [], ""),
        ("server.js", [], ""),
    ],
)
@pytest.mark.parametrize("called", ["by its path", "by a link"])
def test_a_runtime_that_is_a_script_is_known_by_its_package(
    tmp_path: Path, script: str, flags: list[str], expected: str, called: str
) -> None:
    (tmp_path / script).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / script).touch()
    typed = tmp_path / script
    if called == "by a link":
        typed = tmp_path / "tool"
        typed.symlink_to(script)
    interpreter = tmp_path / "node"
    shutil.copy("/bin/sh", interpreter)
    # A shell that reads from stdin has flags and a word behind them, as node has them.
    line = [str(interpreter), *flags, "-s", str(typed)]
    running = subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        found = process.look(running.pid)
        while found and (found.name != "node" or not process.words(running.pid)):
            found = process.look(running.pid)  # it has forked and not yet become the program
        assert found is not None
        assert process.runtime_name(found) == expected
        assert process.is_runtime(found) is bool(expected)
    finally:
        running.communicate()


def test_a_helper_of_a_runtime_is_not_taken_for_one() -> None:
    outer, shell, inner = (
        Process(10, 1, "claude", "100"),
        Process(11, 10, "bash", "110"),
        Process(12, 11, "claude", "120"),
    )
    helper = Process(13, 12, "claude", "130")
    assert process.runtime_of([helper, inner, shell, outer]) == inner
    assert process.runtime_of([shell, outer]) == outer
    assert process.runtime_of([Process(14, 10, "codex", "140"), outer]).pid == 14  # type: ignore[union-attr]
    assert process.runtime_of([shell]) is None


def test_strays_go_into_quarantine_and_stay_readable(tmp_path: Path) -> None:
    for name in ("nux", "stray"):
        files.write(tmp_path, name, NOW, role="r")
    (tmp_path / "broken.json").write_text("{")
    moved = files.quarantine(tmp_path, "20260101T000000Z", lambda each: each.name == "stray")
    target = tmp_path / ".quarantine/stray.json.20260101T000000Z"
    assert moved == [("stray", target)]
    assert json.loads(target.read_text())["agent"]["role"] == "r"
    assert [each.name for each in files.read_all(tmp_path)] == ["nux"]
    assert (tmp_path / "broken.json").exists()


def test_what_is_put_aside_is_not_seen_any_more(tmp_path: Path) -> None:
    files.write(tmp_path, "nux", NOW, role="r")
    aside = files.put_aside(tmp_path / "nux.json")
    assert aside.name == "nux.json.deleted"
    assert aside.is_file()
    assert files.read_all(tmp_path) == []


def test_what_stands_there_already_is_not_written_again(tmp_path: Path) -> None:
    files.write(tmp_path, "nux", NOW, role="r", intent="shine")
    before = (tmp_path / "nux.json").stat()
    files.write(tmp_path, "nux", "2027-01-01T00:00:00Z", intent="shine")
    assert (tmp_path / "nux.json").stat().st_ino == before.st_ino


def test_the_nearest_process_with_an_identity_that_counts(tmp_path: Path) -> None:
    chain = [Process(60, 50, "sh", "6"), Process(50, 40, "codex", "5"), CLAUDE]
    fields = {"outer": (40, "400"), "inner": (50, "5"), "later": (50, "5"), "other": (50, "1")}
    for moment, (name, (pid, started)) in enumerate(fields.items()):
        written = f"2026-01-01T00:00:0{moment}Z"
        files.write(tmp_path, name, written, agent_pid=pid, agent_pid_started=started)
    known = files.read_all(tmp_path)
    found, passed = owner.nearest(chain, known)
    assert [each.name for each in found] == ["later", "inner"]
    assert [each.pid for each in passed] == [60, 50]
    found, passed = owner.nearest(chain, known, lambda each: each.name == "outer")
    assert ([each.name for each in found], len(passed)) == (["outer"], 3)
    assert owner.nearest(chain[:1], known) == ([], [])


@pytest.mark.parametrize(("seconds", "may"), [(0, True), (60, True), (-60, False)])
def test_a_number_means_who_ran_when_it_was_noted(seconds: int, may: bool) -> None:
    own = process.look(os.getpid())
    assert own is not None
    noted = format_ns((process.began_ns(own) or 0) + seconds * 1_000_000_000)
    assert owner.may_be(own, noted) is may


@pytest.mark.parametrize("noted", ["", "yesterday"])
def test_a_number_of_which_no_time_is_known_may_be_anybodys(noted: str) -> None:
    own = process.look(os.getpid())
    assert own is not None
    assert owner.may_be(own, noted)
