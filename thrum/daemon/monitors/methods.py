"""``monitor.*``: programs that run beside the agents, and whose output becomes messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Final

import msgspec
from anyio import to_thread

from thrum.clock import format_seconds, parse
from thrum.daemon.monitors import kept
from thrum.daemon.monitors.job import (
    MOST_DEBOUNCE_S,
    Job,
    Status,
    check_command,
    check_debounce,
    check_name,
)
from thrum.daemon.monitors.reports import Report, reports
from thrum.daemon.monitors.sender import check_target, is_virtual
from thrum.daemon.monitors.service import Monitors
from thrum.daemon.monitors.shown import Monitor, shown
from thrum.daemon.rpc import rights
from thrum.daemon.rpc.registry import Call, Limit, Params, Rights, method
from thrum.errors import ThrumError

SHOWN_NS: Final = 7 * 24 * 3600 * 1_000_000_000
"""How long one that does not run is listed."""


class StartParams(Params):
    """What is watched, for what, and who is told; see the guide to monitors.

    `match` is a pattern of RE2 and every line matches an empty one. `debounce_seconds` is 60 unless
    it says more, or less down to 30. `schedule` has the five fields of cron.
    """

    needs: ClassVar = ("name", "argv", "cwd", "target")
    name: str = ""
    argv: list[str] = msgspec.field(default_factory=list)
    match: str = ""
    target: str = ""
    cwd: str = ""
    env: dict[str, str] = msgspec.field(default_factory=dict)
    debounce_seconds: Annotated[int, msgspec.Meta(ge=0, le=MOST_DEBOUNCE_S)] = 0
    schedule: str = ""


class Begun(msgspec.Struct, omit_defaults=True):
    """The monitor, and its program's process if it runs by now."""

    id: str
    pid: int = 0


class ListParams(Params):
    """Also those that do not run, for a week."""

    include_all: bool = False


class IdParams(Params):
    """Which one, by its id or its name."""

    needs: ClassVar = ("id",)
    id: str = ""


class LogsParams(Params):
    """Of which one, by its id or its name; at most `limit`, 0 for all."""

    needs: ClassVar = ("id",)
    id: str = ""
    limit: Limit = 20


class Stopped(msgspec.Struct):
    """How it stands with it now."""

    status: str


class Removed(msgspec.Struct):
    """The monitor that is forgotten."""

    id: str
    name: str


class Output(msgspec.Struct):
    """The newest lines of what a program said, the oldest of them first, and the file."""

    lines: list[str]
    path: str


@method(
    "monitor.start",
    rights=Rights.CALLER,
    errors=("conflict", "busy", "program", "not_found", "too_large", "unknown_recipient", "state"),
)
async def start(call: Call, params: StartParams) -> Begun:
    """Runs a program from now on and reports lines of its output that match; no shell reads it.

    It runs again when it ends, after growing pauses, or by a schedule; and again after a restart of
    the daemon or the machine.
    """
    service, node = call.service(Monitors), call.node
    debounce_s = check_debounce(params.debounce_seconds)
    check_name(params.name)
    argv = tuple(params.argv)
    check_command(argv, params.env)
    check_target(node.store.reader(), params.target, is_virtual(node))
    now = format_seconds(node.now_ns())
    job = Job(
        id=node.ids.make("mon"),
        name=params.name,
        argv=argv,
        match=params.match,
        target=params.target.strip(),
        cwd=params.cwd,
        env=params.env,
        debounce_s=debounce_s,
        schedule=params.schedule.strip(),
        started_by=call.agent_id,
        created_at=now,
        updated_at=now,
    )
    async with service.turn(job.id):
        runner = await service.make(job)
    return Begun(job.id, runner.pid)


@method("monitor.list", rights=Rights.READS, anonymous=True, errors=("state",))
async def list_monitors(call: Call, params: ListParams) -> list[Monitor]:
    """Lists monitors that run, or all, the oldest first."""
    service, now = call.service(Monitors), call.node.now_ns()

    def is_listed(job: Job) -> bool:
        is_recent = now - parse(job.updated_at) <= SHOWN_NS
        return job.status is Status.RUNNING or (params.include_all and is_recent)

    jobs = await service.tables.ask(kept.jobs)
    return _shown(service, [job for job in jobs if is_listed(job)])


