"""``thrum daemon``, where none runs; `test_real` has the others."""

from __future__ import annotations

import fcntl
import os
from typing import Any

import pytest

from tests.thrum.cli.answers import HEALTH


def test_daemon_run_becomes_the_daemon(office: Any, became: Any) -> None:
    office.env["THRUM_DEBUG"] = "1"
    with pytest.raises(became) as caught:
        office.run("daemon", "run", "--local")
    assert caught.value.argv[1:] == [
        "-P",
        "-m",
        "thrum.daemon",
        "--repo",
        str(office.root),
        "--local",
    ]


def test_daemon_logs(office: Any) -> None:
    (office.root / ".thrum/var/daemon.log").write_text("one\ntwo \x1b[2J\nthree\n")
    assert office.run("daemon", "logs", "-n2").out == "two \\x1b[2J\nthree\n"
    assert office.run("daemon", "logs", "--json").document["lines"][0] == "one"
    assert office.run("daemon", "logs", "--follow", "--json").code == 2


def test_daemon_status_and_stop_without_one(office: Any) -> None:
    ran = office.run("daemon", "status")
    assert ran.code == 1
    assert "thrum daemon start" in ran.out
    assert office.run("daemon", "status", "--json").document == {
        "running": False,
        "status": "stopped",
    }
    assert office.run("daemon", "stop", "--json").error["kind"] == "daemon_down"


@pytest.mark.parametrize("problems", [[], ["service sync: it crashed"]])
def test_daemon_status_tells_what_does_not_work(office: Any, problems: list[str]) -> None:
    how = {"status": "degraded", "problems": problems} if problems else {}
    office.daemon.answers["health"] = HEALTH | how
    lock = os.open(office.root / ".thrum/var/thrum.lock", os.O_CREAT | os.O_RDWR)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        ran = office.run("daemon", "status")
        document = office.run("daemon", "status", "--json").document
    finally:
        os.close(lock)
    assert ran.code == 0
    assert [line for line in ran.out.splitlines() if "Trouble" in line] == [
        f"Trouble: {problem}" for problem in problems
    ]
    assert (document["running"], document["status"]) == (True, "running")
    assert document["health"] == ("degraded" if problems else "ok")
    assert document["uptime"] in ran.out
    assert document.get("problems", []) == problems
