"""The tmux pane of this shell.

tmux puts only a number into the environment, so it must be asked. That is one process, and only
identities that name a pane need it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

PATIENCE_S: Final = 2.0
_FORMAT: Final = "#{session_name}:#{window_index}.#{pane_index}"
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_-]")
"""What a session is not named by; each becomes a hyphen."""


def current(environment: Mapping[str, str]) -> str:
    """The pane as ``session:window.pane``; empty outside tmux, or when tmux does not say."""
    pane = environment.get("TMUX_PANE", "")
    if not environment.get("TMUX") or not pane:
        return ""
    return _ask(environment, "display-message", "-p", "-t", pane, _FORMAT) or ""


def exists(environment: Mapping[str, str], pane: str) -> bool:
    """Whether tmux has a session for ``session:window.pane``."""
    # Without the sign tmux takes a session whose name only begins so.
    session = f"={pane.partition(':')[0]}"
    return _ask(environment, "has-session", "-t", session) is not None


def _ask(environment: Mapping[str, str], *words: str) -> str | None:
    """What tmux says, or None if it fails, does not answer or is not there."""
    import subprocess

    try:
        done = subprocess.run(
            ["tmux", *words],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None


def of_worktree(environment: Mapping[str, str], worktree: Path) -> str:
    """The pane, if its session bears the worktree's name; else empty.

    A program in another session, such as a coordinator that looks in, would have what is meant for
    the worktree's agent typed into its own pane.
    """
    here = current(environment)
    return here if here.partition(":")[0] == _UNFIT.sub("-", worktree.name) else ""
