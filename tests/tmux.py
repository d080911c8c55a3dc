"""A tmux of a test's own: its sockets lie in a folder of its own, and its servers end with it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

NEEDED = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


@dataclass(frozen=True)
class Tmux:
    """Sees and does what a person would, by hand.

    Attributes:
        folder: where sockets lie.
        home: the home of whoever sits there.
        label: the name of the server's socket; the usual one if empty.
    """

    folder: Path
    home: Path
    label: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """What finds it, and nothing of the machine's own."""
        return {
            "HOME": str(self.home),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "SHELL": "/bin/sh",
            "LANG": "C.UTF-8",
            "TMUX_TMPDIR": str(self.folder),
        }

    def other(self, label: str) -> Tmux:
        """Another server of the same person."""
        return Tmux(self.folder, self.home, label)

    def ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs a command, whatever comes of it."""
        label = ["-L", self.label] if self.label else []
        done = subprocess.run(
            ["tmux", "-u", *label, *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        said, failed = done.stdout.decode(), done.stderr.decode()
        return subprocess.CompletedProcess(words, done.returncode, said, failed)

    def do(self, *words: str) -> str:
        """Runs a command that must succeed; what it printed."""
        done = self.ask(*words)
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout.removesuffix("\n")

    @property
    def sessions(self) -> list[str]:
        """The names of all sessions; none where no server runs."""
        return sorted(self.ask("list-sessions", "-F", "#{session_name}").stdout.split("\n")[:-1])

    def shown(self, session: str) -> str:
        """What the session's pane shows."""
        return self.do("capture-pane", "-p", "-J", "-t", f"={session}:")

    def end(self) -> None:
        """Ends the server, if one runs."""
        self.ask("kill-server")


@contextmanager
def own(home: Path) -> Iterator[Tmux]:
    """A person's tmux that is nobody else's; all its servers end with it."""
    # Sockets have short paths, and folders of tests have long ones.
    with tempfile.TemporaryDirectory(prefix="tmux") as folder:
        made = Tmux(Path(folder), home)
        try:
            yield made
        finally:
            for socket in Path(folder).glob("tmux-*/*"):
                made.other(socket.name).end()
