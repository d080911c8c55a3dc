"""One owner of all processes: they are bounded, end in time, and nothing of them is left."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.sleepers import marked
from tests.thrum.daemon.children.conftest import (
    ENVIRONMENT,
    LONG_S,
    Run,
    descriptors,
    until,
    zombies,
)
from thrum.daemon.children.children import Children
from thrum.errors import ThrumError

pytestmark = pytest.mark.anyio
PYTHON = (sys.executable, "-I", "-S", "-c")
DEAF = 'trap "" TERM; echo up; while :; do sleep {0}; done # {0}'


async def test_what_it_says_comes_back(run: Run, tmp_path: Path) -> None:
    script = 'echo "$WORD"; pwd; echo oops >&2; cat; exit 3'
    environment = {**ENVIRONMENT, "WORD": "hello"}
    done = await run("sh", "-c", script, environment=environment, stdin=b"given")
    assert done.out == f"hello\n{tmp_path}\ngiven".encode()
    assert (done.err, done.code, done.was_cut, done.timed_out) == (b"oops\n", 3, False, False)


async def test_nothing_to_read_unless_it_is_given(run: Run) -> None:
    assert (await run("cat")).out == b""


async def test_much_goes_in_and_out(run: Run) -> None:
    data = os.urandom(3_000_000)
    done = await run("cat", stdin=data, most_bytes=len(data))
    assert (done.out == data, done.was_cut) == (True, False)


async def test_who_does_not_read_is_not_waited_for(run: Run) -> None:
    done = await run("sh", "-c", "exec <&-; sleep 0.3; echo on; exit 3", stdin=b"x" * 3_000_000)
    assert (done.code, done.out, done.timed_out) == (3, b"on\n", False)


async def test_nothing_of_the_environment_is_inherited(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "1")
    done = await run("env", environment={**ENVIRONMENT, "ONLY": "this"})
    assert sorted(done.out.decode().splitlines()) == [
        "ONLY=this",
        f"PATH={ENVIRONMENT['PATH']}",
    ]


async def test_no_descriptor_is_inherited(run: Run, tmp_path: Path) -> None:
    handle = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(handle, True)
    script = """
import os
for number in range(256):
    try:
        os.fstat(number)
    except OSError:
        continue
    print(number)
"""
    try:
        done = await run(*PYTHON, script)
    finally:
        os.close(handle)
    assert done.out.split() == [b"0", b"1", b"2"]


async def test_each_leads_its_own_session_and_group(run: Run) -> None:
    script = "import os; print(os.getpid(), os.getsid(0), os.getpgid(0))"
    said = (await run(*PYTHON, script)).out.split()
    assert len(set(said)) == 1


async def test_no_shell_reads_the_arguments(run: Run, tmp_path: Path) -> None:
    done = await run("echo", "$PATH; touch here", "*")
    assert done.out == b"$PATH; touch here *\n"
    assert list(tmp_path.glob("here")) == []


async def test_output_is_bounded_and_holds_up_nobody(run: Run) -> None:
    script = "import sys\nfor _ in range(50): sys.stdout.write('x' * 1_000_000)\nsys.exit(7)"
    done = await run(*PYTHON, script, most_bytes=1000)
    assert (done.out, done.err) == (b"x" * 1000, b"")
    assert (done.code, done.was_cut, done.timed_out) == (7, True, False)


async def test_errors_are_bounded_too(run: Run) -> None:
    done = await run("sh", "-c", "echo 12345 >&2", most_bytes=3)
    assert (done.err, done.was_cut) == (b"123", True)


async def test_fifty_at_once(run: Run, children: Children) -> None:
    out: dict[int, bytes] = {}

    async def one(number: int) -> None:
        out[number] = (await run("sh", "-c", f"echo {number}; cat", stdin=b"end")).out

    async with anyio.create_task_group() as tasks:
        for number in range(50):
            tasks.start_soon(one, number)
    assert out == {number: f"{number}\nend".encode() for number in range(50)}
    assert (children.running(), zombies()) == ([], [])


async def test_a_deadline_ends_it_and_all_that_it_started(run: Run, mark: str) -> None:
    script = f"sleep {mark} & echo up; sleep {mark}"
    done = await run("sh", "-c", script, limit_s=0.5)
    assert (done.timed_out, done.code) == (True, -signal.SIGTERM)
    await until(lambda: marked(mark) == [])
    assert zombies() == []


async def test_who_ignores_the_request_is_killed(run: Run, mark: str) -> None:
    # It has to be deaf by then, on a busy machine as well.
    done = await run("sh", "-c", DEAF.format(mark), limit_s=3, grace_s=0.2)
    assert (done.timed_out, done.code) == (True, -signal.SIGKILL)
    await until(lambda: marked(mark) == [])


async def test_cancelled_in_mid_run_nothing_is_left(
    run: Run, children: Children, mark: str
) -> None:
    async def one() -> None:
        await run("sh", "-c", DEAF.format(mark), grace_s=0.2)

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(one)
        await until(lambda: len(marked(mark)) == 10)
        tasks.cancel_scope.cancel()
    # The shells are reaped when `run` is left; what they had started is somebody else's to reap.
    assert (children.running(), zombies()) == ([], [])
    await until(lambda: marked(mark) == [])


async def test_what_its_leader_leaves_in_the_group_goes_with_it(run: Run, mark: str) -> None:
    done = await run("sh", "-c", f"sleep {mark} & echo said; exit 0")
    assert (done.code, done.out) == (0, b"said\n")
    await until(lambda: marked(mark) == [])


async def test_what_goes_its_own_way_is_neither_waited_for_nor_ended(run: Run, mark: str) -> None:
    script = f"""
