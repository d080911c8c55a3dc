"""The client against a server that says what the test wants."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from thrum.client import Client, HungUp, LostAnswer, RpcError
from thrum.errors import ThrumError

Serve = Callable[[socket.socket], None]
Listen = Callable[[Serve], Path]


@pytest.fixture
def listen(tmp_path: Path) -> Iterator[Listen]:
    """Starts a server whose one connection is handled by the given function; its socket's path."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(serve: Serve) -> Path:
        path = tmp_path / "thrum.sock"
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(path))
        listener.listen(1)
        listeners.append(listener)

        def accept() -> None:
            connection, _ = listener.accept()
            with suppress(ConnectionError), connection:  # a client may be gone before it is served
                serve(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        threads.append(thread)
        return path

    yield start
    for listener in listeners:
        listener.close()
    for thread in threads:
        thread.join(5)


def answering(*lines: object) -> Serve:
    """Reads one request and writes these lines."""

    def serve(connection: socket.socket) -> None:
        connection.makefile("rb").readline()
        for line in lines:
            connection.sendall(json.dumps(line).encode() + b"\n")
        connection.makefile("rb").readline()  # until the client hangs up

    return serve


def result(value: object, number: int | None = 1) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "result": value}


def refusal(error: object, number: int | None = 1) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "error": error}


def test_a_call_gets_its_result(listen: Listen) -> None:
    with Client(listen(answering(result({"status": "ok"})))) as client:
        assert client.call("health") == {"status": "ok"}


def test_the_request_is_one_line_of_json_rpc(listen: Listen) -> None:
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        seen.append(connection.makefile("rb").readline())
        connection.sendall(b'{"jsonrpc":"2.0","id":1,"result":null}\n')

    with Client(listen(serve)) as client:
        assert client.call("message.send", {"content": "a\nb ü"}) is None
    assert seen[0].endswith(b"\n")
    assert json.loads(seen[0]) == {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "message.send",
        "params": {"content": "a\nb ü"},
    }


def test_an_answer_may_come_in_pieces_and_be_large(listen: Listen) -> None:
    text = "x" * 3_000_000

    def serve(connection: socket.socket) -> None:
        connection.makefile("rb").readline()
        line = json.dumps(result(text)).encode() + b"\n"
        for start in range(0, len(line), 999_983):
            connection.sendall(line[start : start + 999_983])

    with Client(listen(serve)) as client:
        assert client.call("any") == text


def test_pushes_between_are_kept_for_whoever_asks(listen: Listen) -> None:
    push = {"jsonrpc": "2.0", "method": "notification.message", "params": {"n": 1}}
    with Client(listen(answering(push, result(1), {**push, "params": {"n": 2}}))) as client:
        assert client.call("subscribe") == 1
        found = client.notifications(0.2)
        assert [next(found)["params"], next(found)["params"]] == [{"n": 1}, {"n": 2}]
        assert list(found) == []


def test_where_no_push_comes_it_is_no_error(listen: Listen) -> None:
    over = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.makefile("rb").readline()
        connection.sendall(json.dumps(result(1)).encode() + b"\n")
        over.wait(20)

    with Client(listen(serve)) as client:
        assert client.call("subscribe") == 1
        assert list(client.notifications(0.05)) == []
        over.set()
        with pytest.raises(HungUp) as told:
            list(client.notifications(20))
    assert told.value.kind == "no_answer"
    assert "missed" in told.value.message


def test_what_is_no_push_is_told(listen: Listen) -> None:
    def serve(connection: socket.socket) -> None:
        connection.makefile("rb").readline()
        connection.sendall(json.dumps(result(1)).encode() + b"\nno json\n")

    with Client(listen(serve)) as client:
        client.call("subscribe")
        with pytest.raises(ThrumError, match="no JSON-RPC"):
            list(client.notifications(20))


def test_an_answer_to_an_earlier_request_is_not_taken_for_this_one(listen: Listen) -> None:
    with Client(listen(answering(result("old", 0), result("new")))) as client:
        assert client.call("any") == "new"


