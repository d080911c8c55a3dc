"""What holds for every test."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import memory
from tests.laws import ORDINARY, SOAK
from tests.loading import load_share
from tests.rerunning import count_here, say_why

# How long an example takes says more of the machine than of the code.
for name, count in (("ordinary", ORDINARY), ("soak", SOAK)):
    settings.register_profile(
        name, max_examples=count, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
settings.load_profile("ordinary")

# A shell may forbid it; then each of thousands of processes would compile the program anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

SELDOM = (700, 10, 60)
"""When the garbage collector looks: at what is young as always, at everything a sixth as often, for
where so much is loaded that takes a tenth of a second."""

WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Has temporary folders be made in memory, unless somebody says where."""
    if not config.option.basetemp and "TMPDIR" not in os.environ and memory.has_room():
        config.option.basetemp = str(memory.folder())


def pytest_sessionstart(session: pytest.Session) -> None:
    """Has each worker count by itself what failed."""
    count_here(session.config)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says why tests were tried again."""
    say_why(terminalreporter)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Gives the memory back; what failed is kept until the next run."""
    if session.config.option.basetemp == str(memory.folder()) and not exitstatus:
        shutil.rmtree(memory.folder(), ignore_errors=True)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Goes where there is something to stand on: the folders of tests that passed are gone."""
    try:
        Path.cwd()
    except FileNotFoundError:
        os.chdir(item.config.rootpath)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Keeps the garbage collector from what is collected: all of it stays, and there is much."""
    gc.disable()
    try:
        if WORKERS > 1 and session.config.args == session.config.getini("testpaths"):
            load_share(WORKER, WORKERS)
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(*SELDOM)
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Has each worker begin with its share of the long tests, so that none of them comes last.

    A worker is given an equal run of the items; see ``--dist worksteal``.
    """
    long = [item for item in items if item.get_closest_marker("long")]
    short = iter([item for item in items if not item.get_closest_marker("long")])
    ordered: list[pytest.Item] = []
    for worker in range(WORKERS):
        ordered += long[worker::WORKERS]
        end = len(items) * (worker + 1) // WORKERS
        ordered += [item for _, item in zip(range(end - len(ordered)), short, strict=False)]
    items[:] = [*ordered, *short]


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """Programs that tests start end by Ctrl-C.

    A shell has what it runs in the background ignore that, and children inherit it.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
