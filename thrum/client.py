"""The client of the daemon's Unix socket: one JSON-RPC request or answer per line.

Standard library only and no event loop, because every command and every hook starts with it. Each
call has a deadline for the whole of it, not for each piece that arrives.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from thrum import access
from thrum.errors import KINDS, ThrumError
from thrum.platform import connect_unix

DIAL_S: Final = 5.0
CALL_S: Final = 10.0
_PIECE: Final = 65_536
_BACKLOG_PAUSE_S: Final = 0.02


class RpcError(ThrumError):
    """The daemon's own refusal.

    Attributes:
        rpc_code: the JSON-RPC code of the answer; another version may have chosen otherwise.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        hint: str | None,
        rpc_code: int,
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(kind, message, hint, details)
        self.rpc_code = rpc_code

    @property
    def code(self) -> int:
        """The code as the daemon sent it."""
        return self.rpc_code


class LostAnswer(ThrumError):
    """The connection ended after the request left, so whether it was carried out is unknown."""

    def __init__(self) -> None:
        super().__init__(
            "no_answer",
            "the daemon closed the connection before it answered",
            "see `thrum daemon status`, then try again",
        )


class HungUp(ThrumError):
    """The daemon ended a connection that listened, so something may have been missed."""

    def __init__(self) -> None:
        super().__init__(
            "no_answer",
            "the daemon closed the connection, so pushes may have been missed",
            "connect and subscribe again, then look at the inbox",
        )


class Silence(ThrumError):
    """Nothing came within the deadline; whether a request was carried out is unknown."""

    def __init__(self) -> None:
        super().__init__(
            "no_answer", "the daemon does not answer", "restart it with `thrum daemon restart`"
        )


