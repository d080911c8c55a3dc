"""A client in control mode, by real tmux and by programs that only pretend to be one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.thrum.daemon.tmux.conftest import LONG_S, until
from tests.tmux import NEEDED, Tmux
from thrum.daemon.children.children import Children
from thrum.daemon.tmux import connection as connections
from thrum.daemon.tmux.connection import Connection, Lost
from thrum.daemon.tmux.control import Notice
from thrum.errors import ThrumError

pytestmark = pytest.mark.anyio
Open = Callable[..., Connection]


@pytest.fixture
def heard() -> list[Notice]:
    """What was told of."""
    return []


@pytest.fixture
def open_by(children: Children, tmux: Tmux, tmp_path: Path, heard: list[Notice]) -> Open:
    """A connection by a program."""

    def open_by(*argv: str) -> Connection:
        made = Connection(heard.append)
        made.begin(
            children.converse(
                argv,
                owner="test",
                cwd=tmp_path,
                environment=tmux.environment,
                take=made.take,
                ended=made.ended,
            )
        )
        return made

    return open_by


def attach(session: str) -> tuple[str, ...]:
    return ("tmux", "-u", "-C", "attach", "-t", session, "-f", "ignore-size,no-output")


def pretended(script: str) -> tuple[str, ...]:
    begun = "import sys, time\nsay = lambda t: print(t, flush=True)\n"
    greeting = "say('%begin 1 1 0\\n%end 1 1 0\\n%session-changed $0 a')\n"
    return (sys.executable, "-I", "-S", "-c", begun + greeting + script)


@NEEDED
async def test_answers_come_to_who_asked(tmux: Tmux, open_by: Open) -> None:
    tmux.do("new-session", "-d", "-s", "a", "cat")
    connection = open_by(*attach("=a"))
    await connection.ready()
    assert connection.session_id == "$0"
    found: dict[int, list[bytes]] = {}

    async def ask(number: int) -> None:
        text = f"number {number}"
        (block,) = await connection.ask([("display-message", "-p", text)])
        found[number] = list(block.lines)

    async with anyio.create_task_group() as tasks:
        for number in range(50):
            tasks.start_soon(ask, number)
    assert found == {number: [b"number %d" % number] for number in range(50)}
    await connection.close()


@NEEDED
async def test_a_line_ends_with_what_fails(tmux: Tmux, open_by: Open) -> None:
    tmux.do("new-session", "-d", "-s", "a", "cat")
    tmux.do("set-hook", "-g", "after-display-message", "set-option -g @hooked 1")
    connection = open_by(*attach("=a"))
    await connection.ready()
    show = ("display-message", "-p", "shown")
    blocks = await connection.ask([show, ("kill-session", "-t", "=no"), show, show])
    assert [each.is_error for each in blocks] == [False, True]
    blocks = await connection.ask([show, show])
    assert [each.lines for each in blocks] == [(b"shown",)] * 2
    await connection.close()


@NEEDED
async def test_the_end_of_the_server_ends_whoever_waits(
    tmux: Tmux, open_by: Open, heard: list[Notice]
) -> None:
    tmux.do("new-session", "-d", "-s", "a", "cat")
    connection = open_by(*attach("=a"))
    await connection.ready()
    tmux.end()
    await until(lambda: connection.is_over)
    with pytest.raises(Lost):
        await connection.ask([("list-sessions",)])


@NEEDED
async def test_it_does_not_stray_into_another_session(tmux: Tmux, open_by: Open) -> None:
    tmux.do("new-session", "-d", "-s", "a", "cat")
    tmux.do("new-session", "-d", "-s", "own", "cat")
    tmux.do("set-option", "-g", "detach-on-destroy", "off")
    connection = open_by(*attach("=a"))
    await connection.ready()
    tmux.do("kill-session", "-t", "=a")
    await until(lambda: connection.is_over)
    await connection.close()
    await until(lambda: tmux.do("list-clients") == "")


@NEEDED
async def test_nobody_is_let_in_where_there_is_nothing(open_by: Open) -> None:
    connection = open_by(*attach("=a"))
    with pytest.raises(Lost):
        await connection.ready()


async def test_who_does_not_answer_in_time_is_given_up(open_by: Open, monkeypatch: Any) -> None:
    connection = open_by(*pretended("time.sleep(600)"))
    await connection.ready()
    monkeypatch.setattr(connections, "LIMIT_S", 0.05)
    with pytest.raises(Lost, match="does not answer"):
        await connection.ask([("list-sessions",)])
    monkeypatch.setattr(connections, "LIMIT_S", LONG_S)
    with pytest.raises(Lost):
        await connection.ask([("list-sessions",)])
    await connection.close()


@pytest.mark.parametrize(
    "script",
    [
        "input(); say('%begin 1 2 1'); sys.exit()",
        "input(); say('what?'); time.sleep(600)",
        "input(); say('%exit server exited'); time.sleep(600)",
        "input(); say('%begin 1 2 1'); say('%end 1 2 1'); say('%begin 1 3 1'); time.sleep(600)",
    ],
)
async def test_what_ends_or_talks_nonsense_leaves_nobody_waiting(
    open_by: Open, script: str
) -> None:
    connection = open_by(*pretended(script))
    await connection.ready()
    with anyio.fail_after(LONG_S):
        if script.count("%begin") < 2:
            with pytest.raises(Lost):
                await connection.ask([("list-sessions",)])
        else:
            await connection.ask([("list-sessions",)])
            await until(lambda: connection.is_over)
    await connection.close()


async def test_no_more_than_so_many_wait(open_by: Open, monkeypatch: Any) -> None:
    connection = open_by(*pretended("time.sleep(600)"))
    await connection.ready()
    monkeypatch.setattr(connections, "MOST_WAITING", 2)
    refused = []

    async def ask() -> None:
        try:
            await connection.ask([("list-sessions",)])
        except (Lost, ThrumError) as error:
            refused.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(ask)
        await until(lambda: refused)
        await connection.close()
    assert [getattr(each, "kind", "lost") for each in refused] == ["busy", "lost", "lost"]


async def test_answers_that_come_after_its_end_are_nobodys(heard: list[Notice]) -> None:
    made = Connection(heard.append)
    made.take(b"%begin 1 1 0\n%end 1 1 0\n%session-changed $0 a\n")
    made.take(b"%exit\n%begin 1 2 1\nlate\n%end 1 2 1\n%sessions-changed\n")
    assert made.is_over
    assert [each.name for each in heard] == ["session-changed", "exit"]
