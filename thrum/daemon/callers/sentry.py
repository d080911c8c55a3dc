"""Asking the identity guards inside the daemon: the repository's modes, the daemon's own log."""

from __future__ import annotations

import logging
from pathlib import Path

from thrum.identity import guard_modes, guards
from thrum.identity.guards import Fire

logger = logging.getLogger("thrum.guard")


def ask(thrum_dir: Path, fire: Fire | None) -> bool:
    """Carries out what the guard's mode says; whether it fired.

    Args:
        thrum_dir: the ``.thrum`` whose modes count.
        fire: what the guard's function returned.

    Raises:
        GuardError: the guard refuses.
    """
    if fire is None:
        return False
    return guards.judge(fire, guard_modes.read(thrum_dir).modes, logger.warning)
