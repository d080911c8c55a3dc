"""``thrum demo``: the whole of Thrum in a temporary folder, told as it happens.

A bare remote, two clones with a daemon each, an agent in each, messages both ways through git.
Nothing outside the folder is touched and no process is left behind, Ctrl-C included.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn

from thrum.errors import ThrumError

STEP_LIMIT_S: Final = 15.0
STOP_LIMIT_S: Final = 6.0

Say = Callable[[str], None]
"""Shows one line."""

_ROLES: Final = {"furiosa": "implementer", "nux": "reviewer"}


@dataclass
class Demo:
    """One run in its folder.

    Attributes:
        folder: everything is below it, HOME too.
        environment: what every process gets.
        say: shows one line.
        missing: messages that should have arrived and did not.
    """

    folder: Path
    environment: dict[str, str]
    say: Say
    missing: list[str] = field(default_factory=list)

    def run(self, *argv: str, cwd: Path) -> str:
        """Runs a program and returns what it printed.

        Raises:
            ThrumError: ``internal``, it failed or did not end.
        """
        try:
            done = subprocess.run(
                argv,
                cwd=cwd,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=STEP_LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ThrumError("internal", f"`{' '.join(argv)}` did not end") from None
        if done.returncode:
            words = (done.stderr or done.stdout).strip()
            raise ThrumError("internal", f"`{' '.join(argv)}` failed: {words}")
        return done.stdout

    def git(self, *arguments: str, cwd: Path) -> str:
        """Runs git, silently."""
        return self.run("git", *arguments, cwd=cwd)

    def thrum(self, clone: Path, *arguments: str, show: bool = True) -> str:
        """Runs a command in a clone as its agent would, and shows both."""
        output = self.run(sys.executable, "-P", "-m", "thrum", *arguments, cwd=clone)
        if show:
            typed = " ".join(f'"{a}"' if " " in a else a for a in arguments)
            self.say(f"{clone.name}$ thrum {typed}")
            for line in output.splitlines():
                self.say(f"    {line}")
        return output

    def clones(self) -> tuple[Path, Path]:
        """The remote and two clones of it, each with a daemon and an agent."""
        remote = self.folder / "remote.git"
        self.git("init", "-q", "--bare", str(remote), cwd=self.folder)
        self.say("A bare remote, and two clones of it on two machines, say.")
        made = []
        for agent, role in _ROLES.items():
            clone = self.folder / f"{agent}s-clone"
            self.git("clone", "-q", str(remote), str(clone), cwd=self.folder)
            self.thrum(clone, "init", "--non-interactive")
            self.thrum(clone, "quickstart", agent, "--role", role, "--module", "engine")
            made.append(clone)
        return made[0], made[1]

    def sync(self, *clones: Path) -> None:
        """Exchanges the branch, from one clone after the other."""
        for clone in clones:
            self.thrum(clone, "sync", "force", show=False)
        names = " → ".join(clone.name for clone in clones)
        self.say(f"... git carries the branch a-sync: {names}")

    def expect(self, clone: Path, *texts: str) -> None:
        """Shows the inbox of a clone's agent and notes the messages that are not there."""
        found = self.thrum(clone, "inbox", "--unread", "--json", show=False)
        self.thrum(clone, "inbox")
        messages: list[dict[str, Any]] = json.loads(found)["messages"]
        arrived = {message["body"]["content"] for message in messages}
        self.missing += [text for text in texts if text not in arrived]


def story(demo: Demo) -> None:
    """What happens, in order."""
    first, second = demo.clones()
    demo.sync(first, second, first)
    question = "The fuel line leaks at the third valve. Can you look?"
    demo.thrum(first, "send", question, "--to", "@nux")
    demo.sync(first, second)
    demo.expect(second, question)
    answer = "Witnessed. The valve is welded shut; try it now."
    demo.thrum(second, "send", answer, "--to", "@furiosa")
    news = "To everyone: I ride at dawn."
    demo.thrum(second, "send", news)
    demo.sync(second, first)
    demo.expect(first, answer, news)
    demo.say(f"{first.name}$ git log --oneline a-sync")
    for line in demo.git("log", "--oneline", "a-sync", cwd=first).splitlines():
        demo.say(f"    {line}")
    demo.say(f"{first.name}$ git show a-sync:messages/nux.jsonl | head -1")
    line = demo.git("show", "a-sync:messages/nux.jsonl", cwd=first).splitlines()[0]
    demo.say(f"    {line[:150]}…")


def play(environment: Mapping[str, str], say: Say) -> bool:
    """Plays the demo and cleans up; whether every message arrived.

    Raises:
        ThrumError: ``internal``, a step failed.
        KeyboardInterrupt: somebody stopped it; everything is cleaned up.
    """
    start = time.monotonic()
    with _folder() as folder:
        demo = Demo(folder, _clean(environment, folder), say)
        story(demo)
    took = time.monotonic() - start
    for text in demo.missing:
        say(f"MISSING: {text}")
    if not demo.missing:
        say(f"All messages arrived, in {took:.1f} s. Daemons stopped, folder removed.")
    return not demo.missing


def _clean(environment: Mapping[str, str], folder: Path) -> dict[str, str]:
    """An environment of its own: another HOME, no settings of the user's, no other agent's name."""
    kept = {k: v for k, v in environment.items() if not k.startswith(("THRUM_", "GIT_"))}
    home = folder / "home"
    home.mkdir()
    return kept | {
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "THRUM_LOCAL_ONLY": "false",
        "NO_COLOR": "1",
    }


@contextmanager
def _folder() -> Iterator[Path]:
    """A temporary folder; at the end its daemons are stopped and it goes away, whatever happens."""
    folder = Path(tempfile.mkdtemp(prefix="thrum-demo-")).resolve()
    before = signal.signal(signal.SIGTERM, _interrupted)
    try:
        yield folder
    finally:
        # A second Ctrl-C must not leave daemons behind.
        interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
        _end_daemons(folder)
        shutil.rmtree(folder, ignore_errors=True)
        signal.signal(signal.SIGINT, interrupt)
        signal.signal(signal.SIGTERM, before)


def _end_daemons(folder: Path) -> None:
    """Ends every daemon of the folder, also one that was being started a moment ago."""
    import psutil

    def mine() -> list[psutil.Process]:
        return [
            process
            for process in psutil.process_iter(["cmdline"])
            if any(str(folder) in word for word in process.info["cmdline"] or ())
            and process.pid != os.getpid()
        ]

    while found := mine():
        for process in found:
            with suppress(psutil.NoSuchProcess):  # it has ended by itself meanwhile
                process.terminate()
        _, left = psutil.wait_procs(found, timeout=STOP_LIMIT_S)
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()


def _interrupted(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
