"""The daemon as the program of this process, however the process was begun."""

from __future__ import annotations

import faulthandler
import os
from typing import NoReturn

from thrum.garbage import uncollected


def run(words: list[str]) -> NoReturn:
    """Is the daemon until a signal ends it, and ends the process.

    Args:
        words: what `thrum.daemon.main` reads.
    """
    with uncollected():
        import gitstore  # noqa: F401 -- before pygit2, which it loads without certificates
        from thrum.daemon import lifecycle
        from thrum.daemon.main import main

    # What a library in C dies of is in the log, to which stderr goes in the background.
    faulthandler.enable()
    lifecycle.leave(main(words, os.environ))
