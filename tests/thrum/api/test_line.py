"""The way to a daemon that takes requests and does not answer, or only the second time."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from thrum.api.faults import Away, Refused, Unsure
from thrum.api.line import Line

Served = Callable[..., tuple[Line, list[dict[str, Any]]]]
GONE = {"code": -32000, "message": "stopping", "data": {"kind": "shutting_down"}}
LATE = {"code": -32000, "message": "late", "data": {"kind": "timed_out", "may_be_done": True}}
FULL = {"code": -32000, "message": "full", "data": {"kind": "busy"}}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A line to a daemon that does this with each request in turn, and what it was asked.

    It answers with a result or an error, or hangs up for None.
    """
    listener = socket.socket(socket.AF_UNIX)
    path = tmp_path / "thrum.sock"

    def serve(answers: list[dict[str, Any] | None], asked: list[dict[str, Any]]) -> None:
        while answers:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # the test is over; to try again would go on for as long as the process
            with suppress(OSError):
                _serve(connection, answers, asked)

    def start(*answers: dict[str, Any] | None, timeout: float = 30) -> Any:
        listener.bind(str(path))
        listener.listen(8)
        asked: list[dict[str, Any]] = []
        threading.Thread(target=serve, args=(list(answers), asked), daemon=True).start()
        return Line(lambda: path, "nux", timeout), asked

    yield start
    with suppress(OSError):  # not every system ends what waits for a connection so
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def _serve(connection: socket.socket, answers: list, asked: list) -> None:
    with connection, connection.makefile("rb") as lines:
        while answers and (line := lines.readline()):
            request = json.loads(line)
            asked.append(request["params"])
            answer = answers.pop(0)
            if answer is None:
                return
            name = "error" if "code" in answer else "result"
            said = {"jsonrpc": "2.0", "id": request["id"], name: answer}
            connection.sendall(json.dumps(said).encode() + b"\n")
        lines.readline()


@pytest.mark.parametrize("lost", [None, GONE, LATE, FULL])
def test_what_may_be_asked_again_is(served: Served, lost: dict[str, Any] | None) -> None:
    line, asked = served(lost, {"done": 1})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("thrum.api.line.PAUSE_S", 0.01)
        assert line.call("a", {"x": 1, "no": None}, changes=True) == {"done": 1}
    assert asked == [{"x": 1, "caller_agent_id": "nux"}] * 2
    line.close()


@pytest.mark.parametrize("lost", [None, LATE])
def test_what_may_not_is_said_to_be_open(served: Served, lost: dict[str, Any] | None) -> None:
    line, asked = served(lost, {"done": 1})
    with pytest.raises(Unsure, match="it may or may not be done"):
        line.call("a", {}, again=False, changes=True)
    assert len(asked) == 1
    assert line.call("b", {}) == {"done": 1}
    line.close()


def test_a_message_whose_answer_is_lost_for_good_is_named(served: Served) -> None:
    line, _ = served(LATE, LATE, LATE, LATE, timeout=0.15)
    with pytest.raises(Unsure) as caught:
        line.call("message.send", {"idempotency_key": "k" * 32}, changes=True)
    assert len(caught.value.message_id_ends) == 8
    assert caught.value.message_id_ends in str(caught.value)
    line.close()


def test_what_changes_nothing_leaves_nothing_open(served: Served) -> None:
    line, _ = served(LATE, LATE, LATE, LATE, timeout=0.15)
    with pytest.raises(Away):
        line.call("message.list", {})
    line.close()


def test_a_closed_line_does_not_open_again(served: Served) -> None:
    line, _ = served({"done": 1})
    line.open()
    line.close()
    with pytest.raises(Refused):
        line.call("a", {})
