"""Records what real clients show, for ``fixtures/panes/``.

``python -m tests.clients.recording [CLIENT…]`` writes the screens of these clients anew, or of all,
and says what is read from each. Somebody looks at what changed before it is committed.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.clients import install
from tests.clients.desk import Desk, desk
from tests.clients.model import Say, Use
from tests.clients.programs import PROGRAMS, Program, named
from tests.clients.screen import Screen, screen
from tests.panes import PANES, Pane
from thrum.runtimes.screens.reading import read
from thrum.runtimes.screens.screen import Kind, Prompt
from thrum.runtimes.screens.shown import Shown

ROOT: Final = Path("/tmp/panes")
LINE: Final = "half a line"
_PATIENCE_S: Final = 90.0
_SLOW_S: Final = 12.0
_VERSIONS: Final = Path(__file__).with_name("package.json")


def allowed_in(desk: Desk, file: str, does: Callable[[Any], object]) -> None:
    """Changes a client's settings."""
    path = desk.home / file
    document = json.loads(path.read_text())
    does(document)
    path.write_text(json.dumps(document))


def nothing(_desk: Desk) -> None:
    """No settings are changed."""


def claude_trusts_none(desk: Desk) -> None:
    allowed_in(desk, ".claude.json", lambda found: found.pop("projects"))


def codex_trusts_none(desk: Desk) -> None:
    path = desk.home / ".codex" / "config.toml"
    path.write_text(path.read_text().partition("[projects")[0])


def gemini_trusts_none(desk: Desk) -> None:
    desk.env.pop("GEMINI_CLI_TRUST_WORKSPACE")
    trusts = {"enabled": True}
    allowed_in(
        desk, ".gemini/settings.json", lambda found: found["security"].update(folderTrust=trusts)
    )


def qwen_trusts_none(desk: Desk) -> None:
    trusts = {"enabled": True}
    allowed_in(
        desk, ".qwen/settings.json", lambda found: found["security"].update(folderTrust=trusts)
    )


def opencode_asks(desk: Desk) -> None:
    asks = {"bash": "ask", "edit": "ask"}
    allowed_in(desk, ".config/opencode/opencode.json", lambda found: found.update(permission=asks))


@dataclass(frozen=True)
class Play:
    """How a client is brought to show things.

    Attributes:
        line: what begins it at a terminal.
        uses: calls of tools that it asks leave for, each of which makes the file ``made``.
        asks: has it ask.
        untrusting: has it ask whether the folder is trusted; None where it never does.
    """

    line: tuple[str, ...]
    uses: tuple[Use, ...]
    asks: Callable[[Desk], None] = nothing
    untrusting: Callable[[Desk], None] | None = None


_MAKES: Final = {"command": "touch made", "description": "make a file"}
PLAYS: Final = {
    "claude": Play(
        ("claude",),
        (
            Use("Bash", _MAKES),
            Use("Write", {"file_path": str(ROOT / "repo" / "made"), "content": "it is made\n"}),
        ),
        untrusting=claude_trusts_none,
    ),
    "codex": Play(
        # Its server in the background would outlast it.
        ("codex", "--no-daemon"),
        (
            Use(
                "exec_command",
                {
                    "cmd": "touch made",
                    "sandbox_permissions": "require_escalated",
                    "justification": "it is wanted",
                },
            ),
        ),
        untrusting=codex_trusts_none,
    ),
    "qwen": Play(
        ("qwen",),
        (Use("run_shell_command", {"command": "touch made", "is_background": False}),),
        untrusting=qwen_trusts_none,
    ),
    "gemini": Play(
        ("gemini", "-m", "gemini-2.5-flash"),
        (Use("run_shell_command", _MAKES),),
        untrusting=gemini_trusts_none,
    ),
    "opencode": Play(("opencode",), (Use("bash", _MAKES),), asks=opencode_asks),
}


