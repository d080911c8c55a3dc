"""``thrum hook`` as a process: whatever happens, the session that started it goes on, and soon.

One reply is given, once: the command's, or the empty one where it fails, is ended, or is not done
in time. The process ends with 0 in each case. What went wrong is noted where ``thrum setup status``
and the daemon's log show it.

Nothing of ours is imported here but to say what went wrong, and little else, so that a module that
is missing or broken is one more thing that may go wrong.
"""

from __future__ import annotations

import _thread
import io
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NoReturn

from thrum.cli.deadline import Deadline

DEADLINE_S: Final = 0.25
"""From our first line to our end. The interpreter and the launcher come before it, within 300 ms
in all."""

LISTEN_S: Final = 0.08
"""In which what the runtime says on stdin must have ended; whoever leaves it open said nothing."""

RESERVE_S: Final = 0.08
"""What is left for composing a reply when the daemon does not answer."""

NOTE_S: Final = 0.03
"""For a note of what went wrong, after the reply was given."""

MOST: Final = 1_048_576
"""Bytes of stdin that are kept; what is longer is no event that we know."""

SILENCES: Final = {
    "amp": "{}",
    "auggie": "{}",
    "claude": "",
    "cli-only": "",
    "codex": "{}",
    "copilot": "{}",
    "cursor": "{}",
    "gemini": "{}",
    "kiro-cli": "",
    "opencode": "{}",
    "qwen": "{}",
    "shell": "",
}
"""The empty reply of each runtime, as its adapter has it."""

_PIECE: Final = 65_536
_MOST_SAID: Final = 2_000
_ENDS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Reply(io.StringIO):
    """Where a command writes its reply, which leaves when it is flushed."""

    def __init__(self, call: Call) -> None:
        super().__init__(newline="")
        self._call = call

    def flush(self) -> None:
        """Gives the reply, so that whoever flushed knows that it has got out.

        Raises:
            OSError: it has not: another one was given, or nobody reads.
        """
        if self.closed or not self.getvalue():
            return
        if not self._call.give(self.getvalue()):
            raise BrokenPipeError("the reply comes too late")
        self.seek(0)
        self.truncate()

    def fileno(self) -> int:
        """Standard output, where it goes."""
        return 1


class Call:
    """One call of a hook.

    Attributes:
        event, runtime: what the words of the line say; empty where they say nothing.
        reply: where the command writes its reply.
        said: what else it says, for people.
        deadline: until when it may go on.
        log: tells the path of the daemon's log; None while nobody knows it.

    Args:
        words: the line behind ``hook``.
        leave: ends the process with a status.
    """

    def __init__(self, words: Sequence[str], leave: Callable[[int], NoReturn]) -> None:
        self._leave = leave
        self.event, self.runtime = _event(words), _runtime(words)
        self.reply = Reply(self)
        self.said = io.StringIO()
        self.log: Callable[[], Path | None] = lambda: None
        self.deadline = Deadline(DEADLINE_S)
        self._given = _thread.allocate_lock()

    def give(self, text: str) -> bool:
        """Gives the reply, unless one was given.

        Raises:
            OSError: nobody reads it.
        """
        if not self._given.acquire(blocking=False):
            return False
        _write(text.encode(errors="replace"))
        return True

    def end(self, trouble: str = "") -> NoReturn:
        """Gives the empty reply where none was given, notes what went wrong, and ends all."""
        try:
            self.give(SILENCES.get(self.runtime, ""))
        except OSError as error:
            trouble = trouble or f"nobody takes the reply: {error.strerror}"
        if trouble:
            done = _thread.allocate_lock()
            done.acquire()
            _thread.start_new_thread(self._note, (trouble, done))
            done.acquire(timeout=NOTE_S)
        self._leave(0)

    def watch(self) -> None:
        """Ends all at the deadline."""
        self.deadline.pass_by()
        self.end(f"it was not done after {self.deadline.allowed * 1000:.0f} ms")

    def ended(self, number: int, _frame: object) -> None:
        """Ends all because of a signal."""
        self.end(f"it was ended by {signal.Signals(number).name}")

    def listen(self) -> str:
        """What the runtime says on stdin; nothing where that does not end or cannot be read."""
        kept = bytearray()
        limit = time.monotonic() + min(LISTEN_S, max(self.deadline.left() / 3, 0))
        try:
            if os.isatty(0):
                return ""
            while select.select([0], [], [], max(limit - time.monotonic(), 0))[0]:
                piece = os.read(0, _PIECE)
                if not piece:
                    return kept.decode(errors="replace")
                if len(kept) <= MOST:
                    kept += piece
                if time.monotonic() > limit:
                    break
        except (OSError, ValueError):
            return ""  # there is none
        self.said.write("what the runtime says on stdin does not end\n")
        return ""

    def _note(self, trouble: str, done: _thread.LockType) -> None:
        try:
            text = f"{self.event}: {trouble}"
            sys.stderr.write(f"thrum: {text}\n")
            sys.stderr.flush()
            if self.runtime in SILENCES:
                from thrum.setup import fired

                fired.failed(Path(os.environ.get("HOME") or "/"), self.runtime, text)
            log = self.log()
            if log is not None:
                _append(log, f"{self.runtime} {text}")
        except Exception:  # noqa: BLE001 -- the session goes on, also where nothing can be noted
            return
        finally:
            done.release()


def run(command: Callable[[Call], int], leave: Callable[[int], NoReturn]) -> NoReturn:
    """Runs the command of this process for a call, and ends the process.

    Args:
        command: given the call, runs it and returns the exit code; what it raises went wrong.
        leave: ends the process with a status.
    """
    call = Call(sys.argv[2:], leave)
    _thread.start_new_thread(call.watch, ())
    for number in _ENDS:
        signal.signal(number, call.ended)
    try:
        code = command(call)
        if not code:
            call.reply.flush()
    except BaseException as error:  # noqa: BLE001 -- whatever it is, the session goes on
        call.end(f"{type(error).__name__}: {error}")
    said = " ".join(call.said.getvalue()[:_MOST_SAID].split())
    call.end(said if code or said else "")


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def _event(words: Sequence[str]) -> str:
    found = [each for each in words[:1] if not each.startswith("-")]
    return found[0][:80] if found else ""


def _runtime(words: Sequence[str]) -> str:
    for number, word in enumerate(words):
        if word == "--runtime":
            return "".join(words[number + 1 : number + 2])
        if word.startswith("--runtime="):
            return word.partition("=")[2]
    return ""


def _append(log: Path, text: str) -> None:
    """Adds a line to the daemon's log, if there is one, in one write."""
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    line = f"{moment}.000Z WARNING thrum.hook: {' '.join(text.split())}\n"
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        os.write(handle, line.encode(errors="replace"))
    finally:
        os.close(handle)
