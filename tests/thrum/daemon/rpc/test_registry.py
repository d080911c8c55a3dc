"""The table of methods and its policies."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from tests.rows import row
from thrum.daemon.callers.caller import Caller, State
from thrum.daemon.rpc import health, registry
from thrum.daemon.rpc.registry import (
    Call,
    Method,
    Params,
    Rights,
    Transport,
    admit,
    check_transport,
    declared_in,
    lookup,
    table,
)
from thrum.daemon.services import METHODS
from thrum.errors import KINDS, ThrumError

OPEN = {
    "health",
    "keys.list",
    "keys.verify",
    "loops.list",
    "sync.status",
    "agent.list",
    "agent.whoami",
    "agent.listContext",
    "agent.register",
    "claim.check",
    "claim.list",
    "team.list",
    "team.overview",
    "session.list",
    "session.start",
    "session.setIntent",
    "message.get",
    "message.list",
    "monitor.list",
    "monitor.logs",
    "monitor.show",
    "message.outbox",
    "message.search",
    "context.show",
    "context.preamble.show",
    "context.versions",
    "group.list",
    "group.info",
    "group.members",
    "user.identify",
    "user.link",
    "user.list",
    "user.logout",
    "user.register",
    "rpc.discover",
    "peer.list",
    "peer.status",
    "tsync.peers.list",
    "sync.worktree.status",
    "telegram.status",
    "tmux.capture",
    "tmux.check-pane",
    "tmux.create",
    "tmux.launch",
    "tmux.queue-status",
    "tmux.queue-wait",
    "tmux.status",
}


LISTS = {"message_ids", "argv", "names", "what", "paths"}


def test_exactly_these_are_open_to_strangers() -> None:
    assert {name for name, found in METHODS.items() if found.anonymous} == OPEN


def test_exactly_this_is_open_to_a_connection_of_which_nothing_is_known() -> None:
    assert {name for name, found in METHODS.items() if found.strangers} == {
        "user.register",
        "pair.request",
    }


def test_exactly_these_may_take_minutes() -> None:
    assert {name for name, found in METHODS.items() if found.long_poll} == {
        "claim.take",
        "delivery.wait",
        "doctor.examine",
        "message.wait",
        "peer.doctor",
        "tsync.force",
        "peer.wait_pairing",
        "prompt.wait",
        "context.sync",
        "message.archive",
        "message.withdraw",
        "message.deleteByAgent",
        "message.deleteByScope",
        "purge.execute",
        "sync.force",
        "sync.off",
        "sync.on",
        "sync.worktree.on",
        "sync.worktree.off",
        "telegram.pair",
        "tmux.create",
        "tmux.kill",
        "tmux.launch",
        "tmux.queue",
        "tmux.queue-wait",
        "tmux.restart",
        "tmux.send",
        "tmux.stop",
    }


def test_every_row_is_complete() -> None:
    for name in sorted(METHODS):
        with row(name):
            found = METHODS[name]
            assert found.name == name
            assert found.summary
            assert set(found.errors) <= set(KINDS)
            assert Transport.UNIX in found.transports or found.transports is Transport.PEER


def test_a_stranger_is_let_through_only_where_that_is_said(tmp_path: Path) -> None:
    stranger = Caller("", State.ANONYMOUS)
    admit(METHODS["health"], stranger, Transport.UNIX, tmp_path)
    admit(METHODS["message.send"], Caller("nux", State.IDENTIFIED), Transport.UNIX, tmp_path)
    admit(METHODS["message.send"], Caller("nux", State.UNKNOWN), Transport.UNIX, tmp_path)
    with pytest.raises(ThrumError) as caught:
        admit(METHODS["message.send"], stranger, Transport.UNIX, tmp_path)
    assert caught.value.kind == "anonymous_caller"
    assert caught.value.code == -32002


@pytest.mark.parametrize(
    ("mode", "state", "refused", "lines"),
    [
        ("strict", State.ANONYMOUS, True, 1),
        ("warn", State.ANONYMOUS, True, 1),
        ("off", State.ANONYMOUS, True, 1),
        ("strict", State.UNKNOWN, True, 1),
        ("warn", State.UNKNOWN, False, 1),
        ("off", State.UNKNOWN, False, 0),
    ],
)
def test_the_mode_decides_only_where_the_system_is_silent(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    mode: str,
    state: State,
    refused: bool,
    lines: int,
) -> None:
    section = {"identity_guard": {"unauthenticated_rpc": mode}}
    (tmp_path / "config.json").write_text(json.dumps(section))
    with pytest.raises(ThrumError) if refused else nullcontext():
        admit(METHODS["message.send"], Caller("", state), Transport.UNIX, tmp_path)
    told = [each.getMessage() for each in caplog.records]
    assert len(told) == lines
    assert all(line.startswith("identity_guard_fire guard=unauthenticated_rpc ") for line in told)


def test_what_is_not_served_here_is_told_apart() -> None:
    with pytest.raises(ThrumError) as caught:
        lookup(METHODS, "no.such")
    assert (caught.value.kind, caught.value.code) == ("method_not_found", -32601)
    here = lookup(METHODS, "context.save")
    check_transport(here, Transport.UNIX)
    with pytest.raises(ThrumError, match="over the Unix socket only") as caught:
        check_transport(here, Transport.WEBSOCKET)
    assert (caught.value.kind, caught.value.code) == ("wrong_transport", -32001)
    with pytest.raises(ThrumError, match="over the Unix socket and WebSocket only"):
        check_transport(lookup(METHODS, "message.send"), Transport.PEER)


def test_what_a_method_needs_is_asked_for_by_name(node: Any) -> None:
    node.agent("splendid", role="coordinator")
    caller = node.stand("splendid")
    tried = 0
    for name, found in METHODS.items():
        if Transport.UNIX not in found.transports:
            continue
        given: dict[str, Any] = {
            each: ["x"] if each in LISTS else "x" for each in found.params.needs
        }
        for missing in found.params.needs:
            for nothing, fault in ((None, "required"), (type(given[missing])(), "empty")):
                error = caller.ask(name, **{**given, missing: nothing})["error"]
                assert error["message"] == f"{missing} is {fault}"
                assert error["data"]["kind"] == "invalid_params"
                tried += 1
    assert tried > 50


def declare(name: str = "a.method", **policy: Any) -> Method[Any, Any]:
    """A method of this module."""

    async def handler(call: Call, params: Params) -> Params:
        """Does something.

        It is not told how.
        """
        return params

    return registry.method(name, **{"rights": Rights.READS, **policy})(handler)


own = declare()
of_another = health.health


def test_a_method_is_on_the_unix_socket_alone_unless_it_names_more() -> None:
    assert own.transports == Transport.UNIX
    more = declare(transports=registry.EVERYWHERE)
    assert more.transports == Transport.UNIX | Transport.WEBSOCKET
    assert (own.anonymous, own.long_poll, own.speaks_for) == (False, False, ())
    assert own.summary == "Does something."
    assert (own.params, own.result) == (Params, Params)


def test_no_method_is_served_to_peers_by_accident() -> None:
    assert {name for name, found in METHODS.items() if Transport.PEER in found.transports} == {
        "pair.request",
        "peer.address_changed",
        "peer.repair",
        "sync.notify",
        "peer.agents",
        "peer.standing",
        "sync.peer_info",
        "sync.pull",
    }


def test_two_methods_of_one_name_are_an_error_wherever_they_stand() -> None:
    assert table([own], [own], [declare("b")]).keys() == {"a.method", "b"}
    for rows in ([[own, declare()]], [[own], [declare()]]):
        with pytest.raises(ValueError, match=r"two methods bear the name a\.method"):
            table(*rows)


def test_only_what_stands_in_a_module_itself_is_declared_there() -> None:
    assert declared_in(sys.modules[__name__]) == [own]
    assert declared_in(health) == [health.health]
    assert declared_in(health, health, sys.modules[__name__]).count(own) == 1
    assert declared_in(json) == declared_in() == []


def test_what_speaks_for_somebody_is_a_param_of_the_method() -> None:
    told = [
        (name, each)
        for name, found in METHODS.items()
        for each in found.speaks_for
        if each not in found.params.__struct_fields__
    ]
    assert told == []


def test_what_is_for_those_in_charge_says_what_is_refused() -> None:
    charge = [found for found in METHODS.values() if found.rights is Rights.CHARGE]
    assert charge
    assert all(found.about for found in charge)
