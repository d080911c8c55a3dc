"""What a monitor says of itself when its program is given up. Pure."""

from __future__ import annotations

from typing import NamedTuple

from thrum.daemon.monitors.debounce import span
from thrum.daemon.monitors.job import Job
from thrum.plurals import counted


class Ended(NamedTuple):
    """How a run ended.

    Attributes:
        code: the exit status, negative if a signal ended it; None if it never began.
        pid: its process; 0 if there was none.
        lasted_s: how long it ran.
        why: why it could not begin; empty if it did.
    """

    code: int | None
    pid: int = 0
    lasted_s: float = 0.0
    why: str = ""

    def __str__(self) -> str:
        if self.code is None:
            return f"could not be started: {self.why}"
        how = f"was ended by signal {-self.code}" if self.code < 0 else f"ended with {self.code}"
        return f"{how} after {span(self.lasted_s)}"


def given_up(job: Job, last: Ended, runs: int, output: str) -> str:
    """The last message: why it is dead, what it said, and how it lives again.

    Args:
        job: the monitor.
        last: its last run.
        runs: how many short ones there were in a row.
        output: the end of what it said.
    """
    head = f"[{job.sender}] exceeded restart budget: {counted(runs, 'run')} in a row"
    said = f"The end of its output:\n{output}" if output else "It said nothing."
    lines = [
        f"{head} ended too soon, so it is dead and runs no more.",
        f"The last one {last}{f' (pid {last.pid})' if last.pid else ''}.",
        *([] if last.code is None else [said]),
        f"`thrum monitor restart {job.name}` runs it again.",
    ]
    return "\n".join(lines)


def no_more_runs(job: Job) -> str:
    """The last message of one whose schedule means no moment any more."""
    return f"[{job.sender}] dead: its schedule {job.schedule!r} means no moment that is to come."
