"""A shell at a real terminal: a pane of tmux that one types into and looks at."""

from __future__ import annotations

import itertools
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

from tests.integration.conftest import eventually

THRUM = shlex.join([sys.executable, "-m", "thrum"])
NAME = "shell"


class Terminal:
    """One shell in one pane."""

    def __init__(self, tmux: Callable[..., str], folder: Path, columns: int = 80) -> None:
        self._tmux = tmux
        self._numbers = itertools.count(1)
        size = ("-x", str(columns), "-y", "50")
        tmux("new-session", "-d", "-s", NAME, *size, "-c", str(folder), "env PS1='% ' ENV= sh")
        self.shows("%")

    def press(self, *keys: str) -> None:
        """Keys by the names that tmux has for them; anything else as it is."""
        self._tmux("send-keys", "-t", NAME, *keys)

    def thrum(self, line: str, before: str = "") -> None:
        """Begins a command on an empty screen; `code` says how it ended."""
        number = next(self._numbers)
        self.press("-l", f"clear; echo now {number}; {before} {THRUM} {line}; echo code $?")
        self.press("Enter")
        self.shows(f"\nnow {number}\n")  # what stood there before is gone

    def code(self) -> int:
        """The exit code of the command, once it has ended."""
        ended = re.compile(r"^code (\d+)$", re.M)
        self._until(lambda: bool(ended.search(self.screen("-J"))))
        return int(ended.findall(self.screen("-J"))[-1])

    def modes(self) -> str:
        """The modes of the terminal, as the shell finds them."""
        number = next(self._numbers)
        self.press("-l", f"clear; stty -g; echo was {number}")
        self.press("Enter")
        self.shows(f"\nwas {number}\n")
        return self.screen().partition("\nwas")[0].strip()

    def screen(self, *flags: str) -> str:
        """What stands there; with -e, the colours too; with -J, lines that were broken in one."""
        shown = self._tmux("capture-pane", "-p", *flags, "-t", NAME)
        return "".join(f"{line.rstrip()}\n" for line in shown.splitlines())

    def shows(self, text: str, times: int = 1) -> None:
        """Waits until it stands there that many times."""
        self._until(lambda: f"\n{self.screen('-J')}".count(text) >= times)

    def _until(self, holds: Callable[[], bool]) -> None:
        try:
            eventually(holds, 60)
        except AssertionError:
            raise AssertionError(self.screen()) from None

    def resize(self, columns: int) -> None:
        """As somebody who drags the window's edge."""
        self._tmux("resize-window", "-t", NAME, "-x", str(columns), "-y", "50")