import os, sys, time
ready, told = os.pipe()
if os.fork() == 0:
    os.setsid()
    os.write(told, b"x")
    os.execvp("sleep", ["sleep", "{mark}"])
os.read(ready, 1)
print("said")
"""
    done = await run(*PYTHON, script)
    assert (done.code, done.out) == (0, b"said\n")
    left = marked(mark)
    assert len(left) == 1
    os.kill(left[0], signal.SIGKILL)


async def test_one_too_many_of_an_owner(children: Children, start: Any) -> None:
    children.most_of_one, children.most = 2, 3
    start("sleep", "600", owner="tmux")
    start("sleep", "600", owner="tmux")
    with pytest.raises(ThrumError, match="tmux") as raised:
        start("sleep", "600", owner="tmux")
    assert (raised.value.kind, raised.value.details) == ("busy", {"owner": "tmux"})
    start("sleep", "600", owner="monitors")
    with pytest.raises(ThrumError, match="hooks") as raised:
        start("sleep", "600", owner="hooks")
    assert raised.value.kind == "busy"
    await children.end("tmux")
    start("sleep", "600", owner="hooks")


async def test_who_runs_can_be_seen(children: Children, start: Any) -> None:
    before = time.time_ns()
    first, second = start("sleep", "600", owner="tmux"), start("cat", owner="hooks")
    await second.wait()
    assert children.running() == [first.about]
    about = first.about
    assert (about.owner, about.argv0, about.pid) == ("tmux", "sleep", first.pid)
    assert before <= about.since_ns <= time.time_ns()


async def test_the_end_of_an_owner_is_nobody_elses(children: Children, start: Any) -> None:
    mine = [start("sleep", "600", owner="tmux") for _ in range(5)]
    other = start("sleep", "600", owner="hooks")
    assert await children.end("tmux")
    assert [child.code for child in mine] == [-signal.SIGTERM] * 5
    assert children.running() == [other.about]


async def test_closing_ends_all_and_starts_none(
    children: Children, start: Any, run: Run, mark: str
) -> None:
    deaf = [start("sh", "-c", DEAF.format(mark), owner=f"o{number}") for number in range(8)]
    for child in deaf:
        assert (await anext(child.lines)).said == b"up"
    warden = children.warden_pid
    assert warden is not None
    # Each has a grace of half the limit: one after the other they would not make it.
    assert await children.close(4)
    assert [child.code for child in deaf] == [-signal.SIGKILL] * 8
    with pytest.raises(ThrumError) as raised:
        start("true")
    assert raised.value.kind == "shutting_down"
    with pytest.raises(ThrumError):
        await run("true")
    assert (children.running(), children.warden_pid, zombies()) == ([], None, [])
    await until(lambda: marked(mark) == [])


async def test_nobody_starts_before_it_is_entered(tmp_path: Path) -> None:
    with pytest.raises(ThrumError) as raised:
        Children(time.time_ns).start(["true"], owner="x", cwd=tmp_path, environment={})
    assert raised.value.kind == "shutting_down"


async def test_leaving_ends_all_even_when_it_is_cancelled(tmp_path: Path, mark: str) -> None:
    async def hold(*, task_status: anyio.abc.TaskStatus[Children]) -> None:
        async with Children(time.time_ns) as owner:
            owner.start(["sleep", mark], owner="x", cwd=tmp_path, environment=ENVIRONMENT)
            task_status.started(owner)
            await anyio.sleep(LONG_S)

    async with anyio.create_task_group() as tasks:
        owner = await tasks.start(hold)
        await until(lambda: len(marked(mark)) == 1)
        tasks.cancel_scope.cancel()
    assert (owner.running(), marked(mark), zombies()) == ([], [], [])


async def test_no_descriptor_is_left_open(children: Children, run: Run, start: Any) -> None:
    await run("true")  # the warden runs from now on
    gc.collect()
    before = descriptors()
    for _ in range(10):
        await run("cat", stdin=b"x")
        await start("true").wait()
        with pytest.raises(ThrumError):
            await run("no-such-program-anywhere", stdin=b"x")
    assert descriptors() == before


async def test_who_says_more_than_is_read_waits(children: Children, tmp_path: Path) -> None:
    script = """
import pathlib, sys
for number in range(64):
    sys.stdout.buffer.write(b"x" * 65536)
    sys.stdout.buffer.flush()
    pathlib.Path("got").write_text(str(number))
"""
    child = children.start_paced(
        [*PYTHON, script], owner="test", cwd=tmp_path, environment=ENVIRONMENT, most=1000
    )
    assert child.pieces is not None
    first = await anext(child.pieces)
    await until(lambda: (tmp_path / "got").exists())
    assert child.code is None, "it is held up"
    count = len(first)
    async for piece in child.pieces:
        count += len(piece)
    assert (count, await child.wait()) == (64 * 65536, 0)


async def test_who_is_held_up_ends_in_time_when_asked(children: Children, tmp_path: Path) -> None:
    child = children.start_paced(
        ["yes"], owner="test", cwd=tmp_path, environment=ENVIRONMENT, most=1000
    )
    assert child.pieces is not None
    await anext(child.pieces)
    assert await child.stop(LONG_S)
    assert child.code == -signal.SIGTERM


async def test_what_was_said_before_the_end_is_read_after_it(
    children: Children, tmp_path: Path
) -> None:
    child = children.start_paced(
        ["echo", "x" * 5000], owner="test", cwd=tmp_path, environment=ENVIRONMENT, most=1000
    )
    await child.wait()
    assert child.pieces is not None
    assert b"".join([piece async for piece in child.pieces]) == b"x" * 5000 + b"\n"