def test_a_refusal_carries_the_kind_the_hint_and_the_code(listen: Listen) -> None:
    error = {"code": -32000, "message": "no", "data": {"kind": "unknown_recipient", "hint": "so"}}
    with Client(listen(answering(refusal(error)))) as client, pytest.raises(RpcError) as caught:
        client.call("any")
    raised = caught.value
    assert (raised.kind, raised.message, raised.hint) == ("unknown_recipient", "no", "so")
    assert raised.code == -32000


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        ({"code": -32601, "message": "m", "data": "text"}, "method_not_found", -32601),
        ({"code": -32002, "message": "m"}, "anonymous_caller", -32002),
        (
            {"code": -32099, "message": "m", "data": {"kind": "never heard of"}},
            "not_allowed",
            -32099,
        ),
        ("just text", "not_allowed", -32000),
    ],
)
def test_refusals_of_other_versions_are_understood(
    listen: Listen, error: object, kind: str, code: int
) -> None:
    with Client(listen(answering(refusal(error)))) as client, pytest.raises(RpcError) as caught:
        client.call("any")
    assert (caught.value.kind, caught.value.code) == (kind, code)


def test_a_refusal_without_an_id_is_for_the_last_request(listen: Listen) -> None:
    error = {"code": -32602, "message": "too long", "data": {"kind": "too_large"}}
    with (
        Client(listen(answering(refusal(error, None)))) as client,
        pytest.raises(RpcError, match="too long"),
    ):
        client.call("any")


def test_what_a_daemon_says_before_it_hangs_up_is_heard(listen: Listen) -> None:
    error = {"code": -32000, "message": "full", "data": {"kind": "busy"}}
    hung_up = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.sendall(json.dumps(refusal(error, None)).encode() + b"\n")
        connection.shutdown(socket.SHUT_RDWR)
        hung_up.set()

    client = Client(listen(serve))
    assert hung_up.wait(20)
    with client, pytest.raises(ThrumError) as caught:
        client.call("any", {"content": "x" * 1_000_000})
    assert caught.value.kind == "busy"


def test_nobody_there(tmp_path: Path) -> None:
    with pytest.raises(ThrumError) as caught:
        Client(tmp_path / "thrum.sock")
    assert caught.value.kind == "daemon_down"
    assert "thrum daemon start" in str(caught.value)


def test_a_socket_that_a_dead_daemon_left(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "thrum.sock"))
    listener.close()
    with pytest.raises(ThrumError) as caught:
        Client(tmp_path / "thrum.sock")
    assert caught.value.kind == "daemon_down"


def test_a_daemon_that_does_not_answer_ends_the_call_at_its_deadline(listen: Listen) -> None:
    def serve(connection: socket.socket) -> None:
        for _ in range(50):  # single bytes must not extend the deadline
            try:
                connection.sendall(b" ")
            except OSError:
                return
            threading.Event().wait(0.05)

    with Client(listen(serve), call_timeout=0.3) as client, pytest.raises(ThrumError) as caught:
        client.call("any")
    assert caught.value.kind == "no_answer"
    assert not isinstance(caught.value, LostAnswer)


def test_a_full_queue_of_connections_ends_at_the_deadline(tmp_path: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    path = tmp_path / "thrum.sock"
    listener.bind(str(path))
    listener.listen(0)
    waiting = []
    with pytest.raises(ThrumError) as caught:
        for _ in range(10):
            waiting.append(Client(path, dial_timeout=0.2))
    assert caught.value.kind == "no_answer"
    for client in waiting:
        client.close()
    listener.close()


def test_a_connection_that_ends_before_the_answer_is_told_apart(listen: Listen) -> None:
    def serve(connection: socket.socket) -> None:
        connection.makefile("rb").readline()

    with Client(listen(serve)) as client, pytest.raises(LostAnswer):
        client.call("any")


@pytest.mark.parametrize("line", [b"not json\n", b"[1]\n", b"\xff\xfe\n"])
def test_an_answer_that_is_no_json_rpc(listen: Listen, line: bytes) -> None:
    def serve(connection: socket.socket) -> None:
        connection.makefile("rb").readline()
        connection.sendall(line)

    with Client(listen(serve)) as client, pytest.raises(ThrumError, match="no JSON-RPC"):
        client.call("any")


def test_a_long_path(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    deep.mkdir(parents=True)
    with pytest.raises(ThrumError) as caught:
        Client(deep / "thrum.sock")
    assert caught.value.kind == "daemon_down"


def test_another_thread_can_end_a_call_that_waits(listen: Listen) -> None:
    asked, ended = threading.Event(), []

    def serve(connection: socket.socket) -> None:
        connection.makefile("rb").readline()
        asked.set()
        connection.makefile("rb").readline()  # until the client hangs up

    client = Client(listen(serve), call_timeout=60)

    def wait() -> None:
        try:
            client.call("message.wait")
        except LostAnswer as error:
            ended.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert asked.wait(30)
    client.abort()
    waiting.join(30)
    assert len(ended) == 1
    client.close()
    client.abort()  # what has ended stays so