@dataclass
class Recorder:
    """Writes the screens of one client."""

    program: Program
    folder: Path
    seen: Screen
    desk: Desk

    def settled(self) -> Shown:
        """What is there when nothing moves, or a spinner alone."""
        before, now = None, self.seen.shown
        for _ in range(10):
            if now == before:
                break
            time.sleep(1)
            before, now = now, self.seen.shown
        return now

    def until(self, *kinds: Kind) -> Shown:
        """What is there when it is one of these and stays so."""
        end = time.monotonic() + _PATIENCE_S
        while time.monotonic() < end:
            if read(self.program.name, self.seen.shown).kind in kinds:
                time.sleep(1)
                found = self.seen.shown
                if read(self.program.name, found).kind in kinds:
                    return found
            time.sleep(0.3)
        sys.stdout.write(f"  it never came to {kinds}\n")
        return self.seen.shown

    def keep(self, name: str, shown: Shown) -> None:
        """Writes a screen."""
        Pane(self.program.name, self.folder.name, name, shown).write()
        found = read(self.program.name, shown)
        sys.stdout.write(f"  {name}: {found.kind.name} {found.prompt or ''}\n")
        sys.stdout.flush()

    def type(self, text: str) -> None:
        """A text, and no key that ends it; a client that only begins loses keys."""
        for _ in range(5):
            self.seen.type("-l", text)
            time.sleep(1.5)
            if text in self.seen.shown.text:
                return

    def say(self, text: str) -> None:
        """A line, sent off."""
        self.type(text)
        self.seen.type("Enter")

    def clear(self, length: int) -> None:
        """Takes back what was typed."""
        self.seen.type("End", *["BSpace"] * length)
        time.sleep(1)

    def line(self) -> None:
        """The line, empty and with something in it."""
        self.until(Kind.IDLE)
        self.keep("idle-first", self.settled())
        self.type(LINE)
        self.keep("typed", self.settled())
        self.seen.type("Home")
        self.keep("typed-home", self.settled())
        self.clear(len(LINE))
        self.keep("idle-cleared", self.until(Kind.IDLE))
        self.type("/")
        self.keep("commands", self.settled())
        self.seen.type("BSpace")
        time.sleep(1)
        self.seen.type("Escape")
        self.until(Kind.IDLE)

    def turn(self) -> None:
        """A turn that takes a while."""
        self.desk.model.steps.append(Say("hello there, it is done", after=_SLOW_S))
        self.say("say hello")
        self.keep("busy", self.until(Kind.BUSY))
        self.type("meanwhile")
        self.keep("busy-typed", self.seen.shown)
        self.clear(len("meanwhile"))
        self.seen.wait("it is done")
        self.keep("idle-after", self.until(Kind.IDLE))

    def ask(self, use: Use, name: str) -> None:
        """A dialog, denied; again, allowed; and again, for it was allowed once."""
        made = self.desk.repo / "made"
        self.desk.model.steps += [use, Say("so be it")]
        self.say("make the file")
        shown = self.until(Kind.PERMISSION)
        self.keep(name, shown)
        self._press(shown, lambda prompt: prompt.deny)
        self.keep(f"idle-denied-{name}", self.until(Kind.IDLE))
        assert not made.exists(), "what was denied was done"
        for _ in range(2):
            self.desk.model.steps[:] = [use, Say("it is made now")]
            self.say("make the file")
            self._press(self.until(Kind.PERMISSION), lambda prompt: prompt.approve)
            self.until(Kind.IDLE)
            assert made.exists(), "what was allowed was not done"
            made.unlink()
        self.keep(f"idle-approved-{name}", self.until(Kind.IDLE))

    def _press(self, shown: Shown, keys: Callable[[Prompt], tuple[str, ...] | None]) -> None:
        prompt = read(self.program.name, shown).prompt
        assert prompt, shown.text
        for key in keys(prompt) or ():
            self.seen.type(key)

    def menu(self) -> None:
        """A menu that a command opens."""
        self.say("/model")
        time.sleep(2)
        self.keep("menu", self.settled())
        self.seen.type("Escape")
        self.keep("idle-again", self.until(Kind.IDLE))


@contextmanager
def sitting(program: Program) -> Iterator[Desk]:
    """The place that screens show, made anew."""
    shutil.rmtree(ROOT, ignore_errors=True)
    ROOT.mkdir()
    try:
        with desk(ROOT, install.programs()) as found:
            found.connect(program)
            yield found
    finally:
        shutil.rmtree(ROOT, ignore_errors=True)


def record(program: Program) -> None:
    """Writes what one client shows."""
    play, version = PLAYS[program.name], version_of(program)
    folder = PANES / program.name / version
    sys.stdout.write(f"{program.name} {version}\n")
    shutil.rmtree(folder.parent, ignore_errors=True)
    with sitting(program) as at:
        play.asks(at)
        with screen(at, *play.line) as seen:
            recorder = Recorder(program, folder, seen, at)
            recorder.line()
            recorder.turn()
            for number, use in enumerate(play.uses, 1):
                recorder.ask(use, f"permission-{number}")
            recorder.menu()
    if play.untrusting is None:
        return
    with sitting(program) as at:
        play.untrusting(at)
        with screen(at, *play.line) as seen:
            recorder = Recorder(program, folder, seen, at)
            recorder.keep("gate", recorder.until(Kind.GATE))


def version_of(program: Program) -> str:
    """Its version, as it is pinned."""
    pinned = json.loads(_VERSIONS.read_text())["dependencies"]
    found = [version for name, version in pinned.items() if program.name in name]
    return str(found[0])


if __name__ == "__main__":
    for name in sys.argv[1:] or [each.name for each in PROGRAMS]:
        record(named(name))
