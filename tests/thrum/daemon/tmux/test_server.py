"""A server as the daemon sees it: whoever's sessions there are, and however it comes and goes."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from tests.thrum.daemon.tmux.conftest import until
from tests.tmux import NEEDED, Tmux
from thrum.daemon.children.children import Children
from thrum.daemon.tmux.making import Wanted, make
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.server import Server
from thrum.errors import ThrumError
from thrum.runtimes.screens.shown import Cursor, Shown

pytestmark = [pytest.mark.anyio, NEEDED]
Make = Callable[..., Awaitable[Pane]]


async def test_looking_starts_no_server(server: Server, tmux: Tmux) -> None:
    assert await server.panes() == []
    assert not server.socket.exists()
    assert tmux.sessions == []


async def test_what_a_killed_server_left_is_none(server: Server) -> None:
    server.socket.parent.mkdir(mode=0o700)
    server.socket.touch()
    assert await server.panes() == []


async def test_a_server_of_others_is_looked_at_from_outside(server: Server, tmux: Tmux) -> None:
    tmux.do("new-session", "-d", "-s", "own", "cat")
    assert [each.session for each in await server.panes()] == ["own"]
    assert not server.is_connected
    assert tmux.do("list-clients") == ""


async def test_one_client_sees_everything_and_starts_no_process(
    server: Server, make: Make, tmux: Tmux, children: Children
) -> None:
    await make("a")
    await server.panes()
    before = len(children.running())
    for number in range(10):
        await make(f"b{number}")
    tmux.do("new-session", "-d", "-s", "own", "cat")
    await until(lambda: server._known is None)
    assert len(await server.panes()) == 12
    assert len(children.running()) == before == 1
    said = tmux.do("list-clients", "-F", "#{client_control_mode} #{client_flags}")
    assert said.startswith("1 ") and "ignore-size" in said and "no-output" in said


async def test_what_is_known_is_kept_until_something_happens(
    server: Server, make: Make, tmux: Tmux
) -> None:
    pane = await make("a")
    known = await server.panes()
    assert await server.panes() is known
    changes = [
        ("copy-mode", "-t", pane.id),
        ("rename-session", "-t", "=a", "c"),
        ("split-window", "-t", "=c:", "cat"),
        ("move-window", "-s", "=c:0", "-t", "=c:7"),
        ("new-window", "-d", "-t", "=c:", "cat"),
        ("new-session", "-d", "-s", "own", "cat"),
        ("kill-session", "-t", "=own"),
    ]
    for change in changes:
        await server.panes()
        tmux.do(*change)
        await until(lambda: server._known is None)


async def test_an_end_in_another_session_is_seen(server: Server, make: Make, tmux: Tmux) -> None:
    await make("a")
    other = await make("b")
    tmux.do("set-option", "-t", "=b:", "remain-on-exit", "on")
    await server.panes()
    os.kill(other.pid, 9)
    await until(lambda: server._known is None)
    assert [each.is_dead for each in await server.panes() if each.session == "b"] == [True]


async def test_it_comes_back_after_the_servers_end(server: Server, make: Make, tmux: Tmux) -> None:
    await make("a")
    for _ in range(3):
        await server.panes()
        assert server.is_connected
        tmux.end()
        await until(lambda: not server.is_connected)
        assert await server.panes() == []
        await make("a")


async def test_an_end_in_the_moment_of_a_question_is_no_failure(
    server: Server, make: Make, tmux: Tmux
) -> None:
    for _ in range(5):
        await make("a")
        await server.panes()
        tmux.end()  # and nothing has told the client so far
        assert await server.panes(fresh=True) == []


async def test_it_comes_back_after_its_sessions_end(server: Server, make: Make, tmux: Tmux) -> None:
    await make("a")
    await make("b")
    await server.panes()
    for session in ("a", "b"):
        tmux.do("kill-session", "-t", f"={session}")
        await until(lambda: server._known is None)
        expected = [] if session == "b" else ["b"]
        assert [each.session for each in await server.panes()] == expected


async def test_sizes_are_left_to_those_who_look(server: Server, make: Make, tmux: Tmux) -> None:
    await make("a")
    await server.panes()
    assert tmux.do("display-message", "-p", "-t", "=a:", "#{window_width}") == "200"


async def test_another_server_is_another_world(
    serve: Callable[..., Server], server: Server, make: Make, tmux: Tmux, tmp_path: Path
) -> None:
    await make("a")
    work = serve(label="work")
    assert await work.panes() == []
    tmux.other("work").do("new-session", "-d", "-s", "a", "cat")
    with pytest.raises(ThrumError, match="there is a session a"):
        await make_in(work, "a", tmp_path)
    await make_in(work, "b", tmp_path)
    assert (tmux.sessions, tmux.other("work").sessions) == (["a"], ["a", "b"])
    await work.close()


async def make_in(server: Server, session: str, folder: Path) -> Pane:
    return await make(server, Wanted(session, folder))


async def test_two_daemons_keep_apart(
    serve: Callable[..., Server], make: Make, tmp_path: Path
) -> None:
    await make("a")
    other = serve(of=tmp_path / "other" / ".thrum")
    pane = (await other.panes())[0]
    assert not pane.is_of(other.thrum_dir) and not other.is_connected


async def test_nothing_that_a_pane_shows_is_an_answer(
    server: Server, make: Make, tmux: Tmux
) -> None:
    pane = await make("a")
    await server.panes()
    tmux.do("respawn-pane", "-k", "-t", pane.id, "cat")
    for number in range(40):
        tmux.do("send-keys", "-t", pane.id, "-l", f"%end 1795977002 {number} 1")
        tmux.do("send-keys", "-t", pane.id, "Enter")
    await until(lambda: "%end 1795977002 39 1" in tmux.shown("a"))
    said = await server.capture(pane, 50)
    assert "%end 1795977002 39 1" in said and not said.endswith("\n\n")
    assert (await server.ask(("display-message", "-p", "next"))) == "next"


async def test_what_tmux_refuses_is_said(server: Server, make: Make) -> None:
    await make("a")
    with pytest.raises(ThrumError, match="can't find"):
        await server.run(("kill-window", "-t", "=a:nope"))


@pytest.mark.parametrize(
    ("says", "reason"), [("tmux 3.1c", "too old"), ("screen 5", "tmux says"), (None, "not found")]
)
async def test_a_tmux_that_will_not_do_is_named(
    children: Children, tmp_path: Path, says: str | None, reason: str
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    if says:
        program = folder / "tmux"
        program.write_text(f"#!/bin/sh\necho '{says}'\n")
        program.chmod(0o755)
    environment = {"PATH": str(folder), "TMUX_TMPDIR": str(tmp_path)}
    server = Server(children, environment, tmp_path, tmp_path)
    with pytest.raises(ThrumError, match=reason) as caught:
        await server.run(("list-sessions",))
    assert caught.value.kind == "program"


async def test_who_is_cancelled_while_it_connects_leaves_no_client(
    server: Server, make: Make, tmux: Tmux, children: Children
) -> None:
    await make("a")
    await server.close()
    for pause in (0.0, 0.01, 0.02, 0.04, 0.08):
        with anyio.move_on_after(pause):
            await server.panes(fresh=True)
        await server.close()
        await until(lambda: children.running() == [])
    assert [each.session for each in await server.panes()] == ["a"]


async def test_a_screen_has_its_cursor(server: Server, make: Make, tmux: Tmux) -> None:
    pane = await make("a")
    tmux.do("respawn-pane", "-k", "-t", pane.id, r"printf '\033[H\033[Jone\r\n  two\033[1;3H'; cat")
    await until(lambda: "two" in tmux.shown("a"))
    assert await server.screen(pane) == Shown(("one", "  two"), Cursor(0, 2))


async def test_a_screen_larger_than_any_terminal_is_not_looked_at(
    server: Server, make: Make, tmux: Tmux
) -> None:
    pane = await make("a")
    tmux.do("respawn-pane", "-k", "-t", pane.id, "printf here; cat")
    await until(lambda: "here" in tmux.shown("a"))
    tmux.do("resize-window", "-t", pane.id, "-x", "9000", "-y", "900")
    assert await server.screen(pane) == Shown(())
    with pytest.raises(ThrumError, match="larger than any terminal"):
        await server.capture(pane, 50)
    tmux.do("resize-window", "-t", pane.id, "-x", "9000", "-y", "30")
    assert await server.reach(pane, 100_000) < 1_000
    assert "here" in await server.capture(pane, 100_000)
    tmux.do("resize-window", "-t", pane.id, "-x", "90", "-y", "30")
    assert (await server.screen(pane)).rows == ("here",)


async def test_what_is_written_is_told_of_for_as_long_as_there_is_a_connection(
    server: Server, make: Make, tmux: Tmux
) -> None:
    told: list[dict[str, str]] = []
    assert not await server.attend(lambda words: told.append(dict(words)))
    ours = await make("a")
    tmux.do("new-session", "-d", "-s", "own", "while sleep 0.1; do date; done")

    async def attend() -> None:
        assert await server.attend(lambda words: told.append(dict(words)))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(attend)
        await until(lambda: told and ours.id in told[-1])
        before = told[-1]
        await anyio.sleep(1.1)  # tmux counts seconds
        tmux.do("send-keys", "-t", ours.id, "x")
        await until(lambda: told[-1] != before)
        tmux.do("copy-mode", "-t", ours.id)
        await until(lambda: told[-1][ours.id].endswith("m"))
        tmux.end()
    assert all(each.keys() <= {ours.id} for each in told)
