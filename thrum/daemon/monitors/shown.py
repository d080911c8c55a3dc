"""A monitor as it is shown: without secrets, and with what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from thrum.clock import format_seconds

if TYPE_CHECKING:
    from thrum.daemon.monitors.job import Job
    from thrum.daemon.monitors.runner import Runner


class Monitor(msgspec.Struct, omit_defaults=True):
    """A monitor.

    Of `env` only the names are shown, and of `argv` nothing that looks like a secret. `undelivered`
    counts reports that could not be delivered since one was; `trouble` says why, or who got them
    instead, or that its program keeps ending. `last_exit_code` is -1 where a signal ended the run,
    or where it never began.
    """

    id: str
    name: str
    argv: list[str]
    match: str
    target: str
    cwd: str
    env: dict[str, str]
    debounce_seconds: int
    status: str
    created_at: str
    updated_at: str
    pid: int = 0
    schedule: str = ""
    started_by: str = ""
    running_since: str = ""
    next_run_at: str = ""
    last_exit_code: int | None = None
    last_exit_at: str = ""
    undelivered: int = 0
    trouble: str = ""
    output: str = ""


def shown(job: Job, runner: Runner | None, output: str) -> Monitor:
    """The monitor as everybody may see it.

    Args:
        job: what is kept of it.
        runner: what runs it; None where nothing does.
        output: the file with what its program says.
    """
    from thrum.daemon.monitors import redaction

    found = Monitor(
        id=job.id,
        name=job.name,
        argv=redaction.argv(job.argv, job.env.values()),
        match=job.match,
        target=job.target,
        cwd=job.cwd,
        env=dict.fromkeys(job.env, redaction.MARK),
        debounce_seconds=job.debounce_s,
        status=job.status.value,
        created_at=job.created_at,
        updated_at=job.updated_at,
        schedule=job.schedule,
        started_by=job.started_by,
        last_exit_code=job.exit_code,
        last_exit_at=job.exit_at,
        output=output,
    )
    return with_runner(found, runner) if runner is not None else found


def with_runner(found: Monitor, runner: Runner) -> Monitor:
    """The monitor with what only whoever runs it knows."""
    found.pid = runner.pid
    found.running_since = format_seconds(runner.began_ns) if runner.began_ns else ""
    found.next_run_at = _text(runner.next_run) if runner.next_run else ""
    found.undelivered = runner.undelivered
    found.trouble = runner.trouble or runner.unrest
    return found


def _text(moment: datetime) -> str:
    return format_seconds(int(moment.timestamp()) * 1_000_000_000)
