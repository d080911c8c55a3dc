"""A person at a terminal of her own, who looks at a session and presses keys there."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import threading
from collections.abc import Iterator

from tests.tmux import Tmux


class Person:
    """Types by what a terminal is given."""

    def __init__(self, keys: int) -> None:
        self._keys = keys

    def type(self, text: str) -> None:
        """Presses keys."""
        os.write(self._keys, text.encode())


@contextlib.contextmanager
def attached(tmux: Tmux, session: str) -> Iterator[Person]:
    """Somebody who looks at a session."""
    hands, screen = pty.openpty()
    environment = {**tmux.environment, "TERM": "xterm"}
    argv = ["tmux", "attach-session", "-t", f"={session}"]
    with subprocess.Popen(argv, env=environment, stdin=screen, stdout=screen) as client:
        os.close(screen)
        reader = threading.Thread(target=_read, args=(hands,))
        reader.start()
        try:
            yield Person(hands)
        finally:
            client.terminate()
            client.wait(20)
            reader.join(20)
            os.close(hands)


def _read(hands: int) -> None:
    """Takes in what is drawn, so that nothing is held up."""
    with contextlib.suppress(OSError):  # the terminal has ended
        while os.read(hands, 65536):
            pass
