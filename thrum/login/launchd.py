"""The job of macOS's launchd that starts what is listed."""

from __future__ import annotations

import plistlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

LABEL: Final = "thrum.daemons"
FILE: Final = Path("Library", "LaunchAgents", f"{LABEL}.plist")
"""In the person's home. Whatever lies there is begun at login."""


def text(command: Sequence[str], path: str) -> str:
    """The job.

    Args:
        command: what starts the daemons.
        path: where programs are looked for.
    """
    job = {
        "Label": LABEL,
        "ProgramArguments": list(command),
        "EnvironmentVariables": {"PATH": path},
        "RunAtLoad": True,
        "ProcessType": "Background",
        # Daemons, and the sessions of tmux that they begin, outlive the job.
        "AbandonProcessGroup": True,
    }
    return plistlib.dumps(job).decode()
