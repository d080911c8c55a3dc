"""Commands in real shells: when they are over, what they said, and what never gets a key."""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import anyio
import pytest
from msgspec.structs import replace

from tests.thrum.daemon.tmux.conftest import (
    anyio_backend,
    children,
    make,
    serve,
    server,
    thrum_dir,
    tmux,
)
from tests.tmux import NEEDED, Tmux
from thrum.daemon.queue.contract import MOST_BYTES, Done, Ended, bounded
from thrum.daemon.queue.pauses import Pauses
from thrum.daemon.queue.shell import Shell, is_there
from thrum.daemon.tmux.ages import Ages
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.server import Server
from thrum.daemon.tmux.typist import Typist
from thrum.errors import ThrumError

__all__ = ["anyio_backend", "children", "make", "serve", "server", "thrum_dir", "tmux"]
pytestmark = [pytest.mark.anyio, NEEDED]
LONG_S = 60.0
SHELLS = [found for each in ("bash", "sh", "zsh", "fish") if (found := shutil.which(each))]
Open = Callable[[str], Awaitable["Typed"]]


class Typed:
    """A pane in which a shell runs, and commands that are given to it."""

    def __init__(self, server: Server, tmux: Tmux, pane: Pane) -> None:
        self._server = server
        self.typist = Typist(server, Ages(time.time_ns, time.monotonic))
        self.tmux = tmux
        self.pane = pane
        self.known = ""

    def one(self) -> Shell:
        """Takes one command."""
        return Shell(self._server, self.typist, self.pane, self.known)

    async def ready(self) -> Shell:
        """As soon as something may be typed."""
        with anyio.fail_after(LONG_S):
            while await (made := self.one()).against():
                await anyio.sleep(0.02)
        return made

    async def run(self, text: str) -> Done:
        """A command from its beginning to its end."""
        return await self.end(await self.typed(text))

    async def typed(self, text: str) -> Shell:
        """A command that was typed as soon as that could be done."""
        while True:
            made = await self.ready()
            try:
                await made.type(text)
            except ThrumError as error:
                assert error.kind == "conflict"
                continue
            return made

    async def end(self, made: Shell) -> Done:
        """The end of a command that was typed."""
        with anyio.fail_after(LONG_S):
            done = await made.end()
        self.known = made.known
        return done

    def press(self, *keys: str) -> None:
        """What somebody else types."""
        self.tmux.do("send-keys", "-t", self.pane.id, *keys)

    async def until(self, shown: str) -> None:
        """Waits until the pane shows it."""
        with anyio.fail_after(LONG_S):
            while shown not in self.tmux.shown(self.pane.session):
                await anyio.sleep(0.02)


@pytest.fixture
async def opened(server: Server, tmux: Tmux, tmp_path: Path) -> AsyncIterator[Open]:
    """Makes a pane with a shell."""
    from thrum.daemon.tmux import making
    from thrum.daemon.tmux.making import Wanted

    (tmux.home / ".zshrc").write_text("#\n")

    async def opened(shell: str) -> Typed:
        pane = await making.make(server, Wanted("a", tmp_path))
        tmux.do("respawn-pane", "-k", "-t", pane.id, "-c", str(tmp_path), shell)
        found = next(each for each in await server.panes(fresh=True) if each.id == pane.id)
        return Typed(server, tmux, found)

    yield opened


@pytest.mark.parametrize("shell", SHELLS)
async def test_every_shell_says_when_and_how_it_ended(opened: Open, shell: str) -> None:
    typed = await opened(shell)
    assert await typed.run("true") == ("", 0)
    assert await typed.run("sh -c 'echo it is; exit 3'") == ("it is", 3)
    last = "$status" if shell.endswith("fish") else "$?"
    assert await typed.run(f"echo {last}") == ("3", 0)  # what came between has not changed it
    assert await typed.run("cd /; seq 3 | tail -2") == ("2\n3", 0)
    # The end of a job is told at a prompt, which some shells then draw anew.
    assert "beside" in (await typed.run("sleep 0.1 & echo beside")).output.split("\n")
    assert (await typed.run("wait")).exit_status == 0  # else it is told of below anything
    assert (await typed.run("clear")).exit_status == 0
    assert (await typed.run("echo after")).output.startswith("after")
    output, status = await typed.run("seq 2000")
    assert ("2000" in output.split("\n")[-3:], status) == (True, 0)  # a job may say that it ended
    assert len(output) <= MOST_BYTES
    assert (await typed.run("printf half")).output.startswith("half")


async def test_what_reads_gets_what_somebody_types_and_no_marker(opened: Open) -> None:
    typed = await opened("bash")
    made = await typed.typed("read -r line; echo got $line; cat")
    with anyio.move_on_after(0.5):
        await made.end()
    typed.press("an answer", "Enter")
    await typed.until("got an answer")
    with anyio.move_on_after(0.5):
        await made.end()
    typed.press("more", "Enter", "C-d")
    done = await typed.end(made)
    assert done == ("an answer\ngot an answer\nmore\nmore", 0)


