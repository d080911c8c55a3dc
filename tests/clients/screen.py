"""A client at a terminal: what it shows, and keys for it."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.clients.desk import Desk
from thrum.runtimes.screens.shown import Cursor, Shown

_SIZE: Final = ("-x", "140", "-y", "50")
_PATIENCE_S: Final = 120
_MOST_LOOKS: Final = 20
"""After so many something moves for ever, such as a clock."""

_SESSION: Final = "client"


@dataclass(frozen=True)
class Screen:
    """A terminal of its own.

    Attributes:
        tmux: the beginning of each line for its tmux.
        texts: what was seen so far, each different picture once.
        session: the name of its session.
    """

    tmux: tuple[str, ...]
    texts: list[str]
    session: str = _SESSION

    @property
    def text(self) -> str:
        """What stands there, with what has gone off the top, without the ends of lines."""
        shown = self._do("capture-pane", "-p", "-J", "-S", "-", "-t", self.session)
        found = "\n".join(line.rstrip() for line in shown.splitlines() if line.strip())
        if found not in self.texts:
            self.texts.append(found)
        return found

    @property
    def shown(self) -> Shown:
        """What stands there now, with the cursor."""
        cursor = self._do("display-message", "-p", "-t", self.session, "#{cursor_y} #{cursor_x}")
        row, column = map(int, cursor.split())
        return Shown.of(self._do("capture-pane", "-p", "-t", self.session), Cursor(row, column))

    def type(self, *keys: str) -> None:
        """Keys by tmux's names, or texts."""
        self._do("send-keys", "-t", self.session, *keys)

    def say(self, text: str) -> None:
        """A line, sent off when it stands there with what a client shows to it."""
        self.type(text)
        self.wait(text)
        self.press("Enter")

    def press(self, *keys: str) -> None:
        """Keys, one after the other, each when nothing moves any more; earlier ones may be lost."""
        for key in keys:
            before, now = "", self.text
            for _ in range(_MOST_LOOKS):
                if now == before:
                    break
                time.sleep(0.5)
                before, now = now, self.text
            self.type(key)

    def wait(self, *texts: str) -> str:
        """The picture in which one of these stands, when it is there."""
        end = time.monotonic() + _PATIENCE_S
        while time.monotonic() < end:
            found = self.text
            if any(each in found for each in texts):
                return found
            time.sleep(0.2)
        raise AssertionError(f"none of {texts} came:\n{self.text}")

    def _do(self, *argv: str) -> str:
        done = subprocess.run([*self.tmux, *argv], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@contextmanager
def screen(desk: Desk, *argv: str, socket: Path | None = None) -> Iterator[Screen]:
    """A client in the desk's repository, at a terminal that ends with the block.

    Args:
        desk: where.
        argv: what begins the client.
        socket: where the tmux listens. The client knows of it then, and its session is called
            like the repository, as one in which an agent lives.
    """
    program = shutil.which("tmux")
    if program is None:
        pytest.skip("tmux is missing")
    place = socket or desk.home / f"tmux-{desk.repo.name}"
    tmux = (program, "-S", str(place), "-f", "/dev/null")
    # Without these it takes itself to be at no terminal, or at one without colours.
    env = {**desk.env, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    env.pop("CI", None)
    line = ["env", "-i", *(f"{name}={value}" for name, value in env.items()), *argv]
    if socket:
        known = 'exec env -i TMUX="$TMUX" TMUX_PANE="$TMUX_PANE" "$@"'
        line = ["sh", "-c", known, "sh", *line[2:]]
    session = desk.repo.name if socket else _SESSION
    where = ("-s", session, "-c", str(desk.repo))
    subprocess.run([*tmux, "new-session", "-d", *_SIZE, *where, *line], check=True)
    subprocess.run([*tmux, "set-option", "-g", "remain-on-exit", "on"], check=True)
    try:
        yield Screen(tmux, [], session)
    finally:
        subprocess.run([*tmux, "kill-server"], check=False, capture_output=True)
