"""A bad line between two daemons: it delays, breaks in the middle of anything, and is cut."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

PIECE: Final = 4096
"""Bytes that are passed on at once."""


@dataclass
class Weather:
    """Stands before a daemon's port and passes on what comes, as well as it can.

    Args:
        port_of: where the daemon listens by now.
        seed: decides what happens to each piece.
        slowest_s: the longest delay of a piece.
        breaks: how often a connection breaks at a piece.

    Attributes:
        port: where it listens itself.
        is_cut: whether nobody comes through.
        broken: how many connections it broke.
    """

    port_of: Callable[[], int]
    seed: int
    slowest_s: float = 0.02
    breaks: float = 0.01
    is_cut: bool = False
    broken: int = 0
    port: int = 0
    _open: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def clear(self) -> None:
        """The line is good from now on."""
        self.is_cut, self.breaks, self.slowest_s = False, 0.0, 0.0

    def cut(self) -> None:
        """Nobody comes through, and whoever had is thrown out."""
        self.is_cut = True
        with self._lock:
            for each in self._open:
                _hang_up(each)

    def close(self) -> None:
        """Ends it."""
        self.cut()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                assert not self.is_cut
                real = self.port_of()
                daemon = socket.create_connection(("127.0.0.1", real))
            except (AssertionError, OSError, ValueError):
                client.close()
                continue
            with self._lock:
                self._open |= {client, daemon}
            for source, target in ((client, daemon), (daemon, client)):
                threading.Thread(
                    target=self._pass_on, args=(source, target, real), daemon=True
                ).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, real: int) -> None:
        """Until one side ends it, or the line breaks."""
        try:
            while piece := source.recv(PIECE):
                # A daemon is served by its own names alone, and this is none of them.
                piece = piece.replace(b"127.0.0.1:%d" % self.port, b"127.0.0.1:%d" % real)
                time.sleep(self._chance.random() * self.slowest_s)
                if self._chance.random() < self.breaks:
                    self.broken += 1
                    target.sendall(piece[: len(piece) // 2])
                    break
                target.sendall(piece)
        except OSError:
            pass  # the other direction broke, or a daemon was killed
        finally:
            _hang_up(source)
            _hang_up(target)
            with self._lock:
                self._open -= {source, target}


def _hang_up(each: socket.socket) -> None:
    try:
        each.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it is over already
    each.close()
