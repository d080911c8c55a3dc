"""Told when another process ends, without looking again and again.

Where the system has descriptors of processes (Linux), one sleeps until something happens; elsewhere
one looks every half a minute.
"""

from __future__ import annotations

import math
import os
import select
from collections.abc import Iterable
from enum import Enum
from types import TracebackType
from typing import Final

from thrum.identity import process
from thrum.identity.process import Process

LOOK_S: Final = 30.0
"""Seconds between two looks where the system does not tell."""

_MS: Final = 1000


class Came(Enum):
    """Why somebody who slept goes on.

    Attributes:
        NEWS: something can be read.
        END: the process has ended, or nobody reads any more what is written.
        TIME: the time is over.
    """

    NEWS = "news"
    END = "end"
    TIME = "time"


class Lifeline:
    """To a process, and to those who read what this one writes.

    Args:
        of: the process; None where none is known.
        outputs: descriptors that are of use as long as somebody reads at their other end.
    """

    def __init__(self, of: Process | None, outputs: Iterable[int] = ()) -> None:
        self._of = of
        self._outputs = tuple(outputs)
        self._handle = _open(of) if of else -1

    def __enter__(self) -> Lifeline:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def sleep(self, seconds: float, news: int = -1) -> Came:
        """Sleeps until the process ends, something can be read, or the time is over.

        Args:
            seconds: the time.
            news: a descriptor that may become readable.
        """
        poll = select.poll()
        for output in self._outputs:
            poll.register(output, 0)  # errors and hanging up are told of unasked
        for readable in (news, self._handle):
            if readable >= 0:
                poll.register(readable, select.POLLIN)
        while self._is_there():
            step = seconds if self._handle >= 0 or self._of is None else min(seconds, LOOK_S)
            ready = {handle for handle, _ in poll.poll(math.ceil(step * _MS))}
            if ready - {news}:
                return Came.END
            if ready:
                return Came.NEWS
            seconds -= step
            if seconds <= 0:
                return Came.TIME
        return Came.END

    def _is_there(self) -> bool:
        if self._of is None or self._handle >= 0:
            return True
        return process.alive(self._of.pid, self._of.started)


def _open(of: Process) -> int:
    """A descriptor of the process; -1 where the system has none, or it has ended."""
    opened = getattr(os, "pidfd_open", None)
    if opened is None:
        return -1
    try:
        handle = int(opened(of.pid))
    except OSError:
        return -1
    if process.alive(of.pid, of.started):
        return handle
    os.close(handle)  # the number is another's by now
    return -1
