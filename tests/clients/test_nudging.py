"""Real clients in tmux are told of mail by one line, when their own is free, and never before."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests import tmux as real
from tests.clients.desk import Desk
from tests.clients.model import Say
from tests.clients.programs import Program, of
from tests.tmux import NEEDED, Tmux
from thrum.daemon.nudges import words
from thrum.runtimes.screens.reading import read
from thrum.runtimes.screens.screen import Kind
from thrum.runtimes.screens.shown import Cursor, Shown

pytestmark = [pytest.mark.clients, NEEDED]
LINES: Final = {
    "claude": "claude",
    "codex": "codex --no-daemon",
    "qwen": "qwen",
    "gemini": "gemini -m gemini-2.5-flash",
    "opencode": "opencode",
}
HANDED_ON: Final = "ANTHROPIC_* CLAUDE_* OPENAI_* GEMINI_* GOOGLE_* OPENCODE_* COLORTERM"
PATIENCE_S: Final = 120.0
SESSION: Final = "=f:"
SOME_S: Final = 8.0
"""In which something that must not happen would."""


@pytest.fixture
def tmux(desk: Desk) -> Iterator[Tmux]:
    """The person's."""
    with real.own(desk.home) as made:
        yield made


def shown(tmux: Tmux) -> Shown:
    cursor = tmux.do("display-message", "-p", "-t", SESSION, "#{cursor_y} #{cursor_x}").split()
    text = tmux.do("capture-pane", "-p", "-t", SESSION)
    return Shown.of(text, Cursor(int(cursor[0]), int(cursor[1])))


def comes(tmux: Tmux, program: Program, kind: Kind) -> None:
    """Waits until the client's screen is that."""
    end = time.monotonic() + PATIENCE_S
    while read(program.name, shown(tmux)).kind is not kind:
        assert time.monotonic() < end, shown(tmux).text
        time.sleep(0.3)


def begins(desk: Desk, tmux: Tmux, program: Program) -> Desk:
    """Furiosa's session, with the client in it; the desk of nux, who writes to her."""
    desk.connect(program)
    desk.env |= {"TMUX_TMPDIR": str(tmux.folder), "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
    config = desk.repo / ".thrum" / "config.json"
    ours: dict[str, Any] = {
        "nudge": {"after_seconds": 2, "chrome_quiet_seconds": 2},
        "tmux": {"environment": HANDED_ON},
    }
    config.write_text(json.dumps(json.loads(config.read_text()) | ours))
    desk.thrum("daemon", "restart")
    desk.thrum("tmux", "create", "f", "--cwd", str(desk.repo), "--no-agent")
    file = desk.repo / ".thrum" / "identities" / "furiosa.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"runtime": program.name}))
    where = shutil.which(program.line[0], path=desk.env["PATH"])
    folder = Path(str(where)).parent
    line = f"PATH={folder}:$PATH {LINES[program.name]}"
    tmux.do("send-keys", "-t", SESSION, "-l", line)
    tmux.do("send-keys", "-t", SESSION, "Enter")
    comes(tmux, program, Kind.IDLE)
    return desk.hire("nux")


def offered(nux: Desk) -> list[str]:
    """By what nux's messages were put before furiosa."""
    sent = json.loads(nux.thrum("sent", "--json"))["messages"]
    return [each["recipients"][0].get("offered_by", "") for each in sent]


def heard(desk: Desk, text: str) -> int:
    """How often the model has heard that from its person."""
    last = desk.model.heard[-1].said if desk.model.heard else []
    return sum(text in said for role, said in last if role in {"user", "message"})


@of()
def test_an_idle_client_is_told_of_mail_once(desk: Desk, program: Program, tmux: Tmux) -> None:
    nux = begins(desk, tmux, program)
    word = words.nudge(["nux"])
    tmux.do("send-keys", "-t", SESSION, "-l", "half a line")
    comes(tmux, program, Kind.TYPED)
    desk.model.steps.append(Say("I look"))
    nux.thrum("send", "the tank leaks", "--to", "@furiosa")
    time.sleep(SOME_S)
    assert (offered(nux), desk.model.heard) == ([""], [])
    assert read(program.name, shown(tmux)).line == "half a line"
    for _ in "half a line":
        tmux.do("send-keys", "-t", SESSION, "BSpace")
    desk.model.wait(1, PATIENCE_S)
    comes(tmux, program, Kind.IDLE)
    assert heard(desk, word) == 1
    assert offered(nux) == ["pane"]
    assert "the tank leaks" not in desk.model.heard[-1].text
    time.sleep(SOME_S)
    assert heard(desk, word) == 1  # and not once more, whatever else the client asks for itself
