"""Whether somebody sits at an agent's terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.thrum.daemon.prompts.conftest import Desk
from thrum.daemon.prompts.attendance import ATTENDED_S, is_attended, sits_there
from thrum.daemon.tmux.guard import Client, Facts
from thrum.daemon.tmux.panes import Pane
from thrum.identity import files

PANE = Pane("$3", "%7", 0, 0, False, False, 1, 0, "furiosa", "claude", "/", "/t", "%7")


def facts(*clients: Client, pane: Pane | None = PANE) -> Facts:
    return Facts(pane, clients, Path("/t"))


@pytest.mark.parametrize(
    ("ago", "session", "wanted"),
    [
        (0, "$3", True),
        (ATTENDED_S - 1, "$3", True),
        (ATTENDED_S, "$3", False),
        (0, "$4", False),
    ],
)
def test_who_pressed_a_key_a_while_ago_is_there(ago: int, session: str, wanted: bool) -> None:
    assert sits_there(facts(Client("$9", 0), Client(session, ago))) is wanted


def test_nobody_shows_it_and_nobody_is_there() -> None:
    assert sits_there(facts()) is False


def test_of_a_pane_that_is_gone_nobody_knows() -> None:
    assert sits_there(facts(pane=None)) is None


@pytest.mark.parametrize("why", ["no file", "no pane", "no such pane"])
def test_outside_of_a_pane_nobody_can_tell(desk: Desk, why: str) -> None:
    home = desk.node.homes["furiosa"]
    named: dict[str, Any] = {"no pane": {}, "no such pane": {"tmux_session": "elsewhere:0.0"}}
    if why != "no file":
        at = "2026-01-01T00:00:00Z"
        files.write(files.folder(home), "furiosa", at, worktree=str(home), **named[why])
    assert desk.on_loop(is_attended(desk.node.parts, "furiosa")) is None
