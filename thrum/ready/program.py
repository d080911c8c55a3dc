"""``python -m thrum.ready.program VAR``: stands ready for the repository whose daemon started it.

One forked process waits for the next caller at all times; when it has one, the next is forked.
Forked it is where only one thread runs and nothing of a caller was ever seen. It ends by itself
when nobody came for a while, and when the program on the disk is another one.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
from pathlib import Path
from typing import Final, NoReturn

from thrum import front, platform
from thrum.ready import commands, loaded
from thrum.ready.becoming import Becoming
from thrum.ready.call import Rights

IDLE_S: Final = 900.0
"""Seconds without a caller after which it ends; the next one has it begin again."""

MOST: Final = 256
"""Commands at once, most of which wait for mail. Above that nobody is listened to."""

BACKLOG: Final = 64
"""Callers that wait until one more is forked."""

_TAKEN: Final = b"t"
_OLD: Final = b"o"


def main(var: Path) -> int:
    """Stands ready; the exit status when nobody needs it any more."""
    commands.load()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    standing = Standing(var)
    try:
        return standing.run()
    finally:
        standing.stop_listening()


class Standing:
    """Keeps one process waiting, and counts those that became commands.

    Args:
        var: the folder of the daemon's sockets.
    """

    def __init__(self, var: Path) -> None:
        self._var, self._path = var, var / front.SOCKET
        self._listener: socket.socket | None = None
        self._rights, self._folders = Rights.of(os.getpid()), loaded.folders()
        self._said, self._says = os.pipe()
        self._woken, wakes = os.pipe()
        for handle in (self._woken, wakes, self._said):
            os.set_blocking(handle, False)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        self._waiting = 0
        self._busy: set[int] = set()

    def run(self) -> int:
        """Goes on until nobody came for a while; the exit status.

        It is 1 when the waiting process ended without having been called: another one would too.
        """
        while True:
            if len(self._busy) >= MOST:
                self.stop_listening()
            elif not self._waiting:
                self._waiting = self._fork(self._listen())
            ready, _, _ = select.select([self._said, self._woken], [], [], IDLE_S)
            if self._hears() == _OLD or not (ready or self._busy):
                break
            if not self._reap():
                return 1
        if self._waiting:
            os.kill(self._waiting, signal.SIGTERM)
        return 0

    def _listen(self) -> socket.socket:
        if self._listener is None:
            self._path.unlink(missing_ok=True)
            self._listener = platform.bind_unix(self._path)
            self._listener.listen(BACKLOG)
        return self._listener

    def stop_listening(self) -> None:
        """Has callers see at once that they are not served."""
        if self._listener is not None:
            self._path.unlink(missing_ok=True)
            self._listener.close()
            self._listener = None

    def _hears(self) -> bytes:
        """What the waiting process says; whatever woke us is taken note of."""
        said = b""
        for handle in (self._woken, self._said):
            try:
                said = os.read(handle, 4096)
            except BlockingIOError:
                said = b""
        if said:
            self._busy.add(self._waiting)
            self._waiting = 0
        return said[-1:]

    def _reap(self) -> bool:
        """Takes note of those that have ended; False if the waiting one has."""
        while self._busy or self._waiting:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            if pid == self._waiting:
                self._hears()  # It may have been called in this very moment.
            if pid == self._waiting:
                return False
            self._busy.discard(pid)
        return True

    def _fork(self, listener: socket.socket) -> int:
        pid = os.fork()
        if pid:
            return pid
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._wait(listener)
        except BaseException:  # noqa: BLE001 -- what it forked for is not to go on with its loop
            sys.excepthook(*sys.exc_info())  # the daemon's log takes it
        finally:
            os._exit(1)

    def _wait(self, listener: socket.socket) -> NoReturn:
        """Waits for a caller and serves it."""
        line, _ = listener.accept()
        if not loaded.are_as(self._folders):
            os.write(self._says, _OLD)
            os._exit(0)
        # It outlives whoever forked it: a command goes on while the daemon is restarted.
        os.setsid()
        os.write(self._says, _TAKEN)
        for handle in (self._said, self._says, self._woken):
            os.close(handle)
        listener.close()
        try:
            line.sendall(os.getpid().to_bytes(front.HELLO, "little"))
        except OSError:
            os._exit(0)  # It was waited for in vain; the line is being run there.
        Becoming(line, self._var, self._rights).run()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
