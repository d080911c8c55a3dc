"""How it stands with all monitors, at a glance."""

from __future__ import annotations

import json
from typing import Any

import anyio

from tests.thrum.daemon.conftest import eventually
from tests.thrum.daemon.monitors.conftest import job
from tests.thrum.daemon.monitors.test_service import on_loop, service, start
from tests.thrum.daemon.push.test_pushing import connection
from thrum.daemon.monitors.job import Status
from thrum.daemon.monitors.service import Monitors
from thrum.daemon.monitors.standing import Standing, standing
from thrum.daemon.node import Node
from thrum.daemon.push.service import Push


def test_those_that_do_not_run_are_named() -> None:
    found = standing([job("a"), job("b")], [job("d"), job("c")], [job("e")])
    assert found == Standing(2, ["c", "d"], ["e"])


def test_the_overview_has_it_as_long_as_there_are_any(office: Any) -> None:
    def seen() -> Any:
        return office.call("nux", "team.overview").get("monitors")

    assert seen() is None
    for name in ("a", "b", "c"):
        start(office, name)
    assert seen() == {"running": 3}
    monitors = service(office)
    (runner,) = (each for each in monitors.runners.values() if each.job.name == "b")
    on_loop(office, monitors._dies(runner, "last words"))
    office.call("nux", "monitor.stop", id="c")
    assert seen() == {"running": 1, "dead": ["b"], "stopped": ["c"]}
    office.call("nux", "monitor.restart", id="c")
    office.call("nux", "monitor.remove", id="b")
    assert seen() == {"running": 2}
    on_loop(office, monitors._stands(runner.job, Status.STOPPED))
    office.call("nux", "monitor.stop", id="a")
    on_loop(office, monitors._go_on())
    eventually(lambda: seen() == {"running": 1, "stopped": ["a"]})


def test_pages_are_told_when_it_is_another_one(parts: Node) -> None:
    monitors, line = parts.service(Monitors), connection(parts)
    anyio.run(monitors.start)
    parts.service(Push).feeds.join("user:ada", line)
    for stopped in ({}, {"1": job("a")}, {"1": job("a")}, {}):
        monitors._stopped = stopped
        monitors._has_changed()
    said = [json.loads(each) for each in line.pushed]
    assert {each["method"] for each in said} == {"notification.monitors"}
    assert [each["params"]["monitors"] for each in said] == [{}, {"stopped": ["a"]}, {}]
