"""Sessions that are made: of whom they are, what they are given, and nothing that is run by it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.thrum.daemon.tmux.conftest import until
from tests.tmux import NEEDED, Tmux
from thrum.daemon.tmux import making
from thrum.daemon.tmux.making import Agent, Wanted
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.server import Server
from thrum.errors import ThrumError
from thrum.identity import process

pytestmark = [pytest.mark.anyio, NEEDED]
Make = Callable[..., Awaitable[Pane]]

HOSTILE = (
    "$(touch hit)",
    "#(touch hit)",
    "`touch hit`",
    'it\'s "quoted"; touch hit;',
    "a\ntouch hit\n",
    "=A=B ${HOME} ~ \\ #{pid} %H {x}",
    "\u202edlrow\u202c é 漢",
)


async def environment_of(pane: Pane) -> dict[str, str]:
    """What the pane's program was given, once it is that program and no copy of tmux."""
    await until(lambda: "THRUM_NAME" in process.environment(pane.pid))
    await until(lambda: process.words(pane.pid)[:1] != ["tmux"])
    return process.environment(pane.pid)


async def test_it_is_ours_from_its_first_moment(make: Make, tmux: Tmux, thrum_dir: Path) -> None:
    pane = await make("api", agent=Agent("impl", "implementer", "api"))
    assert (pane.target, pane.is_of(thrum_dir), pane.home_pane) == ("api:0.0", True, pane.id)
    assert tmux.do("show-options", "-t", "=api:", "-v", "@thrum-managed") == "1"
    assert tmux.do("list-windows", "-t", "=api:", "-F", "#{window_name}") == "@impl"


async def test_a_name_that_is_taken_is_left_alone(make: Make, tmux: Tmux) -> None:
    tmux.do("new-session", "-d", "-s", "api", "cat")
    with pytest.raises(ThrumError, match="there is a session api"):
        await make("api")
    assert tmux.ask("show-options", "-t", "=api:", "-v", "@thrum-managed").stdout == ""


async def test_a_name_is_no_beginning_of_another(make: Make, server: Server, tmux: Tmux) -> None:
    tmux.do("new-session", "-d", "-s", "a-b", "cat")
    await making.end(server, "a")
    assert tmux.sessions == ["a-b"]
    await make("a")
    await making.end(server, "a")
    assert tmux.sessions == ["a-b"]


@pytest.mark.parametrize("base", ["0", "1", "7"])
async def test_windows_and_panes_may_be_counted_from_anywhere(
    make: Make, tmux: Tmux, base: str
) -> None:
    tmux.do("new-session", "-d", "-s", "own", "cat")
    tmux.do("set-option", "-g", "base-index", base)
    tmux.do("set-option", "-g", "pane-base-index", base)
    assert (await make("api")).target == f"api:{base}.{base}"


async def test_hostile_texts_arrive_as_they_are(
    make: Make, server: Server, tmux: Tmux, tmp_path: Path
) -> None:
    for number, text in enumerate(HOSTILE):
        folder = tmp_path / text
        folder.mkdir()
        pane = await make(f"s{number}", folder=folder, agent=Agent("impl", "r", "m", intent=text))
        assert pane.path == str(folder)
        given = await environment_of(pane)
        assert given["THRUM_INTENT"] == text
        assert process.cwd(pane.pid) == folder
    assert list(tmp_path.rglob("hit")) == []
    assert len(await server.panes(fresh=True)) == len(HOSTILE)


async def test_what_the_server_has_of_other_agents_is_taken_away(make: Make, tmux: Tmux) -> None:
    tmux.do("new-session", "-d", "-s", "own", "cat")
    for name in ("THRUM_NAME", "THRUM_SESSION", "CLAUDECODE", "KEPT"):
        tmux.do("set-environment", "-g", name, "theirs")
    pane = await make("api", agent=Agent("impl", "r", "m"))
    given = await environment_of(pane)
    assert given["THRUM_NAME"] == "impl"
    assert (given["THRUM_SESSION"], given["CLAUDECODE"], given["KEPT"]) == ("", "", "theirs")


async def test_what_fails_half_way_leaves_nothing(
    make: Make, server: Server, tmux: Tmux, monkeypatch: Any
) -> None:
    marks = making._marks

    def fewer(wanted: Wanted, thrum_dir: Path) -> list[Any]:
        return [("set-option", "-t", "=nowhere:", "@x", "1"), *marks(wanted, thrum_dir)]

    await make("first")  # by a process of its own, then by the connection
    monkeypatch.setattr(making, "_marks", fewer)
    with pytest.raises(ThrumError, match="refuses"):
        await make("api")
    assert tmux.sessions == ["first"]


async def test_a_session_whose_shell_ends_is_said_to_have_ended(make: Make, tmux: Tmux) -> None:
    tmux.do("new-session", "-d", "-s", "own", "cat")
    tmux.do("set-option", "-g", "default-command", "true")
    with pytest.raises(ThrumError, match=r"ended as soon as it began|refuses"):
        await make("api")
    await until(lambda: tmux.sessions == ["own"])


async def test_the_last_session_gives_way_to_the_next(make: Make, server: Server) -> None:
    for _ in range(15):
        await make("a")
        await making.end(server, "a")  # and with it the server, sooner or later
    assert await server.panes(fresh=True) == []


SETTINGS = (
    ("set-option", "-g", "destroy-unattached", "on"),
    ("set-option", "-g", "detach-on-destroy", "off"),
    ("set-option", "-g", "remain-on-exit", "on"),
    ("set-option", "-g", "renumber-windows", "on"),
    ("set-option", "-g", "automatic-rename-format", "#(touch hit)"),
    ("set-option", "-g", "window-size", "smallest"),
    ("set-hook", "-g", "client-attached", "detach-client"),
    ("set-hook", "-g", "session-created", "rename-window theirs"),
    ("set-hook", "-g", "after-new-session", "display-message -p theirs"),
    ("set-hook", "-g", "after-list-panes", "display-message -p theirs"),
)
"""What people, and the plugins that they have, set."""


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda each: each[2])
async def test_whatever_people_have_set_it_is_made(
    make: Make, server: Server, tmux: Tmux, setting: tuple[str, ...]
) -> None:
    tmux.do("new-session", "-d", "-s", "own", "cat")
    if "destroy-unattached" in setting:
        tmux.do("set-option", "-t", "=own:", "destroy-unattached", "off")
    tmux.do(*setting)
    for name in ("a", "b"):
        await make(name)
        assert name in [each.session for each in await server.panes(fresh=True)]
    assert tmux.sessions == ["a", "b", "own"]
    await making.end(server, "a")
    assert [each.session for each in await server.panes(fresh=True)] == ["b", "own"]