@method("monitor.show", rights=Rights.READS, anonymous=True, errors=("not_found", "state"))
async def show(call: Call, params: IdParams) -> Monitor:
    """Shows one monitor: what it runs, and how it stands with it."""
    service = call.service(Monitors)
    return _shown(service, [await _job(service, params.id)])[0]


@method(
    "monitor.stop",
    rights=Rights.OWNER,
    errors=("not_found", "not_allowed", "conflict", "timed_out", "state"),
)
async def stop(call: Call, params: IdParams) -> Stopped:
    """Ends a monitor that runs, and keeps what is known of it.

    Its program is asked to end and killed after five seconds; what is held back is reported. For
    whoever started it, people and coordinators.
    """
    service = call.service(Monitors)
    job = await _own(call, service, params.id)
    async with service.turn(job.id):
        job = await _job(service, job.id)
        if job.status is not Status.RUNNING:
            raise ThrumError(
                "conflict",
                f"the monitor {job.name} does not run: it is {job.status}",
                f"`thrum monitor restart {job.name}` runs it again",
            )
        await service.stop_one(job)
    return Stopped(Status.STOPPED.value)


@method(
    "monitor.restart",
    rights=Rights.OWNER,
    errors=("not_found", "not_allowed", "busy", "program", "timed_out", "state"),
)
async def restart(call: Call, params: IdParams) -> Begun:
    """Runs a monitor anew, whether it runs, was stopped or is dead.

    For whoever started it, people and coordinators.
    """
    service = call.service(Monitors)
    job = await _own(call, service, params.id)
    async with service.turn(job.id):
        runner = await service.again(await _job(service, job.id))
    return Begun(job.id, runner.pid)


@method(
    "monitor.remove",
    rights=Rights.OWNER,
    errors=("not_found", "not_allowed", "timed_out", "state"),
)
async def remove(call: Call, params: IdParams) -> Removed:
    """Ends a monitor and forgets it with its output; its name is free, and its messages stay.

    For whoever started it, people and coordinators.
    """
    service = call.service(Monitors)
    job = await _own(call, service, params.id)
    async with service.turn(job.id):
        await service.remove(await _job(service, job.id))
    return Removed(job.id, job.name)


@method("monitor.logs", rights=Rights.READS, anonymous=True, errors=("not_found", "state"))
async def logs(call: Call, params: LogsParams) -> list[Report]:
    """Lists what a monitor reported, the newest first."""
    job = await _job(call.service(Monitors), params.id)
    daemon_id, limit = call.node.identity.daemon_id, params.limit
    return await call.node.store.ask(lambda db: reports(db, job.sender, job.id, daemon_id, limit))


@method("monitor.output", rights=Rights.READS, errors=("not_found", "state", "storage"))
async def output(call: Call, params: LogsParams) -> Output:
    """Shows the newest of what a monitor's program said, without secrets."""
    service = call.service(Monitors)
    job = await _job(service, params.id)
    log = service.output(job.id)
    try:
        lines = await to_thread.run_sync(log.tail, params.limit)
    except OSError as error:
        raise ThrumError("storage", f"the output of {job.name} cannot be read: {error}") from error
    return Output(lines, str(log.path))


async def _job(service: Monitors, word: str) -> Job:
    return await service.tables.ask(lambda db: kept.job(db, word))


async def _own(call: Call, service: Monitors, word: str) -> Job:
    """The monitor, if the caller may act on it.

    Raises:
        ThrumError: ``not_found``, ``not_allowed``.
    """
    job = await _job(service, word)
    rights.demand_own(call, call.node.store.reader(), job.started_by, f"the monitor {job.name}")
    return job


def _shown(service: Monitors, jobs: Sequence[Job]) -> list[Monitor]:
    return [
        shown(job, service.runners.get(job.id), str(service.output(job.id).path)) for job in jobs
    ]
