"""Typing into real panes: what arrives, and everything that keeps it from being typed."""

from __future__ import annotations

import functools
import os
import pty
import subprocess
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from msgspec.structs import replace

from tests.thrum.daemon.conftest import eventually
from tests.thrum.daemon.tmux.conftest import until
from tests.tmux import NEEDED, Tmux
from tests.tui import Tui
from thrum.daemon.nudges import words
from thrum.daemon.tmux import gate, guard, priming
from thrum.daemon.tmux.ages import Ages
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.server import Server
from thrum.daemon.tmux.typist import Typist
from thrum.errors import ThrumError

pytestmark = [pytest.mark.anyio, NEEDED]
Make = Callable[..., Awaitable[Pane]]

TEXTS = (
    "$(touch hit)",
    "`touch hit`; touch hit;",
    'it\'s "quoted" ${HOME} #{pid} #(touch hit)',
    "-t =other: Enter",
    "C-c",
    "%begin 1 2 1",
    "é 漢 \u202eright to left",
    "x" * 2000,
)


@pytest.fixture
def typist(server: Server) -> Typist:
    """The daemon's."""
    return Typist(server, Ages(time.time_ns, time.monotonic))


@pytest.fixture
async def written(make: Make, tmux: Tmux, tmp_path: Path) -> tuple[Pane, Path]:
    """A pane whose program writes down what it reads, and where."""
    pane, file = await make("a"), tmp_path / "read"
    script = "stty raw -echo; echo ready; exec cat > read"
    tmux.do("respawn-pane", "-k", "-t", pane.id, "-c", str(tmp_path), script)
    await until(lambda: file.exists() and "ready" in tmux.shown("a"))
    return pane, file


async def test_texts_arrive_as_they_are(
    typist: Typist, written: tuple[Pane, Path], tmp_path: Path
) -> None:
    pane, file = written
    for text in TEXTS:
        await typist.type(pane, text, keys=("Enter",))
    whole = "".join(f"{each}\r" for each in TEXTS).encode()
    await until(lambda: len(file.read_bytes()) >= len(whole))
    assert file.read_bytes() == whole
    assert list(tmp_path.rglob("hit")) == []


@pytest.mark.parametrize("text", ["a\n", "\x03", "\x1b[A", "a\rb"])
async def test_keys_are_no_text(typist: Typist, make: Make, text: str) -> None:
    with pytest.raises(ThrumError, match="holds keys"):
        await typist.type(await make("a"), text)


@pytest.mark.parametrize(
    ("set_back_s", "way"),
    [(0, "attach-session"), (0, "new-session"), (86_400, "attach-session")],
)
async def test_a_person_who_types_is_not_typed_beside(
    written: tuple[Pane, Path], server: Server, tmux: Tmux, set_back_s: int, way: str
) -> None:
    pane, file = written
    later, set_back_ns = [0], set_back_s * 1_000_000_000
    ages = Ages(lambda: time.time_ns() - set_back_ns, lambda: time.monotonic() + later[0])
    typist = Typist(server, ages)
    hands, screen = pty.openpty()
    attach = ["tmux", way, "-t", "=a"]
    environment = {**tmux.environment, "TERM": "xterm"}
    with subprocess.Popen(attach, env=environment, stdin=screen, stdout=screen) as person:
        await until(lambda: tmux.do("list-clients", "-F", "#{client_tty}").count("/dev/") == 1)
        os.write(hands, b"half a line")
        await until(lambda: file.read_bytes() == b"half a line")
        with pytest.raises(ThrumError, match="somebody types"):
            await typist.type(pane, "text", keys=("Enter",))
        assert file.read_bytes() == b"half a line"
        later[0] = guard.HANDS_OFF_S + 60
        await typist.type(pane, " more")
        await until(lambda: file.read_bytes() == b"half a line more")
        person.kill()
    os.close(hands)
    os.close(screen)


async def test_nothing_is_typed_in_copy_mode(
    typist: Typist, written: tuple[Pane, Path], tmux: Tmux
) -> None:
    pane, file = written
    tmux.do("copy-mode", "-t", pane.id)
    for may in (guard.usual, lambda _facts: ""):  # by the guard, then by tmux itself
        with pytest.raises(ThrumError, match="copy mode"):
            await typist.type(pane, "text", keys=("q", "Enter"), may=may)
    tmux.do("send-keys", "-t", pane.id, "-X", "cancel")
    await typist.type(pane, "after")
    await until(lambda: file.read_bytes() == b"after")


