"""What the warden makes of what it is told, and whom it lets be."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.sleepers import marked
from tests.thrum.daemon.children.conftest import until
from thrum.daemon.children import warden_program as program
from thrum.daemon.children.warden import PROGRAM
from thrum.identity import process

pytestmark = pytest.mark.anyio
RUN = [sys.executable, "-I", "-S", str(PROGRAM)]


def leader(mark: str, stdout: int | None = None) -> subprocess.Popen[bytes]:
    """A process that leads a group, and is reaped when it ends, as the system reaps orphans."""
    made = subprocess.Popen(["sleep", mark], start_new_session=True, stdout=stdout)
    threading.Thread(target=made.wait, daemon=True).start()
    return made


def started(pid: int) -> str:
    found = process.look(pid)
    assert found
    return found.started


def told(text: str, cwd: Path) -> None:
    done = subprocess.run(RUN, input=text.encode(), cwd=cwd, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")


async def test_groups_are_ended_that_are_named_and_not_taken_back(
    mark: str, tmp_path: Path
) -> None:
    named, back, half = leader(mark), leader(mark), leader(mark)
    lines = [f"+ {each.pid} {started(each.pid)}" for each in (named, back, half)]
    told(f"{lines[0]}\n{lines[1]}\nnonsense\n- {back.pid}\n\n{lines[2]}", tmp_path)
    assert named.wait() == -signal.SIGTERM
    assert (back.poll(), half.poll()) == (None, None)
    for each in (back, half):
        each.kill()
        each.wait()


async def test_a_number_that_somebody_else_has_by_now_is_let_be(mark: str, tmp_path: Path) -> None:
    other = leader(mark)
    told(f"+ {other.pid} 1\n+ 1 \n+ 0 \n", tmp_path)
    assert other.poll() is None
    other.kill()
    other.wait()


async def test_a_group_is_ended_whose_leader_has_ended(mark: str, tmp_path: Path) -> None:
    script = f'trap "" TERM; sleep {mark} & exit 0'
    gone = subprocess.Popen(["sh", "-c", script], start_new_session=True)
    seen = process.look(gone.pid)
    number = seen.started if seen else ""
    gone.wait()
    await until(lambda: len(marked(mark)) == 1)
    told(f"+ {gone.pid} {number}\n", tmp_path)
    await until(lambda: marked(mark) == [])


@pytest.mark.skipif(not program.PROC, reason="needs /proc")
async def test_a_child_that_was_expected_is_found_by_its_pipe(mark: str, tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    child, other = leader(mark, stdout=theirs), leader(mark)
    inode = os.fstat(theirs).st_ino
    os.close(theirs)
    told(f"? {inode}\n+ {child.pid} {started(child.pid)}\n- {child.pid}\n", tmp_path)
    assert child.poll() is None, "it was named, so it is not expected any more"
    told(f"? {inode}\n", tmp_path)
    assert child.wait() == -signal.SIGTERM
    assert other.poll() is None
    other.kill()
    other.wait()
    os.close(ours)


async def test_signals_do_not_end_it_and_the_end_of_its_input_does() -> None:
    warden = subprocess.Popen(RUN, stdin=subprocess.PIPE)
    assert warden.stdin
    if program.PROC:
        mask = sum(1 << (number - 1) for number in program.DEAF_TO)
        status = Path(f"/proc/{warden.pid}/status")

        def ignored() -> int:
            lines = dict(line.split(":\t", 1) for line in status.read_text().splitlines())
            return int(lines["SigIgn"], 16)

        await until(lambda: ignored() & mask == mask)
    else:
        time.sleep(1)
    for number in program.DEAF_TO:
        warden.send_signal(number)
    warden.stdin.close()
    assert warden.wait() == 0


@pytest.mark.skipif(not program.PROC, reason="compares with /proc")
async def test_both_ways_to_see_a_start_agree(mark: str) -> None:
    before = time.time()
    child = leader(mark)
    assert program.by_proc(child.pid) == started(child.pid).partition("@")[0]
    by_ps = program.by_ps(child.pid)
    assert by_ps is not None
    assert before - 3 <= by_ps <= time.time() + 3
    child.kill()
    child.wait()
    assert (program.by_proc(child.pid), program.by_ps(child.pid)) == (None, None)


async def test_a_zombie_does_not_run() -> None:
    child = subprocess.Popen(["sh", "-c", "exit"])
    await until(lambda: program.by_ps(child.pid) is None)
    assert (child.returncode, program.by_proc(child.pid)) == (None, None)
    child.wait()


@pytest.mark.parametrize(("off_s", "fits"), [(0, True), (1.5, True), (-60, False), (60, False)])
async def test_by_whole_seconds(
    mark: str, monkeypatch: pytest.MonkeyPatch, off_s: float, fits: bool
) -> None:
    monkeypatch.setattr(program, "PROC", False)
    child = leader(mark)
    since = program.by_ps(child.pid)
    assert since is not None
    assert program.fits(child.pid, f"{since + off_s:.6f}") is fits
    assert program.fits(child.pid, "") is False
    assert program.tell({child.pid: f"{since + 60:.6f}"}, signal.SIGKILL) == {}
    assert program.with_pipe(1) == {}
    program.end({child.pid: f"{since:.6f}"})
    assert child.wait() == -signal.SIGTERM


def test_it_needs_the_standard_library_only() -> None:
    tree = ast.parse(PROGRAM.read_text())
    names = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    names |= {node.module or "." for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names
