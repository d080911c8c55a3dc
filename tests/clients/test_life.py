"""Real clients in tmux: launched, told who they are, answered by the keys of their own dialogs, and
begun anew with what they had said."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.clients.desk import THRUM, Desk
from tests.clients.leave import DIALOGS, guard, runs, touches
from tests.clients.model import Heard, Say, Use
from tests.clients.programs import Program, of
from tests.clients.screen import Screen
from tests.integration.waking import eventually
from tests.tmux import NEEDED, Tmux, own
from thrum.daemon.nudges import words
from thrum.daemon.tmux import priming
from thrum.prime import page
from thrum.runtimes import registry
from thrum.runtimes.contract import Moment
from thrum.snapshots import layout, shelf

pytestmark = [pytest.mark.clients, NEEDED]
AGENT: Final = ("--role", "tester", "--module", "engine")
PATIENCE_S: Final = 120
SIGN: Final = "You are @nux"
MAIL: Final = "the valve leaks"
SAID: Final = "I look at the valve"
LEFT: Final = "The valve is open still."
"""What one whose conversation nobody can read writes down before it ends."""

SOON: Final[Mapping[str, Any]] = {
    "nudge": {"after_seconds": 2, "chrome_quiet_seconds": 2},
    "restart": {"silence_watchdog_seconds": 5},
}
"""Less patience than is usual."""


@dataclass(frozen=True)
class Begun:
    """How a client begins in a session that Thrum made.

    Attributes:
        flags: with which it is launched.
        is_primed: whether it is asked to prime itself, for no hook tells it anything before its
            first turn.
        is_woken: whether mail begins a turn by a hook, and no word of it is typed.
        is_gated: whether it asks first whether the new folder is trusted.
        has_hook: whether its hook waits for an answer when it asks for leave.
    """

    flags: tuple[str, ...] = ()
    is_primed: bool = False
    is_woken: bool = False
    is_gated: bool = False
    has_hook: bool = True


BEGUN: Final = {
    "claude": Begun(is_gated=True, is_woken=True),
    "codex": Begun(
        # Without the first flag it leaves a server of its own behind.
        ("--no-daemon", "--dangerously-bypass-hook-trust", "-a", "on-request"),
        is_primed=True,
    ),
    "qwen": Begun(is_primed=True),
    "gemini": Begun(("-m", "gemini-2.5-flash"), has_hook=False),
    "opencode": Begun(is_primed=True, is_woken=True),
}


def is_told(program: Program) -> bool:
    """Whether a hook tells its model who it is."""
    return Moment.START in registry.adapter(program.name).reaches


@pytest.fixture
def tmux(desk: Desk) -> Iterator[Tmux]:
    """A tmux of the person's own, in which the daemon's agents live."""
    with own(desk.home) as found:
        desk.env |= {"TMUX_TMPDIR": str(found.folder), "SHELL": "/bin/sh"}
        yield found


def configure(desk: Desk, more: Mapping[str, Any]) -> None:
    """Has a daemon begin that goes by these settings as well."""
    config = desk.repo / ".thrum" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | more))
    desk.thrum("daemon", "restart")


def prepare(desk: Desk, program: Program) -> None:
    """Sets the client up, and has it talk to the model wherever it is launched."""
    desk.thrum("quickstart", "furiosa", "--role", "coordinator", "--module", "all", "--force")
    desk.set_up(program)
    guard(desk, program)
    if BEGUN[program.name].is_gated:
        distrust(desk)
    given = {**program.env(desk.model), "THRUM_HOOK_MS": "5000", "COLORTERM": "truecolor"}
    given["PATH"] = desk.env["PATH"]  # a login shell sets its own
    command = ["env", *(f"{name}={value}" for name, value in given.items())]
    command += [program.name, *BEGUN[program.name].flags]
    about = {"custom_runtimes": {program.name: {"command": shlex.join(command)}}}
    (desk.home / ".thrum").mkdir(exist_ok=True)
    (desk.home / ".thrum" / "runtimes.json").write_text(json.dumps(about))
    configure(desk, SOON)


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


def home(desk: Desk) -> Path:
    """The worktree in which nux lives."""
    listed = desk.run("git", "worktree", "list", "--porcelain").splitlines()
    return Path([each for each in listed if each.startswith("worktree ")][-1].partition(" ")[2])


def begin(desk: Desk, program: Program, tmux: Tmux) -> Screen:
    """Has nux begin by one line, and waits until the client is up; what it shows."""
    made = ("worktree", "create", "nux", *AGENT, "--runtime", program.name)
    if BEGUN[program.name].is_gated:
        # Whether the new folder is trusted is a person's to answer.
        assert "trusted" in desk.run(str(THRUM), *made, check=False)
        assert row(desk)["launch"] == "failed"
        tmux.do("send-keys", "-t", "=nux:", "Enter")
    else:
        desk.thrum(*made)
    eventually(lambda: is_up(desk), PATIENCE_S)
    return Screen(("tmux", "-S", tmux.do("display-message", "-p", "#{socket_path}")), [], "nux")


def hears(desk: Desk, *texts: str, after: int = 0) -> Heard:
    """The first request after so many in which all of these stand."""
    found: list[Heard] = []

    def is_there() -> bool:
        heard = desk.model.heard[after:]
        found[:] = [each for each in heard if all(text in each.text for text in texts)]
        return bool(found)

    eventually(is_there, PATIENCE_S)
    return found[0]


def asked(desk: Desk, way: str) -> str:
    """The question for which nux waits, when it is to be answered so."""
    found: list[dict[str, Any]] = []

    def is_there() -> bool:
        found[:] = json.loads(desk.thrum("prompts", "--json"))["prompts"]
        return [each["way"] for each in found] == [way]

    eventually(is_there, PATIENCE_S)
    assert found[0]["agent_id"] == "nux"
    return str(found[0]["id"])


def is_allowed_by_keys(desk: Desk, program: Program, seen: Screen) -> None:
    """A dialog that is there when a daemon begins, whatever hook has asked before, is answered on
    the screen."""
    made = home(desk) / "made"
    if BEGUN[program.name].has_hook:
        asked(desk, "hook")
    else:
        seen.wait(DIALOGS[program.name])
    configure(desk, {"prompts": {"hold_seconds": 0}})
    question = asked(desk, "pane")
    assert DIALOGS[program.name] in seen.shown.text
    assert not made.exists()
    desk.thrum("prompts", "approve", question)
    seen.wait(SAID)
    assert made.exists()


def is_denied_by_keys(desk: Desk, program: Program, seen: Screen) -> None:
    """So is one for which no hook waits any more."""
    made = home(desk) / "not-made"
    desk.model.steps[:] = [touches(program, made), Say("so be it")]
    seen.say("make another one")
    desk.thrum("prompts", "deny", asked(desk, "pane"))
    eventually(lambda: DIALOGS[program.name] not in seen.shown.text)
    assert not made.exists()
    desk.model.steps.clear()


def is_told_of_mail(desk: Desk, program: Program) -> None:
    """The model has who it is, and mail; then it asks for leave."""
    begun = BEGUN[program.name]
    if begun.is_primed:
        hears(desk, priming.WORDS)
    else:
        assert desk.model.heard == []
    desk.model.steps += [touches(program, home(desk) / "made"), Say(SAID)]
    desk.thrum("send", MAIL, "--to", "@nux")
    heard = hears(desk, MAIL)
    if not begun.is_primed:  # else it may come at the end of that turn
        assert (words.nudge(["furiosa"]) in heard.text) is not begun.is_woken
    assert (SIGN in heard.text) is is_told(program)


def begins_anew(desk: Desk, program: Program, tmux: Tmux) -> None:
    """The agent has what it said, or wrote down, in the same pane."""
    heard, before = len(desk.model.heard), pane(tmux)
    reads = registry.adapter(program.name).has_transcripts
    if not reads:
        # Nobody can read what it said, so it is asked to write that down.
        plan = {"filePath": str(plan_of(desk)), "content": f"{layout.PLAN}\n\n{LEFT}\n"}
        desk.model.steps += [Use("write", plan), Say("it is written")]
    elif not is_told(program):
        desk.model.steps += [runs(program, f"{THRUM} prime"), Say("I have read it")]
    flags = ["--force"] if reads else []
    done = json.loads(desk.thrum("tmux", "restart", "nux", *flags, "--json"))
    assert (done["launch"], pane(tmux)) == ("ready", before)
    assert done["snapshot_lines"] > 1
    if not is_told(program):
        desk.thrum("prompts", "approve", asked(desk, "pane"))
    hears(desk, "@nux", page.SNAPSHOT_HEADING, SAID if reads else LEFT, after=heard)


def plan_of(desk: Desk) -> Path:
    """Where nux writes what is left to do."""
    return shelf.of(home(desk) / ".thrum", "nux").path


def pane(tmux: Tmux) -> str:
    return tmux.do("display-message", "-p", "-t", "=nux:", "#{session_id} #{pane_id}")


@of()
def test_it_lives(desk: Desk, program: Program, tmux: Tmux) -> None:
    prepare(desk, program)
    seen = begin(desk, program, tmux)
    is_told_of_mail(desk, program)
    is_allowed_by_keys(desk, program, seen)
    is_denied_by_keys(desk, program, seen)
    begins_anew(desk, program, tmux)
    desk.thrum("tmux", "kill", "nux")
