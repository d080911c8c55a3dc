"""`thrum rpc`: the daemon's methods by hand."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from thrum.daemon.rpc.discovery import document
from thrum.daemon.services import METHODS


@pytest.fixture
def office(world: Any) -> Any:
    world.daemon.answers["rpc.discover"] = msgspec.to_builtins(document(METHODS, "1", ()))
    world.daemon.answers["agent.list"] = {"agents": [], "odd": "\x1b[2J"}
    return world


def test_what_is_typed_goes_to_the_daemon_as_it_is(office: Any) -> None:
    done = office.run("rpc", "call", "agent.list", '{"role": "", "none": null, "deep": [[1]]}')
    assert office.daemon.params("agent.list") == {"role": "", "none": None, "deep": [[1]]}
    assert done.code == 0
    assert json.loads(done.out) == {"agents": [], "odd": "\x1b[2J"}
    assert "\x1b" not in done.out


def test_without_params_an_empty_object_goes_out(office: Any) -> None:
    assert office.run("rpc", "call", "agent.list").code == 0
    assert office.daemon.params("agent.list") == {}


def test_the_params_may_come_from_stdin(office: Any) -> None:
    office.run("rpc", "call", "agent.list", "-", stdin='{"role": "tester"}')
    assert office.daemon.params("agent.list") == {"role": "tester"}


@pytest.mark.parametrize("text", ["{", "[]", "null", '"x"', "", "[" * 100_000])
def test_params_that_are_no_object_are_refused_before_anything_is_asked(
    office: Any, text: str
) -> None:
    done = office.run("rpc", "call", "agent.list", text)
    assert done.code == 2
    assert done.err.startswith("Error: the parameters ")
    assert office.daemon.requests == []


def test_a_refusal_is_the_daemons_own(office: Any) -> None:
    done = office.run("rpc", "call", "no.such", "--json")
    assert done.code == 1
    assert json.loads(done.err)["error"]["code"] == -32601


def test_all_methods_are_listed_one_on_a_line(office: Any) -> None:
    lines = office.run("rpc", "describe").out.splitlines()
    assert [line.partition(":")[0] for line in lines] == sorted(METHODS)
    assert all(line.partition(": ")[2] for line in lines)


def test_one_method_is_described_in_full(office: Any) -> None:
    text = office.run("rpc", "describe", "message.send").out
    assert "  idempotency_key: string\n" in text
    assert "For registered agents and users" in text
    assert "\nResult:\n  message_id: string\n" in text
    assert "\nPair:\n  type: string\n" in text


def test_as_json_it_is_openrpc_and_one_method_brings_its_types(office: Any) -> None:
    whole = json.loads(office.run("rpc", "describe", "--json").out)
    assert whole["openrpc"] == "1.3.2"
    one = json.loads(office.run("rpc", "describe", "agent.list", "--json").out)
    assert one["name"] == "agent.list"
    assert {"agent.Listed", "Agent"} <= set(one["components"]["schemas"])
    assert "Waited" not in one["components"]["schemas"]


def test_a_mistyped_method_is_corrected(office: Any) -> None:
    done = office.run("rpc", "describe", "agent.lst")
    assert done.code == 1
    assert "did you mean agent.list?" in done.err


def test_a_mistyped_method_that_is_called_is_corrected_too(office: Any) -> None:
    done = office.run("rpc", "call", "agent.lst")
    assert done.code == 1
    assert "did you mean agent.list?" in done.err
    told = json.loads(office.run("rpc", "call", "agent.lst", "--json").err)["error"]
    assert (told["code"], told["hint"]) == (-32601, "did you mean agent.list?")
    assert "lists all" in office.run("rpc", "call", "zzz").err


def test_a_call_needs_some_time(office: Any) -> None:
    done = office.run("rpc", "call", "agent.list", "--timeout", "0s")
    assert done.code == 2
    assert "no time" in done.err
    assert office.daemon.requests == []