@pytest.mark.parametrize("text", ["echo 'open", "echo (", "for x in 1 2; do", "cat <<END", "a \\"])
async def test_what_goes_on_is_not_over_and_ends_by_an_interrupt(opened: Open, text: str) -> None:
    typed = await opened("bash")
    made = await typed.typed(text)
    if text == "echo (":  # a fault of its own, which the shell says at once
        assert (await typed.end(made)).exit_status == 2
        return
    with anyio.move_on_after(0.5) as waited:
        await made.end()
    assert waited.cancelled_caught
    assert "rest of a command" in await typed.one().against()
    assert "thrum-" not in typed.tmux.shown("a")
    typed.press("C-c")
    assert (await typed.end(made)).exit_status == 130


async def test_an_interrupt_from_elsewhere_ends_it(opened: Open) -> None:
    typed = await opened("bash")
    made = await typed.typed("sleep 600")
    with anyio.move_on_after(0.3):
        await made.end()
    typed.press("C-c")
    assert (await typed.end(made)).exit_status == 130


async def test_a_shell_that_hides_the_marker_has_done_all_the_same(opened: Open) -> None:
    typed = await opened("bash --norc")
    assert await typed.run("echo before; stty -echo") == ("before", 0)
    assert await typed.run("echo unseen; (exit 3)") == ("unseen", 3)
    assert await typed.run("stty echo") == ("", 0)
    assert await typed.run("echo once; /bin/sh() { true; }") == ("once", None)
    assert (await typed.run("unset -f /bin/sh")).exit_status == 0
    assert await typed.run("echo after") == ("after", 0)


@pytest.mark.parametrize("text", ["exit", "exec true", "kill -9 $$"])
async def test_a_shell_that_ends_takes_the_pane_along(opened: Open, text: str) -> None:
    typed = await opened("bash")
    made = await typed.typed(text)
    with pytest.raises(Ended), anyio.fail_after(LONG_S):
        await made.end()


async def test_a_shell_within_a_shell_is_one(opened: Open) -> None:
    typed = await opened("bash")
    made = await typed.typed("sh")
    assert (await typed.end(made)).exit_status == 0  # the inner one is at its prompt
    assert await typed.run("exit 4") == ("", 4)
    assert await typed.run("echo outer") == ("outer", 0)


async def test_half_typed_lines_and_programs_get_no_key(opened: Open) -> None:
    typed = await opened("bash")
    await typed.run("true")
    typed.press("echo mine")
    await typed.until("echo mine")
    assert "typed" in await typed.one().against()
    typed.press("C-a")
    await anyio.sleep(0.1)
    assert "typed" in await typed.one().against()
    typed.press("C-k", "cat", "Enter")
    with anyio.fail_after(LONG_S):
        while "cat runs" not in await typed.one().against():
            await anyio.sleep(0.02)
    assert not is_there(typed.pane)
    typed.press("C-d")
    await typed.ready()
    assert is_there(typed.pane)
    typed.tmux.do("copy-mode", "-t", typed.pane.id)
    assert "copy mode" in await typed.one().against()


async def test_a_half_line_that_ends_as_prompts_do_gets_no_key(opened: Open) -> None:
    typed = await opened("bash")
    await typed.ready()
    typed.press("echo $")
    await typed.until("echo $")
    assert "typed" in await typed.one().against()
    typed.press("C-u")
    await typed.ready()


async def test_hostile_texts_are_typed_as_they_are(opened: Open, tmp_path: Path) -> None:
    typed = await opened("bash")
    for text in ("echo '#{pid} #(touch hit) ; kill-server' \\; end", 'echo "%end 1 2 1" "~" \'{\''):
        made = await typed.run(text)
        assert made.exit_status == 0
        assert made.output == text.removeprefix("echo ").replace("\\;", ";").replace(
            "'", ""
        ).replace('"', "")
    forged = "echo thrum-0123456789abcdef 0; printf '\\033[2J\\033[H$ '; sleep 0.2; (exit 7)"
    assert (await typed.run(forged)).exit_status == 7
    assert not list(tmp_path.rglob("hit"))


def test_an_output_is_kept_from_its_end() -> None:
    assert bounded("short\n") == "short\n"
    found = bounded("é\n" * MOST_BYTES)
    assert found.startswith("é\n")
    assert MOST_BYTES - 8 < len(found.encode()) <= MOST_BYTES
    assert len(bounded("x" * 2 * MOST_BYTES)) == MOST_BYTES


async def test_pauses_grow_to_a_bound() -> None:
    pauses = Pauses(0.001, 0.003)
    for _ in range(5):
        await pauses.pause()
    assert pauses.next_s == 0.003
    assert replace(pauses) == pauses
