"""How it stands with the session of an agent."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from msgspec import structs

from thrum.daemon.tmux import state
from thrum.daemon.tmux.panes import Pane
from thrum.identity import process
from thrum.identity.files import Identity

PANE = Pane("$1", "%1", 0, 0, False, False, 7, 0, "api", "sh", "/w", "", "%1")
WHO = Identity(Path("/w/.thrum/identities/me.json"), "me", tmux_session="api:0.0")


def test_who_names_no_pane_has_no_state() -> None:
    assert state.of(replace(WHO, tmux_session=""), [PANE]) == ""


def test_a_session_that_is_there_is_alive() -> None:
    assert state.of(WHO, [PANE]) == "alive"
    assert state.of(replace(WHO, tmux_session="api:5.1"), [PANE]) == "alive"


def test_one_that_is_not_there_is_dead() -> None:
    assert state.of(WHO, []) == "dead"
    assert state.of(WHO, [structs.replace(PANE, session="api-2")]) == "dead"
    assert state.of(WHO, [structs.replace(PANE, session="ap")]) == "dead"


def test_one_whose_program_has_ended_is_dead() -> None:
    assert state.of(WHO, [structs.replace(PANE, is_dead=True)]) == "dead"


def test_one_whose_agent_has_ended_is_stale() -> None:
    me = process.look(os.getpid())
    assert me is not None
    running = replace(WHO, agent_pid=me.pid, agent_pid_started=me.started)
    assert state.of(running, [PANE]) == "alive"
    assert state.of(replace(running, agent_pid_started="1@then"), [PANE]) == "stale"
    assert state.of(replace(running, agent_pid_started="1@then"), []) == "dead"
