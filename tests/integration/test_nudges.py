"""Mail that nothing else brings is told of in a pane, once, whatever is killed meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.integration.conftest import World, eventually
from tests.tmux import Tmux
from tests.tui import Tui
from thrum.daemon.nudges import words

FLAGS = ("--name", "erin", "--role", "tester", "--module", "api", "--runtime", "claude")


def offered(world: World, main: Path) -> list[str]:
    """By what the lead's messages were put before erin, the newest first."""
    sent = world.thrum(main, "sent", "--json").json["messages"]
    return [each["recipients"][0].get("offered_by", "") for each in sent]


def test_mail_is_told_of_over_restarts(world: World, tmux: Callable[..., str]) -> None:
    main = clone(world)
    world.git("worktree", "add", "-q", "../api", cwd=main)
    world.thrum(main, "tmux", "create", "api", "--cwd", "../api", *FLAGS)
    person = Tmux(world.root, Path(world.environment["HOME"]))
    program = Tui(person, "=api:", world.root / "tui")
    program.begin()
    eventually(lambda: program.shows("it is done"))

    world.thrum(main, "send", "the tank leaks", "--to", "@erin")
    eventually(lambda: program.said == [words.nudge(["lead"])])
    eventually(lambda: offered(world, main) == ["pane"])

    program.order("dialog")
    world.thrum(main, "send", "and the pump", "--to", "@erin")
    world.kill(main)
    world.thrum(main, "daemon", "start")
    world.thrum(main, "send", "and the valve", "--to", "@erin")
    program.order("idle")
    eventually(lambda: program.said[1:] == [words.nudge(["lead", "lead"])])
    eventually(lambda: offered(world, main) == ["pane"] * 3)
    world.kill(main)
    world.thrum(main, "daemon", "start")
    program.order("busy", "idle")
    spool = main / ".thrum" / "spool" / "erin"
    assert len(list(spool.iterdir())) == 3
    world.thrum(world.root / "api", "message", "read", "--all")
    tmux("send-keys", "-t", "=api:", "-l", "Z")
    eventually(lambda: program.shows("Z"))
    assert (len(program.said), program.elsewhere) == (2, [])


def clone(world: World) -> Path:
    """A repository with a daemon that waits for as little as it can."""
    world.remote()
    main = world.clone("main")
    world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=main)
    world.settle(main, "lead", "--role", "coordinator", shares=False)
    file = main / ".thrum" / "config.json"
    nudge = {"after_seconds": 1, "chrome_quiet_seconds": -1}
    file.write_text(json.dumps(json.loads(file.read_text()) | {"nudge": nudge}))
    return main
