"""Having an agent's program begin in its worktree, where something here can do that."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any, Final

from thrum.cli import table
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.steps import attaching, launched, vacating
from thrum.errors import ThrumError
from thrum.runtimes import presets

LAUNCH: Final = "tmux launch"
"""What begins programs, where this Thrum has it."""

_TRIES: Final = 3
_PAUSE_S: Final = 1.0


def can() -> bool:
    """Whether programs can be begun from here."""
    return LAUNCH in table.COMMANDS


def launch(
    context: Context, name: str, root: Path, runtime: str, *, is_awaited: bool = True
) -> dict[str, Any]:
    """Begins a program in a session of the worktree's name, which is made if it is not there; how
    that went.

    Args:
        context: where.
        name: the worktree's.
        root: the worktree.
        runtime: which program.
        is_awaited: whether to wait until it is known how it went.

    Raises:
        ThrumError: what `tmux.create` and `tmux.launch` refuse.
    """
    for _ in range(_TRIES):
        try:
            return _launch(context, name, root, runtime, is_awaited=is_awaited)
        except ThrumError as error:
            # What somebody began who was cut off may come up, or end, just now.
            if error.kind != "conflict":
                raise
        context.sleep(_PAUSE_S)
    return _launch(context, name, root, runtime, is_awaited=is_awaited)


def _launch(
    context: Context, name: str, root: Path, runtime: str, *, is_awaited: bool
) -> dict[str, Any]:
    claim = {"caller_agent_id": vacating.claim(context)}
    row = attaching.row_of(attaching.known(context), name)
    if row.get("front"):  # somebody began it, and was cut off or asks again
        if is_awaited and row.get("launch") == "starting":
            row = {**row, **launched.known(context, [name])[name]}
        about = {"session": name, "runtime": row.get("runtime") or runtime}
        return {**about, "launch": row.get("launch") or "ready", "reason": row.get("reason", "")}
    if row.get("state") != "alive":
        params = {"name": name, "cwd": str(root), "no_agent": True, **claim}
        made = context.call("tmux.create", params, launched.LIMIT_S)
        name = str(made.get("session") or name)
    return launched.ask(context, name, runtime, is_awaited=is_awaited)


def end(context: Context, pane: str) -> None:
    """Ends the session in which an agent lives; one that is gone, or not ours, is none."""
    session = pane.partition(":")[0]
    if not (session and can()):
        return
    try:
        about = {"name": session, "caller_agent_id": vacating.claim(context)}
        context.call("tmux.kill", about, launched.LIMIT_S)
    except ThrumError as error:
        if error.kind == "not_found":
            return
        context.note(f"the session {one_line(session)} stays: {one_line(error.message)}")


def typed(context: Context, root: Path, runtime: str) -> str:
    """What a person types to begin the runtime in a worktree."""
    mine = presets.read(Path(context.env.get("HOME", "/")))
    command = mine.find(runtime).command if runtime else ()
    folder = f"cd {shlex.quote(str(root))}"
    return f"{folder} && {shlex.join(command)}" if command else folder
