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

MOST: Final = 64
"""Commands at once; whoever comes then does without."""

_LAST_S: Final = 0.2
_TAKEN: Final = b"t"
_OLD: Final = b"o"


def main(var: Path) -> int:
    """Stands ready; the exit status when nobody needs it any more."""
    commands.load()
    path = var / front.SOCKET
    path.unlink(missing_ok=True)
    listener = platform.bind_unix(path)
    listener.listen(MOST)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    try:
        return _Standing(listener, var).run()
    finally:
        path.unlink(missing_ok=True)


class _Standing:
    """Keeps one process waiting, and counts those that became commands."""

    def __init__(self, listener: socket.socket, var: Path) -> None:
        self._listener, self._var = listener, var
        self._rights, self._folders = Rights.of(os.getpid()), loaded.folders()
        self._said, self._says = os.pipe()
        self._woken, wakes = os.pipe()
        for handle in (self._woken, wakes, self._said):
            os.set_blocking(handle, False)
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
        self._waiting = 0
        self._busy: set[int] = set()

    def run(self) -> int:
        while True:
            if not self._waiting and len(self._busy) < MOST:
                self._waiting = self._fork()
            ready, _, _ = select.select([self._said, self._woken], [], [], IDLE_S)
            if not ready and not self._busy:
                break
            if self._hears() == _OLD:
                break
            self._reap()
        if self._waiting:
            os.kill(self._waiting, signal.SIGTERM)
        return 0

    def _hears(self) -> bytes:
        """What the waiting process says; whatever woke us is taken note of."""
        for handle in (self._woken, self._said):
            try:
                said = os.read(handle, 4096)
            except BlockingIOError:
                continue
            if handle == self._said and said:
                self._busy.add(self._waiting)
                self._waiting = 0
                return said[-1:]
        return b""

    def _reap(self) -> None:
        while self._busy or self._waiting:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            self._busy.discard(pid)
            if pid == self._waiting:
                self._waiting = 0

    def _fork(self) -> int:
        pid = os.fork()
        if pid:
            return pid
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._wait()
        except BaseException:  # noqa: BLE001 -- what it forked for is not to go on with its loop
            sys.excepthook(*sys.exc_info())  # the daemon's log takes it
        finally:
            os._exit(1)

    def _wait(self) -> NoReturn:
        """Waits for a caller and serves it."""
        line, _ = self._listener.accept()
        if not loaded.are_as(self._folders):
            os.write(self._says, _OLD)
            os._exit(0)
        # It outlives whoever forked it: a command goes on while the daemon is restarted.
        os.setsid()
        os.write(self._says, _TAKEN)
        for handle in (self._said, self._says, self._woken):
            os.close(handle)
        self._listener.close()
        try:
            line.sendall(os.getpid().to_bytes(front.HELLO, "little"))
        except OSError:
            os._exit(0)  # It was waited for in vain; the line is being run there.
        Becoming(line, self._var, self._rights).run()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
