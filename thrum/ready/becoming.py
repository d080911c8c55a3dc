"""A forked process becomes a caller's command: its streams, folder, environment, and then its line.

From then on it is what the caller would have been, except for its number: it is no descendant of
the agent's program, so the daemon is asked over connections that the caller opened.
"""

from __future__ import annotations

import _thread
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

from thrum import front, paths
from thrum.client import Dial, daemon_down
from thrum.errors import ThrumError
from thrum.ready.call import Call, Rights, Unreadable, receive, receive_text, take_bounds
from thrum.ready.commands import Bounds, Elsewhere

PROGRAM: Final = os.path.dirname(front.__file__)  # noqa: PTH120 -- as the caller says it


@dataclass
class Becoming:
    """One process, between its first call and its end.

    Args:
        line: to the caller.
        var: the folder of the sockets of the repository that is served.
        rights: what we may do.
    """

    line: socket.socket
    var: Path
    rights: Rights

    def run(self) -> NoReturn:
        """Becomes the command of whoever has called, or says that it has to run there."""
        try:
            call = receive(self.line)
            if self._is_like_us(call):
                self._become(call)
        except (OSError, ValueError, Unreadable, Elsewhere):
            pass  # Nothing was done, and the caller does it.
        try:
            self.line.send(front.HERE)
        finally:
            os._exit(0)

    def _is_like_us(self, call: Call) -> bool:
        return call.program == PROGRAM and Rights.of(call.pid) == self.rights

    def _become(self, call: Call) -> NoReturn:
        for number, handle in enumerate(call.streams):
            os.dup2(handle, number)
            os.close(handle)
        take_bounds(call.pid)
        os.chdir(call.folder)
        os.umask(call.mask)
        os.environ.clear()
        os.environb.update(call.environment)
        time.tzset()
        if paths.find(Path(call.folder), os.environ).var != self.var:
            raise Elsewhere
        sys.argv = [front.__name__, *call.words]
        sys.stdin, sys.stdout, sys.stderr = _streams(call.encodings)
        _thread.start_new_thread(self._watch, ())
        bounds = Bounds()
        from thrum.cli import main
        from thrum.cli.outside import Outside

        main.run(
            Outside(
                pid=call.pid,
                dial=self._connections(call.daemon, bounds),
                start_daemon=lambda _context: bounds.leave(),
                page=self._page,
                open_page=lambda _url: bounds.leave(),
                replace_process=lambda _argv, _env: bounds.leave(),
                leave=self._leave,
                bounds=bounds,
            )
        )

    def _watch(self) -> None:
        """Ends this process when its caller is gone."""
        poll = select.poll()
        poll.register(self.line, 0)
        poll.poll()
        os._exit(128 + signal.SIGTERM)

    def _leave(self, status: int) -> NoReturn:
        try:
            self.line.send(front.ENDED + bytes([status & 0xFF]))
        finally:
            os._exit(status)

    def _connections(self, first: int, bounds: Bounds) -> Dial:
        """Gives the connection that came along, then others that the caller opens."""
        given = [socket.socket(fileno=first)]

        def dial(path: Path, _seconds: float) -> socket.socket:
            if path != self.var / "thrum.sock":
                bounds.leave()
            connection = given.pop() if given else self._another(path)
            bounds.is_asked = True
            return connection

        return dial

    def _another(self, path: Path) -> socket.socket:
        """Has the caller open a connection.

        Raises:
            ThrumError: as `Client`.
        """
        text, handles = self._asked(front.AGAIN)
        if not handles:
            number = int(text or b"0")
            raise daemon_down(path, OSError(number, os.strerror(number)))
        return socket.socket(fileno=handles[0])

    def _asked(self, wanted: bytes) -> tuple[bytes, list[int]]:
        """What the caller answers.

        Raises:
            ThrumError: ``no_answer``, it is gone.
        """
        try:
            self.line.sendall(wanted)
            return receive_text(self.line)
        except (OSError, Unreadable) as error:
            raise ThrumError("no_answer", "whoever called is gone") from error

    def _page(self, argv: Sequence[str], text: str, env: Mapping[str, str]) -> bool:
        pairs = [each for pair in env.items() for each in pair]
        parts = [*argv, "", *pairs]
        data = "\0".join([str(len(parts)), *parts, text]).encode("utf-8", "surrogateescape")
        sys.stdout.flush()
        said, _ = self._asked(front.SHOW + len(data).to_bytes(front.LENGTH, "little") + data)
        return bool(said)


def _streams(encodings: tuple[str, str, str]) -> tuple[object, object, object]:
    """The standard streams, as the interpreter makes them at its start."""
    into, out, errors = encodings
    return (
        open(0, encoding=into, closefd=False),
        open(1, "w", encoding=out, closefd=False, buffering=1 if os.isatty(1) else -1),
        open(2, "w", encoding=errors, closefd=False, buffering=1, errors="backslashreplace"),
    )
