"""What monitors reported."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.thrum.daemon.monitors.conftest import LONG_S, job
from thrum.daemon.monitors.reports import reports
from thrum.daemon.monitors.sender import Sender

EVER = "mon_0"


def test_the_newest_first_of_this_monitor_and_this_clone(node: Any) -> None:
    node.agent("lead", "coordinator")
    for name, text in (("a", "1"), ("b", "2"), ("a", "3"), ("a", "4")):
        of = Sender(node.parts, job(name))
        asyncio.run_coroutine_threadsafe(of.say(text), node.loop).result(LONG_S)
    node.send("lead", "5", to="lead")
    db = node.store.reader()

    def found(sender: str, made: str = EVER, daemon: str = "d_here", limit: int = 0) -> list[str]:
        return [each.content for each in reports(db, sender, made, daemon, limit)]

    assert found("monitor:a") == ["4", "3", "1"]
    assert found("monitor:a", limit=2) == ["4", "3"]
    assert found("monitor:b") == ["2"]
    assert found("monitor:a", daemon="d_other") == []
    second = reports(db, "monitor:a", EVER, "d_here", 2)[1]
    assert found("monitor:a", made=second.message_id.replace("msg", "mon")) == ["4"]
