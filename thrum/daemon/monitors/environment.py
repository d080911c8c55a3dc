"""The environment of a monitor's program, which is built from nothing, and where it is found."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from thrum.errors import ThrumError

PATH: Final = "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin"
COPIED: Final = ("HOME", "USER", "LANG", "TZ")
"""What it has of the daemon's, which is that of whoever happened to start it."""


def of(daemons: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """The environment.

    Args:
        daemons: the daemon's.
        own: what the monitor has besides; it counts where both say something.
    """
    copied = {name: daemons[name] for name in COPIED if name in daemons}
    return {**copied, "PATH": PATH, **own}


def check(argv0: str, cwd: str, environment: Mapping[str, str]) -> None:
    """Refuses a program or a directory that is not there.

    Raises:
        ThrumError: ``not_found``, the directory; ``program``.
    """
    here = Path(cwd)
    if not here.is_absolute() or not here.is_dir():
        raise ThrumError("not_found", f"cwd {cwd!r} is no directory", "give its whole path")
    path = environment.get("PATH", os.defpath)
    name = str(here / argv0) if "/" in argv0 else argv0
    if shutil.which(name, path=path) is None:
        raise ThrumError(
            "program",
            f"the program {argv0!r} is not found",
            f"name it by its whole path, or add --env PATH=…; monitors have PATH={PATH}",
        )
