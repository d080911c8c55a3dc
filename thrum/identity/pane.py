"""The tmux pane of this shell.

tmux puts only a number into the environment, so it must be asked. That is one process, and only
identities that name a pane need it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PATIENCE_S: Final = 2.0
_FORMAT: Final = "#{session_name}:#{window_index}.#{pane_index}"


def current(environment: Mapping[str, str]) -> str:
    """The pane as ``session:window.pane``; empty outside tmux, or when tmux does not say."""
    pane = environment.get("TMUX_PANE", "")
    if not environment.get("TMUX") or not pane:
        return ""
    import subprocess

    try:
        done = subprocess.run(
            ["tmux", "display-message", "-p", "-t", pane, _FORMAT],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""
