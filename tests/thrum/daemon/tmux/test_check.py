"""What the doctor says of tmux."""

from __future__ import annotations

import os
from pathlib import Path

from tests.thrum.daemon.conftest import Node, eventually
from tests.tmux import NEEDED, Tmux
from thrum.daemon.tmux import check
from thrum.doctor.finding import Level, Patient

pytestmark = NEEDED
ERIN = {"agent_name": "erin", "role": "tester", "module": "api"}


def found(village: Node, environment: dict[str, str]) -> list[tuple[Level, str]]:
    patient = Patient(village.parts.place, environment)
    return [(each.level, each.text) for each in check.sessions(patient) if each.todo]


def test_where_nobody_lives_in_tmux_it_need_not_be_there(village: Node, tmp_path: Path) -> None:
    assert found(village, {"PATH": str(tmp_path)}) == []


def test_sessions_that_agents_name_are_looked_for(village: Node, tmux: Tmux) -> None:
    home = village.worktree("w")
    village.call("alice", "tmux.create", name="api", cwd=str(home), **ERIN)
    assert found(village, tmux.environment) == []
    tmux.do("set-option", "-g", "remain-on-exit", "on")
    os.kill(int(tmux.do("display-message", "-p", "-t", "=api:", "#{pane_pid}")), 9)
    eventually(lambda: found(village, tmux.environment) != [])
    ended = "erin names the session api, and what ran in it has ended"
    assert found(village, tmux.environment) == [(Level.NOTE, ended)]
    tmux.end()
    gone = "erin names the session api, and there is none of that name"
    assert found(village, tmux.environment) == [(Level.NOTE, gone)]
    assert tmux.sessions == []  # looking starts no server


def test_a_tmux_that_will_not_do_is_named(village: Node, tmux: Tmux, tmp_path: Path) -> None:
    home = village.worktree("w")
    village.call("alice", "tmux.create", name="api", cwd=str(home), **ERIN)
    empty = tmp_path / "bin"
    empty.mkdir()
    environment = tmux.environment | {"PATH": str(empty)}
    ((level, text),) = found(village, environment)
    assert (level, "cannot be run" in text) == (Level.WRONG, True)
    for said, reason in (("tmux 2.9", "too old"), ("screen 4", "says that it is")):
        program = empty / "tmux"
        program.write_text(f"#!/bin/sh\necho {said}\n")
        program.chmod(0o755)
        ((level, text),) = found(village, environment | {"PATH": f"{empty}:/usr/bin:/bin"})
        assert (level, reason in text) == (Level.WRONG, True)
