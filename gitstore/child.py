"""A child process that always has an owner: it ends by a deadline, or when its owner ends.

If the child itself is killed by somebody, what it had started goes too. If it ends in order, what
it leaves running (an ssh that serves further connections) is let be, and is not waited for.

The child leads a session of its own, so that whatever it starts (ssh, a remote helper) goes with
it, and so that a Ctrl-C on the terminal is the owner's to answer.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import Struct, field

GRACE_S: Final = 2.0
"""What a program that is told to end has for it; git removes its lock files then."""
_LOOK_S: Final = 0.1
_PAUSE_S: Final = 0.01


class Aborted(Exception):
    """The owner ends; no child runs any more, and none is started."""


class Owner(Struct, dict=True):
    """Runs one child at a time. `abort` may be called from any thread, `run` from one."""

    _aborted: threading.Event = field(default_factory=threading.Event)

    def run(
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        cwd: Path,
        limit_s: float,
        input: str | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Runs a program to its end; what it reads and writes is text.

        Raises:
            OSError: the program cannot be started.
            subprocess.TimeoutExpired: it did not end in time; it was ended and reaped.
            Aborted: `abort` was called; it was ended and reaped.
        """
        if self._aborted.is_set():
            raise Aborted
        process = subprocess.Popen(
            argv,
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL if input is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            out, err = self._output(process, time.monotonic() + limit_s, input)
            if process.returncode < 0:
                _end_rest(process)
        except BaseException:
            _end(process)
            raise
        finally:
            _close_pipes(process)
        return subprocess.CompletedProcess(argv, process.returncode, out, err)

    def abort(self) -> None:
        """Ends the child that runs, with all that it started, and starts none from now on."""
        self._aborted.set()

    def _output(
        self, process: subprocess.Popen[str], deadline: float, input: str | None
    ) -> tuple[str, str]:
        while True:
            left = deadline - time.monotonic()
            has_ended = process.poll() is not None
            try:
                return process.communicate(input, timeout=max(min(_LOOK_S, left), 0))
            except subprocess.TimeoutExpired as expired:
                if self._aborted.is_set():
                    raise Aborted from None
                if has_ended:
                    # Something that it started holds the pipes; all that it said has been read.
                    return _text(expired.stdout), _text(expired.stderr)
                if left <= 0:
                    raise
                input = None  # what is not written yet is written by the next call


def _end(process: subprocess.Popen[str]) -> None:
    """Ends a process that leads a group, with the group; it is reaped when this returns."""
    _tell(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_S)
    _tell(process, signal.SIGKILL)
    process.wait()


def _end_rest(process: subprocess.Popen[str]) -> None:
    """Ends what a process that was killed had started; git's helpers remove their files first."""
    _tell(process, signal.SIGTERM)
    until = time.monotonic() + GRACE_S
    with suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < until:
            os.killpg(process.pid, 0)
            time.sleep(_PAUSE_S)
    _tell(process, signal.SIGKILL)


def _close_pipes(process: subprocess.Popen[str]) -> None:
    """Closes our ends; a descendant may hold the others for ever."""
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):  # what was never written cannot be written now
                pipe.close()


def _text(said: bytes | str | None) -> str:
    """Output as `TimeoutExpired` has it, which is bytes whatever was asked for."""
    return said.decode(errors="replace") if isinstance(said, bytes) else said or ""


def _tell(process: subprocess.Popen[str], request: signal.Signals) -> None:
    """Sends a signal to everybody who is left of the group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, request)
