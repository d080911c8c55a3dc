"""Several requests in one message, where a transport has messages: answered in order, as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from thrum.daemon.rpc import protocol
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.rpc.dispatch import Dispatch, Line

MOST: Final = 100
"""Requests in one message."""

LONGEST: Final = 16_777_216
"""Bytes of answers after which no further request of the message is begun."""

_decoder = msgspec.json.Decoder(list[msgspec.Raw])


async def answer(dispatch: Dispatch, message: bytes, line: Line) -> bytes:
    """The answer to a message, or to each of the requests in it, whether they have an id or not.

    All answers are in memory until the last one is there, so above a bound the rest is refused.

    Args:
        dispatch: answers one.
        message: a request, or an array of them.
        line: where it came from.
    """
    if not message.lstrip().startswith(b"["):
        return await dispatch.answer(message, line)
    try:
        requests = _requests(message)
    except ThrumError as error:
        return protocol.failure(protocol.NO_ID, error)
    answers: list[bytes] = []
    size = 0
    for each in requests:
        said = _left(bytes(each)) if size > LONGEST else await dispatch.answer(bytes(each), line)
        answers.append(said.rstrip(b"\n"))
        size += len(said)
    return b"[" + b",".join(answers) + b"]\n"


def _left(request: bytes) -> bytes:
    """The refusal of a request that is not begun."""
    try:
        id = protocol.read(request).id
    except protocol.Malformed as error:
        return protocol.failure(error.id, error)
    text = "the answers to the requests before it in the message are too long; it was not begun"
    return protocol.failure(id, ThrumError("too_large", text, "send it by itself"))


def _requests(message: bytes) -> list[msgspec.Raw]:
    """The requests in an array.

    Raises:
        ThrumError: ``parse_error``, it is no JSON; ``invalid_request``, there are none; or
            ``too_large``.
    """
    try:
        found = _decoder.decode(message)
    except RecursionError:
        raise ThrumError("parse_error", "Parse error: nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ThrumError("parse_error", f"Parse error: {error}") from None
    if not all(bytes(each).startswith(b"{") for each in found):
        raise ThrumError("parse_error", "Parse error: a batch holds requests and nothing else")
    if not found:
        raise ThrumError("invalid_request", "Invalid request: batch request cannot be empty")
    if len(found) > MOST:
        raise ThrumError("too_large", f"more than {MOST} requests in one message")
    return found
