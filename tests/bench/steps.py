"""What one message costs the daemon: processor time, steps of the interpreter, switches, bytes.

The processor's time stands beside that of a server that answers the same lines and does nothing
else. Steps are counted by a daemon that is slower for it, so nothing else is measured of that one.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.bench.counted import KINDS
from tests.bench.figure import Figure
from tests.bench.place import Place, daemon_pid
from tests.bench.sends import load
from tests.bench.sockets import cpu_s

HERE: Final = Path(__file__).parents[2]
SENDS: Final = {1: 1000, 8: 4000, 64: 8000}
COUNTED: Final = {1: 200, 64: 1280}
LONGEST_S: Final = 60.0
"""For the daemon that counts to be there, or to write down what it counted."""
APART: Final = 8
"""Callers that are processes of their own, as agents are."""

ECHO: Final = """
import asyncio, json, sys

async def serve(reader, writer):
    while line := await reader.readline():
        found = json.loads(line)
        writer.write(json.dumps({"jsonrpc": "2.0", "result": {}, "id": found["id"]}).encode())
        writer.write(b"\\n")
    writer.close()

async def main():
    async with await asyncio.start_unix_server(serve, sys.argv[1]) as server:
        print(flush=True)
        await server.serve_forever()

asyncio.run(main())
"""
"""Reads each line, takes it apart and answers it."""

CALLER: Final = """
import asyncio, sys
from tests.bench.sends import load
asyncio.run(load(sys.argv[1], 1, int(sys.argv[2])))
"""


@contextmanager
def echo(path: Path) -> Iterator[int]:
    """A server that does nothing; its process."""
    argv = [sys.executable, "-c", ECHO, str(path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process.pid
        finally:
            process.kill()


def together(path: str, callers: int, sends: int) -> None:
    """One process with so many connections."""
    asyncio.run(load(path, callers, sends))


def apart(path: str, callers: int, sends: int) -> None:
    """As many processes, each with one connection."""
    argv = [sys.executable, "-c", CALLER, path, str(sends // callers)]
    env = os.environ | {"PYTHONPATH": str(HERE)}  # they stand in the clone, as alice does
    made = [subprocess.Popen(argv, env=env) for _ in range(callers)]
    ended = [each.wait() for each in made]
    if any(ended):
        raise RuntimeError("a caller failed")


Drive = Callable[[str, int, int], None]


def spent_us(pid: int, path: str, callers: int, sends: int, drive: Drive) -> float:
    """Microseconds of processor that each send cost a process."""
    drive(path, callers, sends // 4)
    before = cpu_s(pid)
    drive(path, callers, sends)
    return (cpu_s(pid) - before) / sends * 1e6


def switches(pid: int) -> int:
    """How often threads of the process waited for something."""
    found = 0
    for each in Path(f"/proc/{pid}/task").iterdir():
        line = (each / "status").read_text().partition("\nvoluntary_ctxt_switches:")[2]
        found += int(line.split()[0])
    return found


def written(pid: int) -> int:
    """Bytes that the process wrote, to files and sockets."""
    said = Path(f"/proc/{pid}/io").read_text()
    return int(said.partition("wchar:")[2].split()[0])


def times(pid: int, path: str, idle: Path) -> Iterator[Figure]:
    """Processor time, switches and bytes of each send."""
    with echo(idle) as other:
        for callers, sends in SENDS.items():
            floor = spent_us(other, str(idle), callers, sends, together)
            value = spent_us(pid, path, callers, sends, together)
            name = f"processor of a send, {callers} caller{'s' * (callers > 1)}"
            yield Figure(name, value, "µs", floor, "a server that only answers")
        floor = spent_us(other, str(idle), APART, 1000, apart)
        value = spent_us(pid, path, APART, 1000, apart)
        name = f"processor of a send, {APART} processes"
        yield Figure(name, value, "µs", floor, "a server that only answers")
    for callers, sends in SENDS.items():
        s = "s" * (callers > 1)
        waits, bytes_ = switches(pid), written(pid)
        together(path, callers, sends)
        waits, bytes_ = switches(pid) - waits, written(pid) - bytes_
        yield Figure(f"waits of a send, {callers} caller{s}", waits / sends, "")
        yield Figure(f"bytes written by a send, {callers} caller{s}", bytes_ / sends, "")


def _wait_for(path: Path) -> None:
    """Returns once the daemon has made the file.

    Raises:
        RuntimeError: it does not.
    """
    until = time.monotonic() + LONGEST_S
    while not path.exists():
        if time.monotonic() > until:
            raise RuntimeError(f"the daemon that counts did not make {path}")
        time.sleep(0.01)


def counts(file: Path, pid: int) -> dict[str, int]:
    """The steps until now."""
    file.unlink(missing_ok=True)
    os.kill(pid, signal.SIGUSR1)
    _wait_for(file)
    found: dict[str, int] = json.loads(file.read_text())
    return found


def steps(place: Place, clone: Path, path: str) -> Iterator[Figure]:
    """Calls of functions for each send, by a daemon of its own, which is stopped at the end."""
    file = place.root / "steps.json"
    place.thrum("daemon", "stop", cwd=clone)
    argv = [sys.executable, "-m", "tests.bench.counted", str(file), "--repo", str(clone)]
    with subprocess.Popen(argv, cwd=HERE, env=place.environment, stdin=subprocess.DEVNULL) as own:
        _wait_for(Path(path))
        pid = own.pid
        for callers, sends in COUNTED.items():
            together(path, callers, sends)
            before = counts(file, pid)
            together(path, callers, sends)
            after = counts(file, pid)
            python, c = ((after[kind] - before[kind]) / sends for kind in KINDS)
            s = "s" * (callers > 1)
            yield Figure(f"calls of Python in a send, {callers} caller{s}", python, "")
            yield Figure(f"calls of C in a send, {callers} caller{s}", c, "")
        place.thrum("daemon", "stop", cwd=clone)


def figures(place: Place, clone: Path) -> Iterator[Figure]:
    """The clone has a daemon and the agents alice (in it) and bob."""
    os.chdir(clone)
    path = str(clone / ".thrum" / "var" / "thrum.sock")
    yield from times(daemon_pid(clone), path, clone / ".thrum" / "var" / "idle.sock")
    yield from steps(place, clone, path)
    place.thrum("daemon", "start", cwd=clone)
