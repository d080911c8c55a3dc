"""The daemon's side of the warden: starting it, telling it, and starting another if it dies."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import anyio
from anyio.abc import TaskGroup

from thrum.daemon.children import group, warden_program

PROGRAM: Final = Path(warden_program.__file__)
PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0

logger = logging.getLogger("thrum.children")


@dataclass
class _Running:
    """A warden that runs, or did when it was looked at last."""

    process: subprocess.Popen[bytes]
    line: socket.socket
    over: anyio.Event = field(default_factory=anyio.Event)
    scope: anyio.CancelScope = field(default_factory=lambda: anyio.CancelScope(shield=True))


@dataclass
class Warden:
    """Whoever ends the groups that are named to it when the daemon is gone.

    It starts with the first child. If it dies, the next one is told everything.

    Args:
        tasks: where it is watched.
    """

    tasks: TaskGroup
    _groups: dict[int, str] = field(default_factory=dict)
    _current: _Running | None = None
    _deaths: int = 0
    _closed: bool = False

    @property
    def pid(self) -> int | None:
        """The number of its process, if one runs."""
        return self._current.process.pid if self._current else None

    def expect(self, inode: int) -> None:
        """Tells that a child is about to start, whose output is the pipe of that number.

        Raises:
            OSError: no warden can be started.
        """
        self._insist(f"? {inode}\n")

    def add(self, pid: int, started: str) -> None:
        """Names a group.

        Raises:
            OSError: no warden can be started.
        """
        self._insist(f"+ {pid} {started}\n")
        self._groups[pid] = started

    def remove(self, pid: int) -> None:
        """Takes a group back, before its leader is reaped."""
        self._groups.pop(pid, None)
        if self._current is not None:
            self._say(self._current, f"- {pid}\n")

    async def close(self, limit_s: float) -> None:
        """Lets the warden end. If a group is still named, it does its work first, unwatched."""
        self._closed = True
        running, self._current = self._current, None
        if running is None:
            return
        running.line.shutdown(socket.SHUT_RDWR)
        with anyio.move_on_after(limit_s):
            await running.over.wait()
        if not running.over.is_set() and not self._groups:
            # A slow machine may not even have begun it; nobody needs it, and it is to be reaped.
            running.process.kill()
            with anyio.move_on_after(limit_s):
                await running.over.wait()
        running.scope.cancel()

    def _insist(self, line: str) -> None:
        """Says it to a warden that hears it."""
        if self._current is None or not self._say(self._current, line):
            self._say(self._begin(), line)

    def _say(self, running: _Running, line: str) -> bool:
        """Whether it was said. A warden that does not hear is of no use and is ended."""
        try:
            running.line.sendall(line.encode("ascii"))
        except OSError:
            running.process.kill()
            if self._current is running:
                self._current = None
            return False
        return True

    def _begin(self) -> _Running:
        """Starts a warden and tells it everything."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = subprocess.Popen(
                    [sys.executable, "-I", "-S", str(PROGRAM)],
                    cwd="/",
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except BaseException:
                ours.close()
                raise
        ours.setblocking(False)
        running = self._current = _Running(process, ours)
        self.tasks.start_soon(self._watch, running)
        for pid, started in self._groups.items():
            self._say(running, f"+ {pid} {started}\n")
        return running

    async def _watch(self, running: _Running) -> None:
        """Reaps it when it ends, and starts another if somebody needs one."""
        with running.scope:
            try:
                # It never says anything: what can be read is its end.
                await anyio.wait_readable(running.line)
            finally:
                running.line.close()
            await group.ended(running.process.pid)
            running.process.wait()
            running.over.set()
        if not self._closed:
            logger.warning("the warden of the children has died")
            if self._current is running:
                self._current = None
            await self._again()

    async def _again(self) -> None:
        """Starts one if there is none, the later the more have died."""
        await anyio.sleep(min(PAUSE_S * self._deaths, LONGEST_PAUSE_S))
        self._deaths += 1
        while self._groups and self._current is None and not self._closed:
            try:
                self._begin()
            except OSError as error:
                logger.warning("no warden of the children can be started: %s", error)
                await anyio.sleep(LONGEST_PAUSE_S)
