"""The socket: framing, order, bounds, deadlines, the end."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
import time
from typing import Any

import pytest

from thrum.daemon.projection.queries import rows
from thrum.daemon.push.service import Push
from thrum.daemon.rpc import registry
from thrum.daemon.rpc.dispatch import Deadlines, Dispatch
from thrum.daemon.rpc.registry import Rights
from thrum.daemon.transports.unix import Limits, serve_unix
from thrum.errors import ThrumError

HEALTH = b'{"jsonrpc":"2.0","id":1,"method":"health"}\n'


@pytest.fixture
def limits() -> Limits:
    """The usual ones, but few pushes may lie unread."""
    return Limits(unread=100_000)


@pytest.fixture
def extra(methods: dict[str, registry.Method]) -> None:
    """Methods that are slow, wait long, or fail."""

    @registry.method("test.slow", rights=Rights.READS, anonymous=True)
    async def slow(call: registry.Call, params: registry.Params) -> registry.Params:
        await asyncio.sleep(60)
        return params

    @registry.method("test.wait", rights=Rights.READS, anonymous=True, long_poll=True)
    async def wait(call: registry.Call, params: registry.Params) -> registry.Params:
        await asyncio.sleep(60)
        return params

    @registry.method("test.defect", rights=Rights.READS, anonymous=True)
    async def defect(call: registry.Call, params: registry.Params) -> registry.Params:
        raise ZeroDivisionError("secret detail")

    @registry.method("test.refusal", rights=Rights.READS, anonymous=True)
    async def refusal(call: registry.Call, params: registry.Params) -> registry.Params:
        raise ThrumError("busy", "not now", "later")

    methods |= registry.table((slow, wait, defect, refusal))


def raw(caller: Any, data: bytes) -> Any:
    """The answer to bytes."""
    caller.socket.sendall(data)
    return caller.read()


def test_the_socket_is_its_owners_alone(node: Any) -> None:
    mode = stat.S_IMODE(node.parts.place.socket.stat().st_mode)
    assert mode == 0o600


@pytest.mark.parametrize(
    "line",
    [
        b"hello",
        b"",
        b"  ",
        b"\r",
        b"5",
        b"null",
        b'"x"',
        b'[{"jsonrpc":"2.0","id":1,"method":"health"}]',
        b"{",
        b"\xff",
    ],
)
def test_what_is_no_request_is_told_so_and_the_connection_stays(node: Any, line: bytes) -> None:
    caller = node.connect()
    answer = raw(caller, line + b"\n")
    assert answer["error"]["code"] == -32700
    assert "id" not in answer
    assert raw(caller, HEALTH)["result"]["status"] == "ok"


def test_a_lone_surrogate_is_no_text(node: Any) -> None:
    line = b'{"jsonrpc":"2.0","id":1,"method":"message.send","params":{"content":"\\ud800"}}\n'
    assert "error" in raw(node.connect(), line)


@pytest.mark.parametrize("version", [b"", b'"jsonrpc":"1.0",', b'"jsonrpc":2.0,'])
def test_another_version_is_refused(node: Any, version: bytes) -> None:
    answer = raw(node.connect(), b"{" + version + b'"id":"a","method":"health"}\n')
    assert answer["error"]["code"] == -32600
    assert answer["id"] == "a"


def test_unknown_methods_are_told_apart(node: Any) -> None:
    caller = node.connect()
    for name in ("no.such", ""):
        answer = caller.ask(name)
        assert answer["error"]["code"] == -32601
        assert answer["error"]["data"]["kind"] == "method_not_found"


@pytest.mark.parametrize("sent", [b'"x"', b"1.50", b'{"a":[1]}', b"[1]", b"true"])
def test_an_id_comes_back_as_it_was(node: Any, sent: bytes) -> None:
    caller = node.connect()
    caller.socket.sendall(b'{"jsonrpc":"2.0","method":"health","id":' + sent + b"}\n")
    assert caller.lines.readline().endswith(b',"id":' + sent + b"}\n")


@pytest.mark.parametrize("id", ["", '"id":null,'])
def test_without_an_id_there_is_an_answer_without_one(node: Any, id: str) -> None:
    answer = raw(node.connect(), f'{{"jsonrpc":"2.0",{id}"method":"health"}}\n'.encode())
    assert "result" in answer
    assert "id" not in answer


def test_keys_in_another_letter_case_are_read(node: Any) -> None:
    line = b'{"JSONRPC":"2.0","ID":4,"Method":"health","PARAMS":{}}\n'
    assert raw(node.connect(), line)["id"] == 4


@pytest.mark.parametrize("params", ["[]", "[1]", '"x"', "5", "true"])
def test_params_are_an_object(node: Any, params: str) -> None:
    line = f'{{"jsonrpc":"2.0","id":1,"method":"health","params":{params}}}\n'
    assert raw(node.connect(), line.encode())["error"]["code"] == -32602


def test_a_defect_is_not_told_to_the_client(node: Any, extra: None) -> None:
    caller = node.connect()
    error = caller.ask("test.defect")["error"]
    assert error["code"] == -32603
    assert "secret" not in json.dumps(error)
    assert caller.call("health")["status"] == "ok"


def test_a_refusal_carries_kind_and_hint(node: Any, extra: None) -> None:
    error = node.connect().ask("test.refusal")["error"]
    assert error == {
        "code": -32000,
        "message": "not now",
        "data": {"kind": "busy", "hint": "later"},
    }


def test_a_line_sent_in_pieces_is_one(node: Any) -> None:
    caller = node.connect()
    for piece in (HEALTH[:5], HEALTH[5:20], HEALTH[20:]):
        caller.socket.sendall(piece)
        time.sleep(0.01)
    assert "result" in caller.read()


def test_who_only_closes_its_own_direction_is_answered(node: Any) -> None:
    caller = node.connect()
    caller.write("message.list")
    caller.socket.shutdown(socket.SHUT_WR)
    assert "result" in caller.read()
    assert caller.read() is None


def test_an_answer_of_many_megabytes_arrives(node: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "LARGEST", 10_000_000)
    node.agent("nux")
    for _ in range(6):
        node.send("nux", "x" * 1_000_000)
    assert len(node.call("nux", "message.list")["messages"]) == 6


def test_who_does_not_read_its_pushes_is_hung_up_on(node: Any, wait_until: Any) -> None:
    node.agent("furiosa")
    node.agent("nux")
    node.stand("nux")
    deaf = node.connect()
    deaf.call("subscribe", all=True)
    # Every push carries the scopes: a few fill what the kernel and the daemon hold.
    scopes = [{"type": "file", "value": "x" * 4000 + str(n)} for n in range(100)]
    for _ in range(6):
        node.send("furiosa", to="nux", scopes=scopes)
    wait_until(lambda: not node.parts.service(Push).count)
    assert node.call("nux", "health")["status"] == "ok"


class TestDeadlines:
    """With deadlines that a test can see pass."""

    @pytest.fixture
    def deadlines(self) -> Deadlines:
        return Deadlines(handler=0.3, long_poll=0.6)

    def test_many_requests_at_once_are_answered_in_order(self, node: Any, extra: None) -> None:
        caller = node.connect()
        names = ["health", "test.slow", "no.such", "agent.list"] * 2
        lines = [
            json.dumps({"jsonrpc": "2.0", "id": number, "method": name})
            for number, name in enumerate(names)
        ]
        caller.socket.sendall("\n".join(lines).encode() + b"\n")
        answers = [caller.read() for _ in lines]
        assert [answer["id"] for answer in answers] == list(range(len(lines)))
        assert ["result" in answer for answer in answers] == [True, False, False, True] * 2

    def test_handlers_have_a_deadline(self, node: Any, extra: None) -> None:
        caller = node.connect()
        assert caller.refused("test.slow") == "timed_out"
        assert caller.refused("test.wait") == "timed_out"
        assert caller.call("health")["status"] == "ok"


class TestSilence:
    """With little patience for clients that say nothing."""

    @pytest.fixture
    def limits(self) -> Limits:
        return Limits(idle=0.3)

    def test_a_silent_connection_is_closed(self, node: Any) -> None:
        caller = node.connect()
        caller.socket.sendall(b'{"jsonrpc"')
        assert caller.read() is None

    def test_who_listens_or_waits_has_nothing_to_say_and_stays(self, node: Any) -> None:
        node.agent("furiosa")
        node.agent("nux")
        node.stand("nux")
        listening, waiting, silent = (node.connect() for _ in range(3))
        listening.call("subscribe", all=True)
        waiting.write("message.wait", timeout_ms=20_000)
        silent.call("health")
        for _ in range(2):
            assert silent.read() is None
            silent = node.connect()
        node.callers.insert(0, node.connect())
        node.send("furiosa", "late", to="nux")
        assert listening.read()["params"]["preview"] == "late"
        assert waiting.read()["result"]["received"] is True

    def test_who_listens_no_more_is_silent_like_others(self, node: Any) -> None:
        node.agent("nux")
        node.stand("nux")
        listening = node.connect()
        wanted = [{"mention_role": "tester"}, {"mention_role": "driver"}]
        numbers = [listening.call("subscribe", **each)["subscription_id"] for each in wanted]
        listening.call("unsubscribe", subscription_id=numbers[0])
        assert node.parts.service(Push).count == 1
        listening.call("unsubscribe", subscription_id=numbers[1])
        assert node.parts.service(Push).count == 0
        assert listening.read() is None


class TestBounds:
    """With small bounds."""

    @pytest.fixture
    def parts(self, parts: Any) -> Any:
        parts.config.set("daemon.max_request_bytes", 1000)
        parts.config.set("daemon.max_connections", 2)
        return parts

    def test_a_line_over_the_bound_is_refused_and_the_connection_closed(self, node: Any) -> None:
        caller = node.connect()
        answer = raw(caller, b'{"jsonrpc":"2.0","id":1,"method":"' + b"x" * 1000 + b'"}\n')
        assert answer["error"]["data"]["kind"] == "too_large"
        assert caller.read() is None

    def test_connections_over_the_bound_are_told_so(self, node: Any) -> None:
        first, second = node.connect(), node.connect()
        for caller in (first, second):
            caller.call("health")
        third = node.connect()
        assert third.read()["error"]["data"]["kind"] == "busy"
        assert third.read() is None
        first.close()
        second.call("health")


def test_it_ends_with_open_connections_and_waiters(parts: Any) -> None:
    path = parts.place.socket

    async def run() -> None:
        async with serve_unix(Dispatch(parts, parts.methods), path):
            reader, writer = await asyncio.open_unix_connection(path)
            writer.write(HEALTH)
            assert await reader.readline()
        assert await reader.read() == b""
        writer.close()

    asyncio.run(run())
    assert not path.exists()


def test_a_long_path_can_be_served(parts: Any) -> None:
    folder = parts.place.var / ("d" * 120)
    folder.mkdir()
    path = folder / "thrum.sock"

    async def run() -> None:
        async with serve_unix(Dispatch(parts, parts.methods), path):
            assert path.is_socket()

    asyncio.run(run())
    assert not path.exists()
