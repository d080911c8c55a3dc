"""Real clients in tmux: launched, ready, primed, and begun anew with what they had said."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.desk import THRUM, Desk
from tests.clients.model import Say
from tests.clients.programs import Program, of
from tests.integration.waking import eventually
from tests.tmux import NEEDED, Tmux, own
from thrum.daemon.tmux import priming
from thrum.prime import page

pytestmark = [pytest.mark.clients, NEEDED]
AGENT = ("--role", "tester", "--module", "engine")


@pytest.fixture
def tmux(desk: Desk) -> Iterator[Tmux]:
    """A tmux of the person's own, in which the daemon's agents live."""
    with own(desk.home) as found:
        desk.env |= {"TMUX_TMPDIR": str(found.folder), "SHELL": "/bin/sh"}
        desk.thrum("daemon", "restart")
        yield found


def prepare(desk: Desk, program: Program, *flags: str) -> None:
    """Sets the client up, and has it talk to the model wherever it is launched."""
    desk.thrum("quickstart", "furiosa", "--role", "coordinator", "--module", "all", "--force")
    desk.set_up(program)
    given = {**program.env(desk.model), "THRUM_HOOK_MS": "5000"}
    given["PATH"] = desk.env["PATH"]  # a login shell sets its own
    words = (f"{name}={value}" for name, value in given.items())
    command = ["env", *words, program.name, *flags]
    about = {"custom_runtimes": {program.name: {"command": shlex.join(command)}}}
    (desk.home / ".thrum").mkdir(exist_ok=True)
    (desk.home / ".thrum" / "runtimes.json").write_text(json.dumps(about))


def distrust(desk: Desk) -> None:
    """As where nobody has said yet that the folder is trusted."""
    file = desk.home / ".claude.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "projects": {}}))


def row(desk: Desk) -> dict[str, Any]:
    """How it stands with the session."""
    (found,) = json.loads(desk.thrum("tmux", "status", "--json"))["sessions"]
    return dict(found)


def is_up(desk: Desk) -> bool:
    return bool(row(desk).get("launch") == "ready")


def pane(tmux: Tmux) -> str:
    return tmux.do("display-message", "-p", "-t", "=nux:", "#{session_id} #{pane_id}")


def restart(desk: Desk, tmux: Tmux) -> None:
    """Has the agent begin anew where it is, with what it had said."""
    before = pane(tmux)
    done = json.loads(desk.thrum("tmux", "restart", "nux", "--force", "--json"))
    assert done["snapshot_lines"] > 3
    assert done["launch"] == "ready"
    assert pane(tmux) == before


@of("claude")
def test_claude_begins_by_one_line_and_anew_by_another(
    desk: Desk, program: Program, tmux: Tmux
) -> None:
    prepare(desk, program)
    distrust(desk)
    made = ("worktree", "create", "nux", *AGENT, "--runtime", "claude")
    # It asks whether the new folder is trusted, which is a person's to answer.
    assert "trusted" in desk.run(str(THRUM), *made, check=False)
    assert row(desk)["launch"] == "failed"
    tmux.do("send-keys", "-t", "=nux:", "Enter")
    eventually(lambda: is_up(desk))
    assert desk.model.heard == []

    desk.model.steps.append(Say("I look at the valve"))
    desk.thrum("send", "the valve leaks", "--to", "@nux")
    assert "You are @nux" in desk.model.wait(1).text
    eventually(lambda: "I look at the valve" in tmux.shown("nux"))
    heard = len(desk.model.heard)
    desk.model.steps.append(Say("I go on with the valve"))
    restart(desk, tmux)
    # The word that it was restarted wakes it, and it has what it was told at its start.
    after = desk.model.wait(heard + 1).text
    assert "Your session begins anew" in after
    assert page.SNAPSHOT_HEADING in after
    assert "I look at the valve" in after
    desk.thrum("tmux", "kill", "nux")


@of("codex")
def test_codex_is_asked_to_prime_itself_and_begins_anew(
    desk: Desk, program: Program, tmux: Tmux
) -> None:
    """Its hook tells of a session that begins only when its first turn does."""
    prepare(desk, program, "--no-daemon", "--dangerously-bypass-hook-trust")
    desk.model.steps.append(Say("I look at the valve"))
    desk.thrum("worktree", "create", "nux", *AGENT, "--runtime", "codex")
    first = desk.model.wait(1).text
    assert priming.WORDS in first
    assert "You are @nux" in first
    eventually(lambda: "I look at the valve" in tmux.shown("nux"))
    heard = len(desk.model.heard)
    desk.model.steps.append(Say("I go on with the valve"))
    restart(desk, tmux)
    after = desk.model.wait(heard + 1).text
    assert priming.WORDS in after
    assert page.SNAPSHOT_HEADING in after
    assert "I look at the valve" in after
    desk.thrum("tmux", "kill", "nux")
