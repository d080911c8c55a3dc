"""Sessions that a real client has one server do for them are who lives where they stand."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.desk import Desk
from tests.clients.model import Heard, Say
from tests.clients.programs import Program, of
from tests.clients.screen import Screen, screen
from thrum.identity import process

pytestmark = pytest.mark.clients


@pytest.fixture
def serving(desk: Desk) -> Iterator[Desk]:
    """A desk whose server of Codex, which outlives its sessions, ends with the test."""
    yield desk
    for pid in begun(desk):  # one serves, another one looks for newer ones of it
        os.kill(pid, signal.SIGTERM)


def begun(desk: Desk) -> dict[int, list[str]]:
    """The lines of what Codex has begun for this home, and left behind."""
    seen = [process.look(int(each.name)) for each in Path("/proc").glob("[0-9]*")]
    lines = {each.pid: process.words(each.pid) for each in seen if each and process.is_server(each)}
    return {pid: line for pid, line in lines.items() if line[0].startswith(str(desk.home))}


def servers(desk: Desk) -> list[int]:
    """Those of them that serve sessions."""
    return [pid for pid, line in begun(desk).items() if "--listen" in line]


def talks(desk: Desk, program: Program, seen: Screen) -> list[Heard]:
    """Lets the model look for mail by our server; the requests of that turn."""
    seen.wait("Ask Codex")
    heard = len(desk.model.heard)
    desk.model.steps += [program.ask("check_messages"), Say("that is all")]
    seen.say("hello")
    seen.wait("that is all")
    return desk.model.heard[heard:]


@of("codex")
def test_two_sessions_below_one_server_are_two_agents(serving: Desk, program: Program) -> None:
    desk = serving
    desk.set_up(program)
    nux = desk.hire("nux")
    with (desk.home / ".codex" / "config.toml").open("a") as config:
        config.write(f'\n[projects."{nux.repo}"]\ntrust_level = "trusted"\n')
    desk.thrum("send", "the tank is full", "--to", "@nux")
    nux.thrum("send", "the valve is shut", "--to", "@furiosa")
    with screen(desk, "codex") as one:
        one.wait("Hooks need review")
        one.press("Down", "Enter")
        first = talks(desk, program, one)
        began = servers(desk)
        with screen(nux, "codex") as two:
            second = talks(desk, program, two)
            assert servers(desk) == began
    assert len(began) == 1
    for requests, name, mine, others in (
        (first, "furiosa", "the valve is shut", "the tank is full"),
        (second, "nux", "the tank is full", "the valve is shut"),
    ):
        assert f"Agent: @{name}" in requests[0].text
        # By the hook, and by the tool that marks it as read.
        assert [each.text.count(mine) for each in (requests[0], requests[-1])] == [1, 2]
        assert not any(others in each.text for each in requests)
    for sender in (desk, nux):
        (sent,) = json.loads(sender.thrum("sent", "--json"))["messages"]
        assert sent["recipients"][0]["state"] == "read"
