"""``thrum hook … --wake`` as a process: nothing but mail is said, and nothing else wakes a session.

Runtimes begin a turn by how such a process ends. So a refusal, a line that is not understood or a
defect end it as if nothing had come.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Final, NoReturn

STDERR: Final = 2


class Said(io.StringIO):
    """Where a text is written that leaves only when it is flushed.

    Args:
        handle: the descriptor to which it goes.
    """

    def __init__(self, handle: int) -> None:
        super().__init__(newline="")
        self._handle = handle
        self.has_left = False

    def flush(self) -> None:
        """Writes it out.

        Raises:
            OSError: nobody reads it.
        """
        data = self.getvalue().encode(errors="replace")
        self.seek(0)
        self.truncate()
        while data:
            data = data[os.write(self._handle, data) :]
            self.has_left = True

    def fileno(self) -> int:
        """The descriptor."""
        return self._handle


def run(command: Callable[[Said], int]) -> NoReturn:
    """Runs the command of this process and ends the process.

    Args:
        command: given what is its stderr, runs it and returns the exit code.
    """
    said = Said(STDERR)
    try:
        code = command(said)
    except BaseException:  # noqa: BLE001 -- whatever it is, it is no reason to begin a turn
        code = 0
    os._exit(code if said.has_left else 0)
