"""How often a test failed is counted where it runs.

What tries failed tests again has a worker ask the process that leads all workers, before each test,
whether it is to be run once more; two questions, which are read there byte by byte while all
reports come in. That is for a test whose worker died with it. Here such a test has failed.
"""

from __future__ import annotations

from typing import Any, Final

import pytest
from pytest_rerunfailures import StatusDB

ASKED: Final = pytest.StashKey[Any]()
"""What a worker would ask. It stays open: at the other side its end need not be understood."""


def count_here(config: pytest.Config) -> None:
    """Has a worker ask nobody whether a test has failed before.

    Args:
        config: the worker's; that of any other process stays as it is.
    """
    counted = getattr(config, "failures_db", None)
    if counted is not None and hasattr(config, "workerinput"):
        config.stash[ASKED] = counted
        config.failures_db = StatusDB()  # type: ignore[attr-defined]


def say_why(terminal: pytest.TerminalReporter) -> None:
    """Prints why tests failed that were tried again: where they pass then, nobody else does."""
    for report in terminal.stats.get("rerun", ()):
        terminal.section(f"{report.nodeid} failed in {report.when} and was tried again")
        terminal.write_line(report.longreprtext)
