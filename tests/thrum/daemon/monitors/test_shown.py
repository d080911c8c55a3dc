"""A monitor as everybody may see it."""

from __future__ import annotations

import msgspec
import pytest

from tests.thrum.daemon.monitors.conftest import AT, Bench, job
from thrum.daemon.monitors.job import Status
from thrum.daemon.monitors.notice import Ended
from thrum.daemon.monitors.shown import shown
from thrum.errors import ThrumError


def test_secrets_are_hidden_and_what_is_empty_is_left_out() -> None:
    made = job(argv=("curl", "--token", "t", "mine-of-env"), env={"A": "mine-of-env", "B": ""})
    found = msgspec.to_builtins(shown(made, None, "/o.log"))
    assert found == {
        "id": "mon_errs",
        "name": "errs",
        "argv": ["curl", "--token", "<redacted>", "<redacted>"],
        "match": "",
        "target": "@lead",
        "cwd": "/",
        "env": {"A": "<redacted>", "B": "<redacted>"},
        "debounce_seconds": 60,
        "status": "running",
        "created_at": AT,
        "updated_at": AT,
        "started_by": "lead",
        "output": "/o.log",
    }


def test_how_the_last_run_ended() -> None:
    found = shown(job(status=Status.DEAD, exit_code=0, exit_at=AT), None, "")
    assert (found.status, found.last_exit_code, found.last_exit_at) == ("dead", 0, AT)


@pytest.mark.anyio
async def test_what_only_its_runner_knows(bench: Bench) -> None:
    of = bench.runner("exec sleep 600", schedule="0 4 * * *")
    of.next_run = of._ticks.following(of._wall())
    of.ended = Ended(None, why=str(ThrumError("program", "gone")))
    of.undelivered = 2
    found = shown(of.job, of, "")
    assert (found.next_run_at, found.undelivered, found.pid) == ("2026-01-02T04:00:00Z", 2, 0)
    assert found.trouble == "it could not be started: gone"
    of.begin()
    found = shown(of.job, of, "")
    assert (found.pid, found.running_since) == (of.pid, "2026-01-02T03:04:05Z")
    await of.end()
