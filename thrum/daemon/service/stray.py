"""Cancellations that nobody around asked for.

Who awaits something that somebody else cancels (a library's own task, a future of another part)
is given the same exception as one who is cancelled himself. In a task group that would end all
the others without a word, so it is told apart and is an ordinary failure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import anyio


class Stray(Exception):
    """What was awaited had been cancelled."""


@contextmanager
def told_apart() -> Iterator[None]:
    """Lets a cancellation pass only where a scope around is cancelled.

    Raises:
        Stray: one came all the same.
    """
    try:
        yield
    except anyio.get_cancelled_exc_class() as error:
        if anyio.current_effective_deadline() == -math.inf:
            raise
        raise Stray("what it waited for was cancelled") from error
