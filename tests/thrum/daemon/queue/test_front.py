"""Who has a terminal, and whether he waits for somebody to type: by real programs."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from thrum.daemon.queue import front as fronts
from thrum.daemon.queue.front import Front
from thrum.daemon.tmux.panes import Pane

LONG_S = 60.0
EDITING = [each for each in ("bash", "zsh", "fish") if shutil.which(each)]


class Screen:
    """A program with a terminal of its own."""

    def __init__(self, hands: int, pane: Pane) -> None:
        self._hands = hands
        self._pane = pane

    def type(self, text: str) -> None:
        os.write(self._hands, text.encode())

    def look(self) -> Front | None:
        try:  # what it writes has to go somewhere
            os.read(self._hands, 65536)
        except BlockingIOError:
            pass
        return fronts.look(self._pane)

    def until(self, holds: Callable[[Front], bool]) -> Front:
        end = time.monotonic() + LONG_S
        while time.monotonic() < end:
            found = self.look()
            if found is not None and holds(found):
                return found
            time.sleep(0.01)
        raise AssertionError(f"it stays {self.look()}")


@contextmanager
def running(*argv: str, home: Path) -> Iterator[Screen]:
    hands, screen = pty.openpty()
    os.set_blocking(hands, False)
    tty = os.ttyname(screen)
    child = subprocess.Popen(
        ["setsid", "-c", *argv],
        stdin=screen,
        stdout=screen,
        stderr=screen,
        cwd=home,
        env={"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "screen", "PS1": "$ "},
    )
    name = Path(argv[0]).name
    pane = Pane("$1", "%1", 0, 0, False, False, child.pid, 0, "a", name, "/", "", "", tty=tty)
    try:
        yield Screen(hands, pane)
    finally:
        child.kill()
        child.wait()
        os.close(screen)
        os.close(hands)


def at_prompt(found: Front) -> bool:
    return fronts.waits_for_command(found)


@pytest.mark.parametrize("shell", EDITING)
def test_a_shell_at_its_prompt_is_known(shell: str, tmp_path: Path) -> None:
    (tmp_path / ".zshrc").write_text("#\n")
    with running(shell, "-i", home=tmp_path) as screen:
        before = screen.until(at_prompt)
        assert (before.name, before.is_edited) == (shell, True)
        screen.type("sleep 600\r")
        found = screen.until(lambda each: each.name == "sleep")
        assert not found.is_edited
        screen.type("\x03")
        after = screen.until(at_prompt)
        assert after.pid == before.pid
        assert after.read >= before.read + len("sleep 600\r")


@pytest.mark.parametrize("builtin", ["read x", "while :; do :; done"])
def test_a_shell_at_work_does_not_wait_though_it_is_in_front(builtin: str, tmp_path: Path) -> None:
    with running("bash", "--norc", "-i", home=tmp_path) as screen:
        first = screen.until(at_prompt)
        screen.type(f"{builtin}\r")
        found = screen.until(lambda each: each.read > first.read and not each.is_edited)
        assert (found.pid, at_prompt(found)) == (first.pid, False)


def test_of_a_shell_without_an_editor_it_is_known_that_it_is_no_script(tmp_path: Path) -> None:
    (tmp_path / "script").write_text("read x\n")
    with running("sh", "-i", home=tmp_path) as screen:
        assert screen.until(at_prompt).name in {"sh", "dash"}
    with running("sh", "script", home=tmp_path) as screen:
        assert not at_prompt(screen.until(lambda each: each.waits))
    with running("bash", "script", home=tmp_path) as screen:
        assert not at_prompt(screen.until(lambda each: each.waits))


def test_what_was_typed_and_not_read_is_seen(tmp_path: Path) -> None:
    with running("sleep", "600", home=tmp_path) as screen:
        screen.until(lambda each: each.name == "sleep" and each.waits)
        screen.type("a line\r")
        assert not screen.until(lambda each: not each.waits).waits


def test_of_what_is_not_there_nothing_is_known(tmp_path: Path) -> None:
    pane = Pane(
        "$1", "%1", 0, 0, False, False, 2**22 + 1, 0, "a", "sh", "/", "", "", tty="/dev/null"
    )
    assert fronts.look(pane) is None
    child = subprocess.Popen(["sleep", "600"])
    try:
        no_terminal = Pane(
            "$1", "%1", 0, 0, False, False, child.pid, 0, "a", "sh", "/", "", "", tty="/dev/null"
        )
        assert fronts.look(no_terminal) is None
    finally:
        child.kill()
        child.wait()
