"""Where the system is silent: a claim, and what speaks against it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.thrum.daemon.callers.conftest import System, file, kind
from thrum.daemon.callers.caller import Caller, State
from thrum.daemon.callers.resolver import Resolver
from thrum.daemon.transports.unix import GONE


def test_only_where_the_kernel_is_silent_a_claim_counts(
    node: Any, resolver: Resolver, system: System
) -> None:
    assert resolver.resolve(0, "nux") == Caller("nux", State.UNKNOWN, "claim", 0)
    assert resolver.resolve(0, "").state is State.UNKNOWN
    assert resolver.resolve(0, "stranger").state is State.ANONYMOUS
    assert resolver.resolve(0, "nux", GONE).state is State.ANONYMOUS


def test_a_claim_forges_no_line_of_the_log_and_does_not_fill_it(
    node: Any, resolver: Resolver, system: System, caplog: pytest.LogCaptureFixture
) -> None:
    system.add(10, 1, node.homes["nux"])
    forged = "x\n2026-01-01T00:00:00Z WARNING thrum.guard: identity_guard_fire" + "x" * 100_000
    assert kind(lambda: resolver.resolve(10, forged)) == "identity_mismatch"
    assert resolver.resolve(0, forged).state is State.ANONYMOUS
    assert len(caplog.messages) == 2
    assert all(len(line.splitlines()) == 1 and len(line) < 2_000 for line in caplog.messages)


def test_who_hides_where_it_stands_is_known_by_what_is_above(
    node: Any, resolver: Resolver, system: System
) -> None:
    system.add(9, 1, node.homes["nux"])
    system.add(10, 9, None)
    assert resolver.resolve(10, "nux") == Caller("nux", State.UNKNOWN, "claim", 10)
    assert resolver.resolve(10, "furiosa").state is State.ANONYMOUS
    system.add(11, 1, None)
    assert resolver.resolve(11, "nux").state is State.ANONYMOUS
    file(node.homes["furiosa"], "furiosa", agent_pid=9, agent_pid_started="7")
    found = resolver.resolve(10, "")
    assert (found.agent_id, found.rule) == ("furiosa", "pid")
    assert kind(lambda: resolver.resolve(10, "nux")) == "identity_mismatch"
