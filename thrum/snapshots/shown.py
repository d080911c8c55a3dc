"""Whether anybody was shown what a session left: asked by every hook and command of an agent.

So nothing else of ours is imported here.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

FOLDER: Final = "restart"
CONSUMED: Final = ".consumed"
"""How the name of a snapshot ends that was shown, until its agent has acted."""


def has_any(local: Path) -> bool:
    """Whether an agent of the worktree was shown something, and has not acted as far as is known.

    Args:
        local: the worktree's own ``.thrum``.
    """
    try:
        names = os.listdir(local / FOLDER)  # noqa: PTH208 -- names are all that is wanted
    except OSError:
        return False
    return any(each.endswith(CONSUMED) for each in names)
