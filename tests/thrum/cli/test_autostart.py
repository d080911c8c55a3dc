"""Whether a command that finds no daemon starts one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from thrum.cli import autostart
from thrum.errors import ThrumError
from thrum.identity.process import Process

SHELL = Process(9, 1, "bash", "1")
RUNTIME = Process(8, 1, "claude", "1")


def wanted(world: Any, *above: Process, terminal: bool = False) -> bool:
    context = world.context([], terminal=terminal)
    context.ancestors = above or (SHELL,)
    return autostart.is_wanted(context)


def configure(world: Any, value: object) -> None:
    section = {"daemon": {"autostart": value}}
    (world.root / ".thrum/config.json").write_text(json.dumps(section))


@pytest.fixture(autouse=True)
def no_build(world: Any) -> None:
    del world.env["CI"]


def test_by_itself_it_is_wanted_by_people_and_agents(world: Any) -> None:
    assert wanted(world, terminal=True)
    assert wanted(world, SHELL, RUNTIME)
    assert not wanted(world)


@pytest.mark.parametrize(("ci", "starts"), [("true", False), ("1", False), ("false", True)])
def test_a_build_starts_nothing_unasked(world: Any, ci: str, starts: bool) -> None:
    world.env["CI"] = ci
    assert wanted(world, SHELL, RUNTIME) is starts
    configure(world, True)
    assert wanted(world)


def test_the_configuration_beats_who_asks(world: Any) -> None:
    configure(world, False)
    assert not wanted(world, RUNTIME, terminal=True)
    configure(world, True)
    assert wanted(world)


@pytest.mark.parametrize(
    ("said", "starts"), [("1", True), ("Yes", True), ("off", False), ("0", False)]
)
def test_the_variable_beats_everything(world: Any, said: str, starts: bool) -> None:
    configure(world, not starts)
    world.env |= {"THRUM_AUTOSTART": said, "CI": "true"}
    world.root.joinpath(".thrum/var/halted").touch()
    assert wanted(world, RUNTIME, terminal=True) is starts


def test_a_variable_that_says_neither_is_not_guessed(world: Any) -> None:
    world.env["THRUM_AUTOSTART"] = "maybe"
    with pytest.raises(ThrumError, match="THRUM_AUTOSTART is 'maybe'"):
        wanted(world)


def test_what_somebody_stopped_stays_down(world: Any) -> None:
    world.root.joinpath(".thrum/var/halted").touch()
    assert not wanted(world, RUNTIME, terminal=True)
    configure(world, True)
    assert not wanted(world, RUNTIME, terminal=True)


def test_a_daemon_is_started_once_for_a_command(world: Any) -> None:
    world.env["THRUM_AUTOSTART"] = "true"
    context = world.context([])
    world.daemon.close()
    world.daemon.path.unlink()
    for _ in range(2):
        with pytest.raises(ThrumError, match="no daemon answers"):
            context.call("m")
    assert world.started == [world.root]


def test_why_none_could_be_started_is_said_each_time(world: Any) -> None:
    world.env["THRUM_AUTOSTART"] = "true"
    context = world.context([])
    world.daemon.close()
    world.daemon.path.unlink()

    def fail(_context: object) -> None:
        raise ThrumError("daemon_down", "the daemon ended at once: no space")

    context.start_daemon = fail
    for _ in range(2):
        with pytest.raises(ThrumError, match="no space"):
            context.call("m")
