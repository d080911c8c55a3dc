"""JSON-RPC 2.0 as it is spoken here, without any I/O: lines in, lines out.

One JSON object per line. Params are an object; unknown keys are passed over and named in the
answer's `warnings`, ``null`` means absent. A request without an id is answered all the same,
without an id: existing clients expect it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Final, TypeVar

import msgspec

from thrum.daemon.rpc.nothing import Nothing
from thrum.errors import ThrumError

P = TypeVar("P", bound=msgspec.Struct)

NO_ID: Final = b""

LONGEST_SENTENCE: Final = 4_000
"""Characters of a refusal; the middle of a longer one is left out."""


class _Wire(msgspec.Struct):
    jsonrpc: msgspec.Raw = msgspec.Raw(b"null")
    method: str | None = None
    params: msgspec.Raw = msgspec.Raw(b"null")
    id: msgspec.Raw = msgspec.Raw(b"null")


class Request(msgspec.Struct, frozen=True):
    """A request; `id` is its JSON text, empty when there is none."""

    method: str
    params: bytes
    id: bytes


class Malformed(ThrumError):
    """The line is no request; `id` is what can be said of its id."""

    def __init__(self, kind: str, message: str, id: bytes = NO_ID) -> None:
        super().__init__(kind, message)
        self.id = id


_decoder = msgspec.json.Decoder(_Wire)
_plain = msgspec.json.Decoder()
_keyed = msgspec.json.Decoder(dict[str, msgspec.Raw])

MOST_UNKNOWN: Final = 8
"""Keys that nobody knows and that are named; of more it is enough to know these."""

LONGEST_UNKNOWN: Final = 64


def read(line: bytes) -> Request:
    """The request in a line.

    Raises:
        Malformed: ``parse_error`` or ``invalid_request``.
    """
    try:
        wire = _decoder.decode(line)
    except RecursionError:
        raise Malformed("parse_error", "Parse error: nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        # Some clients write the four keys in another letter case.
        other = _folded(line)
        if other is None:
            raise Malformed("parse_error", f"Parse error: {error}") from None
        wire = other
    if wire.method is None and bytes(wire.jsonrpc) == b"null":
        wire = _folded(line) or wire
    id = bytes(wire.id)
    id = NO_ID if id == b"null" else id
    if bytes(wire.jsonrpc) != b'"2.0"':
        raise Malformed("invalid_request", "Invalid request: jsonrpc must be '2.0'", id)
    return Request(wire.method or "", bytes(wire.params), id)


def _folded(line: bytes) -> _Wire | None:
    try:
        found = _plain.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if not isinstance(found, dict):
        return None
    keys = {str(key).lower(): value for key, value in found.items()}
    method = keys.get("method")
    if method is not None and not isinstance(method, str):
        return None
    raw = {
        name: msgspec.Raw(msgspec.json.encode(keys.get(name)))
        for name in ("jsonrpc", "params", "id")
    }
    return _Wire(raw["jsonrpc"], method, raw["params"], raw["id"])


def params_as(raw: bytes, kind: type[P]) -> P:
    """The params as a struct.

    Raises:
        ThrumError: ``invalid_params``, with the field and what is wrong with it.
    """
    if raw == b"null":
        raw = b"{}"
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.DecodeError:
        pass
    except RecursionError:
        raise _too_deep() from None
    try:
        found = _plain.decode(raw)
    except RecursionError:
        raise _too_deep() from None
    except msgspec.DecodeError as error:
        raise ThrumError("invalid_params", f"invalid request: {error}") from None
    if not isinstance(found, dict):
        raise ThrumError("invalid_params", "invalid request: params must be an object")
    present = {key: value for key, value in found.items() if value is not None}
    try:
        return msgspec.convert(present, kind)
    except msgspec.ValidationError as error:
        raise ThrumError("invalid_params", f"invalid request: {error}") from None


@cache
def _fields(kind: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(kind.__struct_fields__)


def unknown_keys(raw: bytes, kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The first of the keys of the params that are none of a struct's, each cut to a bound."""
    if raw == b"null":
        return ()
    names = _fields(kind)
    given = _keyed.decode(raw)
    if given.keys() <= names:
        return ()
    found = [key for key, value in given.items() if key not in names and bytes(value) != b"null"]
    return tuple(key[:LONGEST_UNKNOWN] for key in found[:MOST_UNKNOWN])


def _too_deep() -> ThrumError:
    return ThrumError("invalid_params", "invalid request: nested too deeply")


def result(id: bytes, value: object, warnings: Sequence[str] = ()) -> bytes:
    """The answer that carries a result, newline included.

    Args:
        warnings: joined to those of a result that is an object.
    """
    if isinstance(value, Nothing):
        value = None
    if warnings:
        value = _warned(value, warnings)
    tail = b',"id":' + id + b"}\n" if id else b"}\n"
    return b'{"jsonrpc":"2.0","result":' + msgspec.json.encode(value) + tail


def _warned(value: object, warnings: Sequence[str]) -> object:
    about = msgspec.to_builtins(value)
    if not isinstance(about, dict):
        return value
    return {**about, "warnings": [*(about.get("warnings") or ()), *warnings]}


def failure(id: bytes, error: ThrumError) -> bytes:
    """The answer that carries a refusal, newline included."""
    data: dict[str, Any] = {**error.details, "kind": error.kind}
    if error.hint:
        data["hint"] = _cut(error.hint)
    body = {"code": error.code, "message": _cut(error.message), "data": data}
    tail = b',"id":' + id + b"}\n" if id else b"}\n"
    return b'{"jsonrpc":"2.0","error":' + msgspec.json.encode(body) + tail


def _cut(sentence: str) -> str:
    """A sentence without its middle if it is too long: it names what was asked for, whatever that
    was."""
    if len(sentence) <= LONGEST_SENTENCE:
        return sentence
    half = LONGEST_SENTENCE // 2
    return f"{sentence[:half]} … {sentence[-half:]}"


def push(method: str, params: object) -> bytes:
    """A message from the server that nobody asked for just now, newline included."""
    encoded = msgspec.json.encode(params)
    return b'{"jsonrpc":"2.0","method":"' + method.encode() + b'","params":' + encoded + b"}\n"
