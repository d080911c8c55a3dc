"""Lines in, lines out."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.daemon.rpc import protocol
from thrum.daemon.rpc.protocol import LONGEST_SENTENCE
from thrum.errors import ThrumError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class Some(msgspec.Struct):
    """Params."""

    text: str = "default"
    numbers: list[int] = msgspec.field(default_factory=list)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_refused(line: bytes) -> None:
    try:
        protocol.read(line)
    except protocol.Malformed as error:
        assert error.kind in {"parse_error", "invalid_request"}


@given(JSON)
def test_json_without_a_version_is_refused(value: Any) -> None:
    with pytest.raises(protocol.Malformed) as caught:
        protocol.read(json.dumps(value).encode())
    expected = "invalid_request" if isinstance(value, dict) else "parse_error"
    assert caught.value.kind in {expected, "parse_error"}


@given(method=st.text(), params=JSON, id=JSON)
def test_a_request_is_read_as_it_was_written(method: str, params: Any, id: Any) -> None:
    wire = {"jsonrpc": "2.0", "method": method, "params": params, "id": id}
    request = protocol.read(json.dumps(wire).encode())
    assert request.method == method
    assert json.loads(request.params) == params
    assert (json.loads(request.id) if request.id else None) == id


@given(JSON)
def test_params_of_any_kind_fit_or_are_refused(value: Any) -> None:
    try:
        found = protocol.params_as(json.dumps(value).encode(), Some)
    except ThrumError as error:
        assert error.kind == "invalid_params"
        assert error.message.startswith("invalid request: ")
    else:
        assert value is None or isinstance(value, dict)
        assert isinstance(found, Some)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"null", Some()),
        (b"{}", Some()),
        (b'{"text": null, "numbers": null, "other": {}}', Some()),
        (b'{"text": "a", "numbers": [1]}', Some("a", [1])),
    ],
)
def test_null_is_absent(raw: bytes, expected: Some) -> None:
    assert protocol.params_as(raw, Some) == expected


def test_params_that_are_absent_lack_what_must_be_there() -> None:
    class Needy(msgspec.Struct):
        key: str

    with pytest.raises(ThrumError, match="key") as caught:
        protocol.params_as(b"null", Needy)
    assert caught.value.kind == "invalid_params"


@pytest.mark.parametrize(
    "raw", [b"[]", b'"x"', b"1", b'{"text": 1}', b'{"numbers": ["1"]}', b'{"numbers": [null]}']
)
def test_wrong_types_are_refused(raw: bytes) -> None:
    with pytest.raises(ThrumError) as caught:
        protocol.params_as(raw, Some)
    assert caught.value.kind == "invalid_params"


def test_answers_are_one_line_each() -> None:
    value = {"text": "two\nlines"}
    for line in (
        protocol.result(b"1", value),
        protocol.failure(b"", ThrumError("busy", "no\nroom", "wait")),
        protocol.push("notification.message", value),
    ):
        assert line.count(b"\n") == 1
        assert line.endswith(b"\n")
        assert json.loads(line)["jsonrpc"] == "2.0"


def test_a_refusal_does_not_give_back_a_megabyte() -> None:
    refused = ThrumError("not_found", f"{'e' * 1_000_000} is nobody", f"not {'é' * 1_000_000}")
    error = json.loads(protocol.failure(b"1", refused))["error"]
    assert error["message"].endswith("e is nobody")
    assert error["data"]["hint"].startswith("not é")
    assert len(error["message"]) + len(error["data"]["hint"]) < 2 * LONGEST_SENTENCE + 10


def test_a_result_of_nothing_is_written() -> None:
    assert json.loads(protocol.result(b'"a"', None)) == {
        "jsonrpc": "2.0",
        "result": None,
        "id": "a",
    }


@pytest.mark.parametrize("deep", [1_500, 100_000])
def test_what_is_nested_too_deeply_is_refused(deep: int) -> None:
    nested = b"[" * deep + b"]" * deep
    with pytest.raises(protocol.Malformed) as caught:
        protocol.read(b'{"jsonrpc":"2.0","method":"x","params":{"a":' + nested + b"}}")
    assert caught.value.kind == "parse_error"
    with pytest.raises(ThrumError) as refused:
        protocol.params_as(b'{"text":"a","other":' + nested + b"}", Some)
    assert refused.value.kind == "invalid_params"


@pytest.mark.parametrize(
    ("warnings", "value", "expected"),
    [
        (["a"], {"x": 1}, {"x": 1, "warnings": ["a"]}),
        (["a"], {"warnings": ["b"]}, {"warnings": ["b", "a"]}),
        (["a"], [1], [1]),
        (["a"], None, None),
        ([], {"x": 1}, {"x": 1}),
    ],
)
def test_warnings_go_into_what_is_an_object(warnings: list[str], value: Any, expected: Any) -> None:
    assert json.loads(protocol.result(b"1", value, warnings))["result"] == expected
