"""``thrum daemon run``, begun without the command line and without a second interpreter.

Whoever starts a daemon this way waits for it, and the daemon would carry the rest of the command
line with it. A line that says more than that, or a place where there is none, is read as usual.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

LINES = (["daemon", "run"], ["daemon", "run", "--local"])
"""What is begun here."""


def run(words: Sequence[str]) -> None:
    """Is the daemon of the place around, and ends the process; returns where there is none."""
    from thrum import paths
    from thrum.errors import ThrumError

    try:
        place = paths.find(Path.cwd(), os.environ)
    except (ThrumError, OSError):
        return  # The command says what is missing.
    if not sys.flags.safe_path:
        # The folder of the program, or the working directory by `-m`: what is loaded later shall
        # not be looked for there, see `thrum.daemon.control.program`.
        del sys.path[0]
    from thrum.daemon import program

    program.run(["--repo", str(place.repository), *words[2:]])
