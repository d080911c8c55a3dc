"""Who may act on what is another's, and that having been asked is noted."""

from __future__ import annotations

from typing import Any

import pytest

from thrum import events
from thrum.daemon.callers.caller import Caller, State
from thrum.daemon.node import Node
from thrum.daemon.rpc.registry import Call, Rights
from thrum.daemon.rpc.rights import demand_charge, demand_own, is_in_charge
from thrum.errors import ThrumError


@pytest.fixture
def called(parts: Node) -> Any:
    """A call by somebody; nux is a tester and furiosa a coordinator."""
    for name, role in (("nux", "tester"), ("furiosa", "coordinator")):
        register = events.AgentRegister(agent_id=name, role=role, module="m")
        parts.store.transact_blocking(lambda transaction, each=register: transaction.emit(each))  # type: ignore[misc]

    def call(name: str) -> Call:
        state = State.IDENTIFIED if name else State.ANONYMOUS
        return Call(Caller(name, state), parts, None, Rights.OWNER)  # type: ignore[arg-type]

    return call


@pytest.mark.parametrize(
    ("name", "expected"),
    [("nux", False), ("furiosa", True), ("user:ada", True), ("unheard-of", False), ("", False)],
)
def test_people_and_coordinators_are_in_charge(called: Any, name: str, expected: bool) -> None:
    call = called(name)
    db = call.node.store.reader()
    assert is_in_charge(db, name) is expected
    assert call.is_granted is False
    if expected:
        demand_charge(call, db, "this")
        demand_own(called(name), db, "nux", "a thing")
    else:
        with pytest.raises(ThrumError) as refused:
            demand_charge(call, db, "this")
        assert refused.value.kind == ("not_allowed" if name else "anonymous_caller")
    assert call.is_granted is expected


def test_who_is_refused_is_told_whom_to_ask(called: Any) -> None:
    call = called("nux")
    with pytest.raises(ThrumError) as refused:
        demand_charge(call, call.node.store.reader(), "this")
    assert refused.value.hint == "ask @furiosa"


def test_where_nobody_is_in_charge_it_is_told_how_one_comes_to_be(called: Any) -> None:
    call = called("nux")
    cleanup = events.AgentCleanup(agent_id="furiosa")
    call.node.store.transact_blocking(lambda transaction: transaction.emit(cleanup))
    with pytest.raises(ThrumError) as refused:
        demand_charge(call, call.node.store.reader(), "this")
    assert refused.value.hint is not None
    assert "thrum quickstart nux --role coordinator" in refused.value.hint


def test_of_many_who_are_in_charge_some_are_named(called: Any) -> None:
    call = called("nux")
    for name in ("user:ada", "boss", "chief", "dag"):
        event = events.AgentRegister(agent_id=name, role="coordinator", module="m")
        call.node.store.transact_blocking(lambda transaction, each=event: transaction.emit(each))
    with pytest.raises(ThrumError) as refused:
        demand_charge(call, call.node.store.reader(), "this")
    assert refused.value.hint == "ask @boss, @chief, @dag or 2 more"


def test_what_is_ones_own_needs_no_charge(called: Any) -> None:
    call = called("nux")
    demand_own(call, call.node.store.reader(), "nux", "a thing")
    assert call.is_granted


def test_what_is_anothers_is_refused_by_name(called: Any) -> None:
    call = called("nux")
    with pytest.raises(ThrumError, match="a thing of max is for people and coordinators, and you"):
        demand_own(call, call.node.store.reader(), "max", "a thing")
    assert not call.is_granted
