"""Starting a process so that it is known from its first moment, or saying why it cannot be."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thrum.daemon.children import group, pipes
from thrum.daemon.children.warden import Warden
from thrum.errors import ThrumError
from thrum.identity import process

_CANNOT_RUN: Final = {errno.EACCES, errno.ENOEXEC, errno.EPERM, errno.EISDIR, errno.ELOOP}


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be started.

    Attributes:
        argv: the program, found by the environment's PATH, and its arguments.
        cwd: where it stands.
        environment: all that it is given of one.
        stdin: what it can read.
        apart: whether its errors have a pipe of their own.
        is_spoken_to: whether it is told more while it runs.
    """

    argv: Sequence[str]
    cwd: Path
    environment: Mapping[str, str]
    stdin: bytes = b""
    apart: bool = False
    is_spoken_to: bool = False


@dataclass(frozen=True, slots=True)
class Newborn:
    """A process that has started, and our ends of its pipes."""

    process: subprocess.Popen[bytes]
    out: int
    err: int | None
    into: int | None


def bear(order: Order, warden: Warden) -> Newborn:
    """Starts a process as the leader of a session of its own.

    The warden hears of it twice: that it comes, and that it is there. Between the two it is found
    by its pipe, where there is a ``/proc``; elsewhere that moment, some 0.1 ms, is not covered.

    Raises:
        ThrumError: ``program``, ``not_found``, ``invalid_params``, ``too_large`` or ``system``.
    """
    if not order.argv:
        raise ThrumError("invalid_params", "no program is named")
    try:
        with ExitStack() as ours, ExitStack() as theirs:
            newborn = _bear(order, warden, ours, theirs)
            ours.pop_all()
            return newborn
    except ValueError as error:
        text = f"{order.argv[0]!r} cannot be started so: {error}"
        raise ThrumError("invalid_params", text) from error
    except OSError as error:
        raise _refusal(order, error) from error


def _bear(order: Order, warden: Warden, ours: ExitStack, theirs: ExitStack) -> Newborn:
    def pipe(*, ours_reads: bool) -> tuple[int, int]:
        mine, its = pipes.pipe(ours_reads=ours_reads)
        ours.callback(os.close, mine)
        theirs.callback(os.close, its)
        return mine, its

    has_input = bool(order.stdin) or order.is_spoken_to
    out, stdout = pipe(ours_reads=True)
    err, stderr = pipe(ours_reads=True) if order.apart else (None, stdout)
    into, stdin = pipe(ours_reads=False) if has_input else (None, subprocess.DEVNULL)
    warden.expect(os.fstat(stdout).st_ino)
    started = subprocess.Popen(
        order.argv,
        cwd=str(order.cwd),
        env=order.environment,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    )
    try:
        seen = process.look(started.pid)
        warden.add(started.pid, seen.started if seen else "")
    except BaseException:
        group.tell(started.pid, signal.SIGKILL)
        started.wait()
        raise
    return Newborn(started, out, err, into)


def _refusal(order: Order, error: OSError) -> ThrumError:
    """Why a process could not be started, for a person."""
    program, why = order.argv[0], os.strerror(error.errno or 0)
    details = {"program": program}
    if error.filename == str(order.cwd):
        return ThrumError("not_found", f"{program!r} cannot stand in {order.cwd}: {why}")
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        text = f"the program {program!r} is not found"
        return ThrumError("program", text, "install it, or correct the PATH", details)
    if error.errno in _CANNOT_RUN:
        return ThrumError("program", f"the program {program!r} cannot be run: {why}", None, details)
    if error.errno == errno.E2BIG:
        return ThrumError("too_large", f"the arguments of {program!r} are too long")
    return ThrumError("system", f"{program!r} could not be started: {why}")