async def test_nothing_is_typed_where_the_program_has_ended(
    typist: Typist, make: Make, tmux: Tmux
) -> None:
    pane = await make("a")
    tmux.do("set-option", "-t", "=a:", "remain-on-exit", "on")
    os.kill(pane.pid, 9)
    await until(lambda: tmux.do("display-message", "-p", "-t", pane.id, "#{pane_dead}") == "1")
    for may in (guard.usual, lambda _facts: ""):
        with pytest.raises(ThrumError, match="ended"):
            await typist.type(pane, "text", may=may)


async def test_sessions_of_others_are_never_typed_into(
    typist: Typist, server: Server, make: Make, tmux: Tmux
) -> None:
    await make("a-b")
    tmux.do("new-session", "-d", "-s", "a", "cat")
    pane = next(each for each in await server.panes(fresh=True) if each.session == "a")
    with pytest.raises(ThrumError, match="not one of Thrum's"):
        await typist.type(pane, "text")
    assert tmux.shown("a").strip() == ""


async def test_a_pane_of_another_server_is_not_one_that_bore_its_number(
    typist: Typist, make: Make, tmux: Tmux
) -> None:
    """Each server counts its panes from the beginning."""
    pane = await make("a")
    before = replace(pane, session="another", pid=1)
    with pytest.raises(ThrumError, match="the pane is gone"):
        await typist.type(before, "text")
    assert "text" not in tmux.shown("a")


async def test_a_pane_that_is_gone_is_not_another(
    typist: Typist, server: Server, make: Make, tmux: Tmux
) -> None:
    await make("b")
    pane = await make("a")
    tmux.do("kill-session", "-t", "=a")
    await make("a")
    with pytest.raises(ThrumError, match="gone"):
        await typist.type(pane, "text")
    assert "text" not in tmux.shown("a")


async def test_a_guard_of_ones_own_is_asked(typist: Typist, make: Make, tmux: Tmux) -> None:
    pane = await make("a")
    seen: list[Any] = []

    def may(facts: guard.Facts) -> str:
        seen.append(facts.pane)
        return "a dialog is open"

    with pytest.raises(ThrumError, match="nothing is typed: a dialog is open") as caught:
        await typist.type(pane, "text", may=may)
    assert (caught.value.kind, seen[0].id) == ("conflict", pane.id)


WORD = words.nudge(["nux", "dag"])
ELSEWHERE = {
    "busy": "Working",
    "dialog": "1. Yes",
    "gate": "rust",
    "menu": "2. that",
    "strange": "nobody has seen",
}
"""Where nobody types, and what stands there."""


@pytest.fixture(params=["claude", "codex"])
async def tui(
    request: pytest.FixtureRequest, make: Make, tmux: Tmux, tmp_path: Path
) -> tuple[Pane, Tui]:
    """A program that looks like a runtime, with a line that waits."""
    pane = await make("a")
    made = Tui(tmux, pane.id, tmp_path / "tui", request.param)
    made.begin()
    await until(lambda: made.shows("it is done"))
    return pane, made


async def say(typist: Typist, pane: Pane, tui: Tui) -> bool:
    may, stands = gate.free(tui.look), gate.holding(tui.look, words.is_nudge)
    return await typist.say(pane, WORD, may=may, stands=stands)


async def refused(typist: Typist, pane: Pane, tui: Tui) -> bool:
    try:
        return not await say(typist, pane, tui)
    except ThrumError as error:
        assert error.kind == "conflict"
        return True


async def test_a_word_is_said_in_a_free_line(typist: Typist, tui: tuple[Pane, Tui]) -> None:
    pane, program = tui
    for count in (1, 2):
        assert await say(typist, pane, program)
        await until(lambda count=count: program.said == [WORD] * count)  # type: ignore[misc]
    assert program.elsewhere == []


async def test_a_window_that_stands_in_a_persons_own_session_as_well_is_ours(
    typist: Typist, tui: tuple[Pane, Tui], tmux: Tmux
) -> None:
    pane, program = tui
    tmux.do("new-session", "-d", "-t", f"={pane.session}", "-s", "0")
    assert await say(typist, pane, program)
    await until(lambda: program.said == [WORD])


async def test_nothing_is_said_anywhere_else(
    typist: Typist, tui: tuple[Pane, Tui], tmux: Tmux
) -> None:
    pane, program = tui
    for mode, text in ELSEWHERE.items():
        program.order(mode)
        await until(functools.partial(program.shows, text))
        assert await refused(typist, pane, program), mode
    program.order("idle")
    await until(lambda: program.shows("for shortcuts") or program.shows("Ask Codex"))
    tmux.do("copy-mode", "-t", pane.id)
    assert await refused(typist, pane, program)
    tmux.do("send-keys", "-t", pane.id, "-X", "cancel")
    tmux.do("send-keys", "-t", pane.id, "-l", "ZZ")
    await until(lambda: program.shows("ZZ"))
    assert await refused(typist, pane, program)
    assert program.noted == [("idle", "ZZ")]
    tmux.do("respawn-pane", "-k", "-t", pane.id, "sh")
    assert await refused(typist, pane, program)