class Client:
    """One connection. Calls go one at a time; pushes that arrive meanwhile are kept.

    Args:
        socket_path: the daemon's socket.
        dial_timeout: seconds to reach the daemon.
        call_timeout: seconds for one call, unless the call says otherwise.
        dial: opens the connection within so many seconds, or says as `dial` why not.

    Raises:
        ThrumError: ``daemon_down``, nobody listens; ``no_answer``, the daemon takes no connection;
            ``sandbox`` or ``system``, this process is kept from it.
    """

    def __init__(
        self,
        socket_path: Path,
        dial_timeout: float = DIAL_S,
        call_timeout: float = CALL_S,
        dial: Dial | None = None,
    ) -> None:
        self._call_timeout = call_timeout
        self._last_id = 0
        self._buffer = bytearray()
        self._pushes: list[dict[str, Any]] = []
        self._socket = (dial or to_socket)(socket_path, dial_timeout)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hangs up; a second time does nothing."""
        self._socket.close()

    def abort(self) -> None:
        """Ends the connection from another thread; whoever waits on it gets `LostAnswer`."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # It has ended already.

    def call(
        self, method: str, params: Mapping[str, object] | None = None, timeout: float | None = None
    ) -> Any:
        """Asks the daemon and returns the result.

        Args:
            method: the name of the method.
            params: its parameters.
            timeout: seconds until the answer must be here; the connection's own if None.

        Raises:
            RpcError: the daemon refused.
            LostAnswer: the connection ended before the answer came.
            Silence: the deadline passed.
        """
        deadline = time.monotonic() + (self._call_timeout if timeout is None else timeout)
        self._ask(method, params, deadline)
        return self._answer(deadline)

    def begin(self, method: str, params: Mapping[str, object] | None = None) -> None:
        """Asks the daemon something for whose answer `finish` waits.

        Raises:
            Silence: the daemon does not take it.
        """
        self._ask(method, params, time.monotonic() + self._call_timeout)

    def finish(self) -> Any:
        """The result of what was begun, of which something can be read by now.

        Raises:
            ThrumError: as `call`.
        """
        return self._answer(time.monotonic() + self._call_timeout)

    def fileno(self) -> int:
        """The descriptor that can be read when the daemon says something, or hangs up."""
        return self._socket.fileno()

    def _ask(self, method: str, params: Mapping[str, object] | None, deadline: float) -> None:
        self._last_id += 1
        request = {"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params or {}}
        try:
            self._send(json.dumps(request, separators=(",", ":")).encode() + b"\n", deadline)
        except (BrokenPipeError, ConnectionResetError):
            pass  # A daemon that turns us away says why before it hangs up; that is read later.

    def notifications(self, timeout: float) -> Iterator[dict[str, Any]]:
        """Pushes as they come, until none came for `timeout` seconds.

        Raises:
            HungUp: the daemon ended the connection; what came meanwhile has to be asked for.
            ThrumError: ``no_answer``, what came is no JSON-RPC.
        """
        while True:
            if self._pushes:
                yield self._pushes.pop(0)
                continue
            try:
                self._take(self._line(time.monotonic() + timeout))
            except LostAnswer:
                raise HungUp from None
            except Silence:
                return

    def _send(self, line: bytes, deadline: float) -> None:
        try:
            self._socket.settimeout(_left(deadline))
            self._socket.sendall(line)
        except TimeoutError:
            raise Silence from None

    def _answer(self, deadline: float) -> Any:
        while True:
            reply = self._line(deadline)
            # An answer without an id refuses a request that the daemon could not read.
            if "method" in reply or reply.get("id") not in {self._last_id, None}:
                self._take(reply)
                continue
            error = reply.get("error")
            if error is not None:
                raise _refusal(error)
            return reply.get("result")

    def _take(self, message: dict[str, Any]) -> None:
        if "method" in message:
            self._pushes.append(message)

    def _line(self, deadline: float) -> dict[str, Any]:
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            try:
                self._socket.settimeout(_left(deadline))
                piece = self._socket.recv(_PIECE)
            except TimeoutError:
                raise Silence from None
            except OSError:
                piece = b""
            if not piece:
                raise LostAnswer
            self._buffer += piece
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        try:
            message = json.loads(line)
        except ValueError:
            message = None
        if not isinstance(message, dict):
            raise ThrumError("no_answer", "the daemon answered with something that is no JSON-RPC")
        return message


Dial = Callable[[Path, float], socket.socket]


def to_socket(path: Path, timeout: float) -> socket.socket:
    """A connection to the socket at the path, within so many seconds.

    Raises:
        ThrumError: as `Client`.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            return connect_unix(path, _left(deadline))
        except TimeoutError:
            raise Silence from None
        except BlockingIOError:
            # Linux says so at once when the queue of waiting connections is full.
            time.sleep(_BACKLOG_PAUSE_S)
        except OSError as error:
            raise access.to_socket(error, path) or daemon_down(path, error) from error


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def daemon_down(path: Path, error: OSError | None = None) -> ThrumError:
    """The refusal of a command whose daemon does not run.

    A missing socket and one that nobody listens on are the ordinary ways to be down; anything
    else is named.
    """
    ordinary = error is None or isinstance(error, FileNotFoundError | ConnectionRefusedError)
    reason = "" if ordinary or error is None else f" ({error.strerror or error})"
    return ThrumError(
        "daemon_down", f"no daemon answers on {path}{reason}", "start it with `thrum daemon start`"
    )


def _refusal(error: object) -> RpcError:
    """The error object of an answer, whichever version wrote it."""
    fields: dict[str, Any] = error if isinstance(error, dict) else {"message": str(error)}
    data = fields.get("data")
    about: dict[str, Any] = data if isinstance(data, dict) else {}
    code = fields.get("code")
    number = code if isinstance(code, int) else -32000
    kind = about.get("kind")
    hint = about.get("hint")
    return RpcError(
        kind if isinstance(kind, str) and kind in KINDS else _kind_of(number),
        str(fields.get("message") or "the daemon refused without a reason"),
        hint if isinstance(hint, str) else None,
        number,
        {key: value for key, value in about.items() if key not in {"kind", "hint"}},
    )


def _kind_of(code: int) -> str:
    """The kind that a code alone tells."""
    known = {
        -32700: "parse_error",
        -32600: "invalid_request",
        -32601: "method_not_found",
        -32602: "invalid_params",
        -32001: "wrong_transport",
        -32002: "anonymous_caller",
        -32603: "internal",
    }
    return known.get(code, "not_allowed")
