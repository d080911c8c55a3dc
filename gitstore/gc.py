"""Living beside a user's ``git gc``, also with ``--prune=now``.

New objects are garbage to a prune that looked at the refs before ours moved. While it runs, gc
keeps a file ``gc.pid`` with its process and host. So after a ref has moved one waits until no gc
runs and looks whether the objects are still there: a gc that could take them was running then, or
has taken them already.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gitstore.errors import LogError

PATIENCE_SECONDS: Final = 60.0
_PAUSE: Final = 0.05


def is_running(common_directory: Path) -> bool:
    """Whether a gc of this host works on the repository."""
    try:
        pid, host = (common_directory / "gc.pid").read_text().split()
        if host != socket.gethostname():
            return False
        os.kill(int(pid), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True


def await_end(common_directory: Path, sleep: Callable[[float], None]) -> None:
    """Returns when no gc runs.

    Raises:
        LogError: it takes too long; what was written is not known to be safe yet.
    """
    waited = 0.0
    while is_running(common_directory):
        if waited >= PATIENCE_SECONDS:
            raise LogError("git gc has been running for a minute; the next sync tries again")
        sleep(_PAUSE)
        waited += _PAUSE