async def test_the_line_is_not_ended_before_the_word_stands_there(
    typist: Typist, tui: tuple[Pane, Tui], monkeypatch: pytest.MonkeyPatch
) -> None:
    pane, program = tui
    monkeypatch.setattr("thrum.daemon.tmux.typist._LOOKS", 3)
    program.order("deaf")
    assert not await say(typist, pane, program)
    await until(lambda: program.noted == [("idle", WORD)])
    program.order("hear")
    await until(lambda: program.shows("@nux"))
    assert await say(typist, pane, program)  # and is not typed once more
    await until(lambda: program.said == [WORD])
    assert [mode for mode, _ in program.noted] == ["idle", "idle", "said"]


async def test_nothing_else_is_said_where_a_word_may_yet_appear(
    typist: Typist, tui: tuple[Pane, Tui], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a program that only begins: its line is drawn, and its keys are not read yet."""
    pane, program = tui
    monkeypatch.setattr("thrum.daemon.tmux.typist._LOOKS", 3)
    may, stands = gate.free(program.look), gate.holding(program.look, priming.is_word)

    async def prime() -> str:
        with pytest.raises(ThrumError) as caught:
            await typist.say(pane, priming.WORDS, may=may, stands=stands)
        assert caught.value.kind == "conflict"
        return caught.value.message

    program.order("deaf")
    async with anyio.create_task_group() as both:
        both.start_soon(refused, typist, pane, program)
        await anyio.sleep(0)
        assert "something else is being said" in await prime()
    assert "not seen yet" in await prime()
    assert await refused(typist, pane, program)
    program.order("hear")
    await until(lambda: program.shows("@nux"))
    assert await say(typist, pane, program)
    await until(lambda: program.said == [WORD])
    assert await typist.say(pane, priming.WORDS, may=may, stands=stands)
    await until(lambda: program.said == [WORD, priming.WORDS])


async def test_one_that_was_lost_is_typed_again(
    typist: Typist, tui: tuple[Pane, Tui], monkeypatch: pytest.MonkeyPatch
) -> None:
    pane, program = tui
    monkeypatch.setattr("thrum.daemon.tmux.typist._LOOKS", 3)
    monkeypatch.setattr("thrum.daemon.tmux.typist._UNSEEN_S", 0.0)
    program.order("deaf")
    for _ in range(2):
        assert not await say(typist, pane, program)
    await until(lambda: program.noted == [("idle", WORD)] * 2)


async def test_what_a_person_adds_keeps_the_line_open(
    typist: Typist, tui: tuple[Pane, Tui], tmux: Tmux, monkeypatch: pytest.MonkeyPatch
) -> None:
    pane, program = tui
    monkeypatch.setattr("thrum.daemon.tmux.typist._LOOKS", 3)
    program.order("deaf")
    assert not await say(typist, pane, program)
    tmux.do("send-keys", "-t", pane.id, "-l", "Z")
    program.order("hear")
    await until(lambda: program.shows("readZ"))
    assert await refused(typist, pane, program)
    assert program.said == []


async def test_an_answer_is_pressed_where_its_question_stands(
    typist: Typist, tui: tuple[Pane, Tui]
) -> None:
    pane, program = tui
    program.order("dialog")
    await until(lambda: program.shows("1. Yes"))
    await typist.answer(pane, ("1",), may=lambda _facts: "")
    await until(lambda: program.noted == [("dialog", "1")])


@pytest.mark.parametrize("other", ["busy", "menu", "gate", "strange"])
async def test_no_answer_is_pressed_where_the_screen_changes_meanwhile(
    typist: Typist, tui: tuple[Pane, Tui], other: str
) -> None:
    pane, program = tui
    program.order("dialog")
    await until(lambda: program.shows("1. Yes"))
    looks = iter(["", "its dialog has changed"])

    def may(_facts: guard.Facts) -> str:
        against = next(looks)
        if not against:
            time.sleep(1.1)  # tmux counts in seconds
            program.order(other)
            eventually(lambda: program.shows(ELSEWHERE[other]))
        return against

    with pytest.raises(ThrumError, match="its dialog has changed") as caught:
        await typist.answer(pane, ("1", "Enter"), may=may)
    assert (caught.value.kind, list(looks), program.noted) == ("conflict", [], [])
