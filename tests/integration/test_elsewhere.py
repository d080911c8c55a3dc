"""A day on a system without /proc, as macOS is one, as far as Linux can play it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.conftest import World
from tests.integration.transcript import ROOT
from thrum.platform import LINUX

BEGINS = """\
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.integration.elsewhere import begin
sys.path.remove({root!r})
begin(Path({noted!r}))
"""


@pytest.mark.skipif(not LINUX, reason="it plays the other system")
def test_agents_are_known_and_mail_arrives_without_proc(world: World) -> None:
    noted, begins = world.root / "noted", world.root / "begins"
    begins.mkdir()
    (begins / "sitecustomize.py").write_text(BEGINS.format(root=str(ROOT), noted=str(noted)))
    world.environment["PYTHONPATH"] = str(begins)
    alice, bob = world.root / ("a" * 90), world.root / "bob"
    world.repository(alice)
    world.started(alice, "init", "--non-interactive")
    world.git("worktree", "add", "-q", str(bob), cwd=alice)
    for where, name in ((alice, "alice"), (bob, "bob")):
        world.started(where, "quickstart", name, "--role", "tester", "--module", "x")
        assert world.started(where, "whoami", "--json").json["agent_id"] == name
    sent = world.started(alice, "send", "Look.", "--to", "@bob", "--json").json
    assert world.started(bob, "wait", "--timeout", "20s").out.startswith("MESSAGES_RECEIVED")
    world.started(bob, "reply", sent["message_id"], "I did.")
    assert "I did." in world.started(alice, "inbox", "--unread").out
    world.started(alice, "daemon", "restart")
    assert "running" in world.started(alice, "daemon", "status").out
    world.started(alice, "daemon", "stop")
    assert _read(noted) == []


def _read(noted: Path) -> list[str]:
    return sorted(set(noted.read_text().splitlines())) if noted.exists() else []
