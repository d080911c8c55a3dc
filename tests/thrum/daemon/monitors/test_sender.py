"""Who a monitor's messages are from."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.thrum.daemon.monitors.conftest import LONG_S, job
from thrum.daemon.monitors.sender import Sender, check_target, is_virtual
from thrum.errors import ThrumError


def on_loop(node: Any, work: Any) -> Any:
    return asyncio.run_coroutine_threadsafe(work, node.loop).result(LONG_S)


@pytest.fixture
def town(node: Any) -> Any:
    """A node with lead, who is in charge, and nux."""
    node.agent("lead", "coordinator")
    node.agent("nux")
    return node


def sessions(town: Any) -> list[Any]:
    found = town.call("nux", "session.list", agent_id="monitor:errs")["sessions"]
    return [(each["end_reason"] if each.get("ended_at") else "") for each in found]


def test_it_enters_once_and_begins_anew_when_asked(town: Any) -> None:
    of = Sender(town.parts, job())
    for anew, expected in ((False, [""]), (False, [""]), (True, ["", "superseded"])):
        on_loop(town, of.enter(anew=anew))
        assert sessions(town) == expected
    on_loop(town, of.leave("stopped"))
    assert sessions(town) == ["stopped", "superseded"]
    on_loop(town, of.leave("stopped"))


@pytest.mark.parametrize(
    ("target", "got"),
    [
        ("@nux", {"nux"}),
        ("nux", {"nux"}),
        ("tester", {"nux"}),
        ("role:tester", {"nux"}),
        ("@crew", {"nux", "lead"}),
        ("everyone", {"nux", "lead"}),
    ],
)
def test_it_speaks_to_whoever_is_meant(town: Any, target: str, got: set[str]) -> None:
    town.call("lead", "group.create", name="crew")
    for name in ("nux", "lead"):
        town.call("lead", "group.member.add", group="crew", member_type="agent", member_value=name)
    assert on_loop(town, Sender(town.parts, job(target=target)).say("hello")) == ""
    assert {name for name in ("nux", "lead") if town.inbox(name) == ["hello"]} == got


def test_a_target_that_is_nobody_has_its_owner_told_then_who_is_in_charge(town: Any) -> None:
    of = Sender(town.parts, job(target="@gone", started_by="nux"))
    assert "@gone is nobody; nux got it" in on_loop(town, of.say("hello"))
    of = Sender(town.parts, job(target="@gone", started_by="gone_too"))
    assert "lead got it" in on_loop(town, of.say("hello"))
    assert [len(town.inbox(name)) for name in ("nux", "lead")] == [1, 1]
    town.call("lead", "agent.delete", name="lead")
    with pytest.raises(ThrumError) as refused:
        on_loop(town, of.say("hello"))
    assert refused.value.kind == "unknown_recipient"


def test_one_that_was_deleted_comes_back_with_its_next_report(town: Any) -> None:
    of = Sender(town.parts, job(target="@nux"))
    on_loop(town, of.enter())
    town.call("lead", "agent.delete", name="monitor:errs")
    on_loop(town, of.say("hello"))
    assert town.inbox("nux") == ["hello"]


def test_a_monitor_is_nobody_that_an_agent_may_be(town: Any) -> None:
    params = {"name": "monitor:errs", "role": "monitor", "module": "m"}
    assert town.refused("nux", "agent.register", **params) == "invalid_params"


def test_a_target_that_is_known_beforehand(town: Any) -> None:
    db, virtual = town.store.reader(), is_virtual(town.parts)
    for name in ("@lead", "everyone", "tester", "role:tester"):
        check_target(db, name, virtual)
    for name, kind in (
        ("", "invalid_params"),
        ("@", "invalid_params"),
        ("leaf", "unknown_recipient"),
    ):
        with pytest.raises(ThrumError) as refused:
            check_target(db, name, virtual)
        assert refused.value.kind == kind
