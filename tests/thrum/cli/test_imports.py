"""What a command may load: hooks run commands all the time, so this is a budget, not a taste."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

# Each of them takes longer than the daemon needs to answer.
HEAVY = {
    "anyio",
    "argparse",
    "asyncio",
    "click",
    "concurrent",
    "gitstore",
    "hashlib",
    "hypothesis",
    "logging",
    "mcp",
    "mcp_types",
    "msgspec",
    "multiprocessing",
    "psutil",
    "pydantic",
    "pygit2",
    "quart",
    "rich",
    "sqlite3",
    "sqlite_utils",
    "ssl",
    "subprocess",
    "tempfile",
    "typer",
    "unicodedata",
    "urllib.request",
    "uuid",
    "yaml",
}
HEAVY_OF_OURS = {
    "thrum.config",
    "thrum.daemon",
    "thrum.events",
    "thrum.ids",
    "thrum.initialize",
    "thrum.cli.typed",
    "thrum.suggest",
}
SCRIPT = """
import sys
from thrum.cli import app, main
context = main.real_context()
code = app.run(context)
sys.stderr.write("\\n" + "\\n".join(["LOADED", *sys.modules]))
sys.exit(code)
"""


def loaded(world: Any, *argv: str) -> set[str]:
    """The modules that a whole process has loaded when the command is done."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *argv],
        cwd=world.root,
        env={"HOME": world.env["HOME"], "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.partition("\nLOADED\n")[2].split())


def bare() -> set[str]:
    """What the interpreter of this environment loads by itself, its own path hooks included."""
    done = subprocess.run(
        [sys.executable, "-c", "import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "argv",
    [
        ["send", "hi", "--to", "@nux"],
        ["inbox"],
        ["inbox", "--json"],
        ["reply", "AAAAAA", "hi"],
        ["sent"],
        ["wait"],
        ["message", "read", "AAAA"],
        ["team"],
        ["whoami"],
        ["session", "heartbeat"],
        ["sync", "status"],
        ["statusline"],
        ["--help"],
        ["message"],
        ["version"],
        ["complete", "--", "send", "--to", "@"],
    ],
)
def test_what_hooks_run_loads_nothing_heavy(world: Any, message: Any, argv: list[str]) -> None:
    world.daemon.answers |= {
        "message.send": {"message_id": "msg_1"},
        "message.list": {"messages": [message()]},
        "message.outbox": {"messages": []},
        "message.get": {"message": {"message_id": "msg_1", "author": {"agent_id": "nux"}}},
        "message.markRead": {"marked_count": 1},
        "message.wait": {"received": True},
        "team.list": {"members": []},
        "agent.whoami": {"agent_id": "furiosa", "session_id": "ses_1"},
        "session.heartbeat": {},
        "sync.status": {},
        "health": {"sync_state": "synced"},
    }
    found = loaded(world, *argv) - bare()
    heavy = {name for name in found if name in HEAVY or name.partition(".")[0] in HEAVY}
    ours = {
        name
        for name in found
        if any(name == each or name.startswith(f"{each}.") for each in HEAVY_OF_OURS)
    }
    assert heavy | ours == set()


def test_help_loads_no_command(world: Any) -> None:
    ours = {name for name in loaded(world, "--help") if name.startswith("thrum")}
    assert ours == {
        "thrum",
        "thrum.errors",
        "thrum.cli",
        "thrum.cli.app",
        "thrum.cli.arguments",
        "thrum.cli.table",
        "thrum.cli.context",
        "thrum.cli.helping",
        "thrum.cli.main",
        "thrum.cli.options",
        "thrum.cli.outside",
    }


@pytest.mark.parametrize("line", [["setup", "status"], ["setup", "status", "--json"]])
def test_a_look_at_what_is_set_up_loads_no_other_command(world: Any, line: list[str]) -> None:
    """It compares texts of ours, and making those loads every command."""
    for runtime in ("claude", "codex"):
        world.run("setup", "--runtime", runtime, "--yes", "--no-skills")
    found = loaded(world, *line) - bare()
    commands = {name for name in found if name.startswith("thrum.cli.commands.")}
    assert commands == {"thrum.cli.commands.setup_status"}
    # What the runtimes say of themselves is in structs: a daemon that starts reads it, too.
    assert found & {*HEAVY, *HEAVY_OF_OURS} == {"msgspec", "uuid"}


def test_a_status_bar_costs_few_modules(world: Any) -> None:
    """It is drawn again and again, in every open session."""
    world.daemon.answers |= {"message.list": {"unread": 2}, "health": {"sync_state": "synced"}}
    ours = {name for name in loaded(world, "statusline") if name.startswith("thrum")}
    assert len(ours) <= 40, sorted(ours)
    assert not any(
        name.startswith(("thrum.runtimes", "thrum.setup", "thrum.cli.steps")) for name in ours
    )
