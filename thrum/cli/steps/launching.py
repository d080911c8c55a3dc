"""Having an agent's program begin in its worktree, where something here can do that."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final

from thrum.cli import table
from thrum.cli.context import Context
from thrum.runtimes import presets

COMMAND: Final = "tmux launch"
"""What begins programs, where this Thrum has it."""

LIMIT_S: Final = 90.0


def can() -> bool:
    """Whether programs can be begun from here."""
    return COMMAND in table.COMMANDS


def launch(context: Context, name: str, root: Path, runtime: str) -> str:
    """Begins a program in a session of the worktree's name; the session.

    Raises:
        ThrumError: what `tmux.create` and `tmux.launch` refuse.
    """
    about = {"name": name, "cwd": str(root), "no_agent": True}
    answer = context.call("tmux.create", about, LIMIT_S)
    session = str(answer.get("session") or name)
    context.call("tmux.launch", {"name": session, "runtime": runtime}, LIMIT_S)
    return session


def typed(context: Context, root: Path, runtime: str) -> str:
    """What a person types to begin the runtime in a worktree."""
    mine = presets.read(Path(context.env.get("HOME", "/")))
    command = mine.find(runtime).command if runtime else ()
    folder = f"cd {shlex.quote(str(root))}"
    return f"{folder} && {shlex.join(command)}" if command else folder
