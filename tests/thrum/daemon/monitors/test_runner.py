"""One monitor at work."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import anyio
import pytest

from tests.thrum.daemon.monitors.conftest import Bench
from thrum.daemon.monitors.runner import GRACE_S
from thrum.errors import ThrumError

pytestmark = pytest.mark.anyio
STAYS = "exec sleep 600"
PAUSES = (1, 2, 4, 8, 16, 32, 60, 60, 60, 60)
"""Seconds between short runs, until there are no more."""
LONG_GRACE_S = 60.0


async def test_the_first_match_at_once_and_the_rest_after_the_window(bench: Bench) -> None:
    of = bench.runner(f"echo E1; echo no; echo E2; echo E3; {STAYS}", match="E")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.run, of)
        await bench.until(lambda: of.debounce.due == 60)
        await bench.until(lambda: "E3" in bench.output())
        assert (bench.mouth.said, of.pid > 0) == (["E1"], True)
        await bench.clock.advance(59)
        assert bench.mouth.said == ["E1"]
        await bench.clock.advance(1)
        assert bench.mouth.said == ["E1", "E2\n(+1 more match in the last 1m)"]
        assert await of.end()
    assert (bench.words, of.pid) == ([""], 0)
    assert bench.codes == [-1]


async def test_what_is_held_is_reported_at_the_end(bench: Bench) -> None:
    of = bench.runner(f"echo E1; echo E2; {STAYS}")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.run, of)
        await bench.until(lambda: of.debounce.due == 60)
        await of.end()
    assert bench.mouth.said == ["E1", "E2\n(held back in the last 1m)"]


async def test_it_runs_again_after_pauses_and_one_window_spans_runs(bench: Bench) -> None:
    of = bench.runner("echo E; exit 3")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.run, of)
        for runs, pause in enumerate(PAUSES[:5], 1):
            await bench.until(lambda runs=runs: len(bench.codes) == runs)  # type: ignore[misc]
            await bench.clock.advance(pause)
        await bench.until(lambda: len(bench.codes) == 6)
        assert bench.mouth.said == ["E"]
        await bench.until(lambda: of.unrest)
        assert (of.trouble, of.unrest) == ("", "it ended with 3 after 0s, 6 runs in a row")
        await bench.clock.advance(60 - 31)
        assert bench.mouth.said == ["E", "E\n(+4 more matches in the last 1m)"]
        await of.end()
    assert set(bench.codes) == {3}


async def test_one_that_keeps_ending_is_given_up(bench: Bench) -> None:
    of = bench.runner("echo boom >&2; exit 7", match="nothing")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.run, of)
        for runs, pause in enumerate(PAUSES, 1):
            await bench.until(lambda runs=runs: len(bench.codes) == runs)  # type: ignore[misc]
            await bench.clock.advance(pause)
    (words,) = bench.words
    assert words.startswith("[monitor:errs] exceeded restart budget: 11 runs in a row")
    assert "ended with 7 after 0s" in words
    assert "boom" in words
    assert (bench.codes, bench.mouth.said) == ([7] * 11, [])


async def test_one_whose_program_goes_is_given_up_too(bench: Bench, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    of = bench.runner(argv=(str(program),))
    of.check()
    program.unlink()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.run, of)
        for runs, pause in enumerate(PAUSES, 1):
            await bench.until(lambda runs=runs: len(bench.codes) == runs)  # type: ignore[misc]
            assert "could not be started" in of.trouble
            await bench.clock.advance(pause)
    assert "could not be started" in bench.words[0]


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("trap 'echo bye; exit 4' TERM; echo up; while :; do sleep 0.01; done", 4),
        ("echo up; exec sleep 600", -1),
    ],
)
async def test_a_program_that_is_asked_ends_in_its_own_way(
    bench: Bench, script: str, code: int
) -> None:
    of = bench.runner(script)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.run, of)
        await bench.until(lambda: bench.mouth.said)
        assert await of.end(LONG_GRACE_S)
    assert bench.codes == [code]
    assert ("bye" in bench.output()) is (code == 4), "it was listened to until its end"


async def test_one_that_does_not_is_killed_with_all_that_it_started(bench: Bench) -> None:
    script = "trap '' TERM; sleep 600 & echo $! > other; echo up; while :; do sleep 600; done"
    of = bench.runner(script)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.run, of)
        await bench.until(lambda: bench.mouth.said)
        other = int((bench.root / "other").read_text())
        assert await of.end(0.1)
    assert (bench.codes, GRACE_S) == ([-1], 5.0)
    await bench.until(lambda: not _lives(other))


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


async def test_a_schedule_runs_it_once_for_each_moment(bench: Bench) -> None:
    of = bench.runner("echo ran; exit 2", schedule="*/5 * * * *", debounce_s=30)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.run, of)
        await bench.until(lambda: of.next_run is not None)
        assert (bench.codes, f"{of.next_run:%H:%M}") == ([], "03:05")
        await bench.clock.advance(56)  # it is 03:05:01
        await bench.until(lambda: len(bench.codes) == 1)
        await bench.clock.advance(240)
        assert len(bench.codes) == 1
        await bench.clock.advance(60)
        await bench.until(lambda: len(bench.codes) == 2)
        await of.end()
    assert (bench.codes, bench.words) == ([2, 2], [""])


async def test_runs_of_a_schedule_never_overlap(bench: Bench) -> None:
    of = bench.runner("echo ran; exec sleep 600", schedule="* * * * *", debounce_s=30)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.run, of)
        await bench.until(lambda: of.next_run is not None)
        await bench.clock.advance(60)
        await bench.until(lambda: bench.mouth.said)
        pid = of.pid
        await bench.clock.advance(600)
        assert (of.pid, bench.codes) == (pid, [])
        os.kill(pid, signal.SIGKILL)
        await bench.until(lambda: bench.codes and of.next_run is not None)
        await of.end()


async def test_a_schedule_without_a_moment_to_come_ends_it(bench: Bench) -> None:
    of = bench.runner("echo ran", schedule="0 0 30 2 1")
    with pytest.raises(ThrumError):
        bench.runner("echo ran", schedule="0 0 30 2 *")
    of._ticks._table = None
    await bench.run(of)
    assert "means no moment" in bench.words[0]


async def test_what_cannot_be_stored_is_held_and_reported_later(bench: Bench) -> None:
    bench.mouth.refusal = ThrumError("storage", "the disk is full")
    of = bench.runner(f"echo E; {STAYS}")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.run, of)
        await bench.until(lambda: of.undelivered)
        assert (of.undelivered, "the disk is full" in of.trouble) == (1, True)
        bench.mouth.refusal = None
        await bench.clock.advance(60)
        assert bench.mouth.said == ["E\n(held back in the last 1m)"]
        assert (of.undelivered, of.trouble) == (0, "")
        await of.end()


async def test_an_earlier_daemons_report_counts(bench: Bench) -> None:
    of = bench.runner(f"echo E; {STAYS}")
    of.goes_on(bench.clock.now_ns() - 20 * 1_000_000_000)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.run, of)
        await bench.until(lambda: of.debounce.due == 40)
        await bench.clock.advance(40)
        assert len(bench.mouth.said) == 1
        await of.end()


@pytest.mark.parametrize("ago_s", [-(10**6), 61, 10**6])
async def test_a_clock_that_was_wrong_holds_no_report_up(bench: Bench, ago_s: int) -> None:
    of = bench.runner()
    of.goes_on(bench.clock.now_ns() - ago_s * 1_000_000_000)
    assert 0 <= of.debounce.until <= 60


@pytest.mark.parametrize(
    "script",
    [
        "head -c 3000000 /dev/zero; echo; echo end",
        "head -c 300000 /dev/urandom; echo; echo end",
        "head -c 2000000 /dev/zero | tr '\\0' x; echo; echo end",
        "yes | head -n 60000; echo end",
        "printf '\\033]0;%0100000d' 0; echo; echo end",
    ],
)
async def test_hostile_output_is_taken_in_whole_and_kept_in_bounds(
    bench: Bench, script: str
) -> None:
    of = bench.runner(f"{script}; {STAYS}", match="^end$")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.run, of)
        await bench.until(lambda: bench.mouth.said)
        await of.end()
    assert bench.mouth.said == ["end"]
    kept = sum(each.stat().st_size for each in bench.root.glob("o.log*"))
    assert kept < 2 * 512 * 1024 + 200_000


async def test_a_reader_that_is_cancelled_holds_up_no_end(bench: Bench) -> None:
    of = bench.runner("trap 'echo bye; exit 0' TERM; while :; do echo flood; done", match="no")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.run, of)
        await bench.until(lambda: len(bench.output()) > 10)
        tasks.cancel_scope.cancel()
    with anyio.fail_after(LONG_GRACE_S):
        assert await bench.children.end("monitors", LONG_GRACE_S)
    await of.flush()
