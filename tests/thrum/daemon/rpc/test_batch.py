"""Several requests in one message."""

from __future__ import annotations

import json
from typing import Any, cast

import anyio
import pytest

from thrum.daemon.rpc import batch


class Echo:
    """A door that answers with what it was asked, in the order of asking."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    async def answer(self, request: bytes, line: object) -> bytes:
        await anyio.lowlevel.checkpoint()
        self.asked.append(json.loads(request))
        return request + b"\n"


def answered(message: bytes) -> tuple[Any, list[Any]]:
    door = Echo()
    text = anyio.run(batch.answer, cast("Any", door), message, cast("Any", None))
    assert text.endswith(b"\n")
    return json.loads(text), door.asked


@pytest.mark.parametrize("message", [b'{"id":1}', b' {"id":1}', b"nonsense-that-the-door-refuses"])
def test_one_request_goes_through_as_it_is(message: bytes) -> None:
    door = Echo()
    if message.startswith(b"n"):
        with pytest.raises(json.JSONDecodeError):
            anyio.run(batch.answer, cast("Any", door), message, cast("Any", None))
    else:
        assert answered(message) == ({"id": 1}, [{"id": 1}])


@pytest.mark.parametrize("count", [1, 2, batch.MOST])
def test_each_of_several_is_answered_in_order(count: int) -> None:
    requests = [{"id": number} if number % 2 else {"method": "x"} for number in range(count)]
    assert answered(json.dumps(requests).encode()) == (requests, requests)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (b"[]", "invalid_request"),
        (b"[ ]", "invalid_request"),
        (b"[1, 2]", "parse_error"),
        (b'[{"id":1}, 2]', "parse_error"),
        (b'[{"id":1}', "parse_error"),
        (b"[" * 100_000, "parse_error"),
        (b"[" + b"{}," * batch.MOST + b"{}]", "too_large"),
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(message: bytes, kind: str) -> None:
    answer, asked = answered(message)
    assert (answer["error"]["data"]["kind"], asked) == (kind, [])
    assert "id" not in answer


@pytest.mark.parametrize(("length", "begun"), [(10, 5), (400, 3), (600, 2), (5000, 1)])
def test_of_answers_that_are_too_long_the_rest_is_not_begun(
    monkeypatch: pytest.MonkeyPatch, length: int, begun: int
) -> None:
    monkeypatch.setattr(batch, "LONGEST", 1000)
    requests: list[Any] = [
        {"jsonrpc": "2.0", "id": number, "method": "x", "params": {"text": "y" * length}}
        for number in range(5)
    ]
    answers, asked = answered(json.dumps(requests).encode())
    assert (answers[:begun], asked) == (requests[:begun], requests[:begun])
    assert [each["id"] for each in answers] == [0, 1, 2, 3, 4]
    assert {each["error"]["data"]["kind"] for each in answers[begun:]} <= {"too_large"}


def test_what_is_no_request_is_none_either_where_nothing_more_is_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batch, "LONGEST", 10)
    answers, asked = answered(b'[{"id": "long enough"}, {"id": 7}, {"method": 3, "id": "b"}]')
    assert len(asked) == 1
    assert [each["error"]["data"]["kind"] for each in answers[1:]] == [
        "invalid_request",
        "parse_error",
    ]
