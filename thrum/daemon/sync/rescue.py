"""Saving what the journal holds once its file is gone, or another daemon's."""

from __future__ import annotations

import logging

from gitstore import Log
from thrum.daemon.footing import Footing

logger = logging.getLogger("thrum.sync")


def save(log: Log, footing: Footing) -> None:
    """Commits what the journal holds, from memory, if the repository is the one that it was.

    Raises:
        LogError, OSError, KeyError, pygit2.GitError: as `Log.rescue`.
    """
    if footing.has_repository():
        logger.info("%d events of the journal are on the branch", log.rescue())
    elif log.has_waiting:
        logger.error("the repository is gone, and with it what no remote had yet")
