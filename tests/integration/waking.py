"""A process that waits below an agent program until its session is to be woken."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

from tests.integration.program import THRUM, Program

_NUMBERS = count()


def eventually(holds: Callable[[], object], limit: float = 60) -> None:
    """Waits until it holds; the limit only ends a test that would hang."""
    end = time.monotonic() + limit
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


class Waker:
    """What a runtime starts at the end of a turn, and lets go on in the background.

    Args:
        program: the agent program.
        cwd: where it works.
        event: by which name of an event it is started.
        runtime: the runtime.
        session: its session.
    """

    def __init__(
        self,
        program: Program,
        cwd: Path,
        event: str = "Stop",
        runtime: str = "claude",
        session: str = "s1",
        variables: str = "CLAUDE_CODE_ENTRYPOINT=cli",
    ) -> None:
        base = program.link.parent / f"waker{next(_NUMBERS)}"
        self._out, self._err, self._code, self._pid = (
            base.with_suffix(f".{each}") for each in ("out", "err", "code", "pid")
        )
        given = base.with_suffix(".in")
        given.write_text(json.dumps({"session_id": session, "session": session}))
        line = shlex.join([*THRUM, "hook", event, "--runtime", runtime, "--wake"])
        inner = (
            f"{variables} {line} <{given} >{self._out} 2>{self._err} & "
            f"echo $! >{self._pid}; wait $!; echo $? >{self._code}.new; "
            f"mv {self._code}.new {self._code}"
        )
        program.begin(cwd, "sh", "-c", inner)
        eventually(lambda: self._pid.exists() and self._pid.read_text().strip())

    @property
    def pid(self) -> int:
        """The number of the process that waits."""
        return int(self._pid.read_text())

    @property
    def has_ended(self) -> bool:
        """Whether it has ended."""
        return self._code.exists()

    def end(self) -> tuple[int, str, str]:
        """Its status, and what it said, when it has ended."""
        eventually(lambda: self.has_ended)
        return int(self._code.read_text()), self._out.read_text(), self._err.read_text()
