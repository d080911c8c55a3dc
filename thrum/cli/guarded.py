"""``thrum hook pre-commit`` as a process: it stops a commit for one reason, and for no other.

Git waits for it, and a commit that cannot be made because of us would be worse than one that
nobody looked at. So whatever fails, is missing, is ended or takes too long ends with 0.
"""

from __future__ import annotations

import _thread
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NoReturn

from thrum.cli.deadline import Deadline
from thrum.githook import REFUSED as REFUSED

DEADLINE_S: Final = 1.0
"""From our first line to our end. It takes a tenth of that mostly."""

USAGE: Final = 2
"""What people get who type it wrongly."""

Left = Callable[[], float]
"""Tells how many seconds there are still."""


def run(command: Callable[[Left], int], leave: Callable[[int], NoReturn]) -> NoReturn:
    """Runs the command of this process, and ends the process.

    Args:
        command: given the time, runs the line and returns its status.
        leave: ends the process with a status.
    """
    deadline = Deadline(DEADLINE_S)

    def watch() -> None:
        deadline.pass_by()
        leave(_told("nobody said in time who holds these files; the commit goes on"))

    _thread.start_new_thread(watch, ())
    try:
        code = command(deadline.left)
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:  # noqa: BLE001 -- whatever it is, the commit goes on
        leave(_told(f"who holds these files is not known: {type(error).__name__}: {error}"))
    leave(code if code in {REFUSED, USAGE} else 0)


def _told(said: str) -> int:
    """The status that lets the commit go on, after it was said why."""
    with suppress(OSError):  # nobody reads it
        os.write(2, f"thrum: {said}\n".encode(errors="replace"))
    return 0
