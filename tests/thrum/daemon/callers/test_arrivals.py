"""Two worktrees, one name, the same moment."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.daemon.callers import home
from thrum.daemon.callers.arrivals import LASTS_NS, Arrivals


def test_a_name_waits_a_minute_for_who_registered_it() -> None:
    arrivals = Arrivals()
    arrivals.note("nux", "/w", 0)
    assert not arrivals.elsewhere("nux", "/w", 1)
    assert not arrivals.elsewhere("max", "/v", 1)
    for place in ("/v", ""):
        assert arrivals.elsewhere("nux", place, LASTS_NS - 1)
        assert not arrivals.elsewhere("nux", place, LASTS_NS)
    arrivals.note("nux", "/v", LASTS_NS)
    assert arrivals.elsewhere("nux", "/w", LASTS_NS)
    arrivals.note("max", "", LASTS_NS)
    assert not arrivals.elsewhere("max", "/w", LASTS_NS)


def test_a_session_says_from_then_on_where_the_agent_lives() -> None:
    arrivals = Arrivals()
    arrivals.note("nux", "/w", 0)
    arrivals.settle("nux")
    arrivals.settle("max")
    assert not arrivals.elsewhere("nux", "/v", 1)


def test_what_is_over_is_forgotten() -> None:
    arrivals = Arrivals()
    for number in range(10):
        arrivals.note(f"agent{number}", "/w", number * LASTS_NS)
    assert len(arrivals._places) == 1


@pytest.mark.parametrize("asked_before", [False, True])
def test_one_of_two_worktrees_gets_the_name(
    node: Any, monkeypatch: pytest.MonkeyPatch, asked_before: bool
) -> None:
    """Also if both have asked whether it is free before either has it."""
    for name in ("here", "there"):
        node.homes[name] = node.worktree(name)
    params = {"name": "nux", "role": "tester", "module": "m"}
    assert node.call("here", "agent.register", **params)["status"] == "registered"
    with monkeypatch.context() as patched:
        if asked_before:
            patched.setattr(home, "elsewhere", lambda call, agent_id: "")
        for stranger in ("there", "nobody"):
            for how in ({}, {"force": True}, {"re_register": True}):
                assert node.refused(stranger, "agent.register", **params, **how) == "name_taken"
    assert node.refused("there", "session.start", agent_id="nux") == "not_allowed"
    assert node.call("here", "agent.register", **params)["status"] == "registered"
    refs = [{"type": "worktree", "value": str(node.homes["here"])}]
    node.call("here", "session.start", agent_id="nux", refs=refs)
    assert node.call("here", "agent.whoami")["agent_id"] == "nux"
