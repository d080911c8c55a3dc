"""Where the suite's time goes; a plugin of pytest that ``tox -e timings`` loads.

A test that waits has long wall time and little processor time; one that repeats has much of both.
So both are printed, by file and by worker, the worker's own processor time apart from that of the
programs that it started and saw end. Daemons that outlive the test which started them count for
the test during which they end. What a thread that a test left behind goes on to spend counts for
whatever runs, so it is looked for at the end of each worker.
"""

from __future__ import annotations

import resource
from collections import defaultdict
from collections.abc import Generator
from dataclasses import dataclass
from time import monotonic, process_time, sleep  # as they are before a test replaces them
from typing import Any, Final

import pytest

FILES: Final = 40
"""How many files are printed, those that take longest first."""

TESTS: Final = 25
"""How many single tests are printed."""


LOOK_S: Final = 0.2
"""Seconds for which a worker that has nothing to do is looked at."""

LEFT: Final = "left behind"
"""Under which a worker says how much of a processor it uses then."""


@dataclass(frozen=True)
class Spent:
    """Seconds since some beginning, or between two moments.

    Attributes:
        wall: by the clock.
        own: of the processor, in this process.
        started: of the processor, in programs that this process started and saw end.
    """

    wall: float = 0.0
    own: float = 0.0
    started: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.wall + other.wall, self.own + other.own, self.started + other.started)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.wall - other.wall, self.own - other.own, self.started - other.started)

    def __str__(self) -> str:
        return f"{self.wall:8.1f} {self.own:8.1f} {self.started:8.1f}"


def so_far() -> Spent:
    """What this process has spent until now."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    started = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(
        monotonic(),
        own.ru_utime + own.ru_stime,
        started.ru_utime + started.ru_stime,
    )


class Clock:
    """Measures each phase of each test, where it runs."""

    def __init__(self) -> None:
        self._last = so_far()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self) -> None:
        """Begins with a test."""
        self._last = so_far()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self,
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Writes into the report what its phase took."""
        report = yield
        now = so_far()
        spent, self._last = now - self._last, now
        report.__dict__["spent"] = [spent.wall, spent.own, spent.started]
        return report

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tells what goes on where no test runs any more."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            began = process_time()
            sleep(LOOK_S)
            output[LEFT] = (process_time() - began) / LOOK_S


class Table:
    """Adds up what all workers report, and prints it."""

    def __init__(self) -> None:
        self._began = monotonic()
        self._by: dict[str, dict[str, Spent]] = {
            kind: defaultdict(Spent) for kind in ("file", "test", "worker", "phase")
        }
        self._tests: dict[str, set[str]] = defaultdict(set)
        self._ended: dict[str, float] = {}
        self._left: dict[str, float] = {}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Notes what a worker said at its end; one that was brought down said nothing."""
        self._left[node.gateway.id] = getattr(node, "workeroutput", {}).get(LEFT, 0.0)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Counts one phase of one test; of one that brought its worker down nothing is known."""
        spent = Spent(*getattr(report, "spent", ()))
        file = report.nodeid.partition("::")[0]
        worker = getattr(report, "worker_id", "this")
        keys = {"file": file, "test": report.nodeid, "worker": worker, "phase": report.when}
        for kind, key in keys.items():
            self._by[kind][key] += spent
        self._tests[file].add(report.nodeid)
        self._tests[worker].add(report.nodeid)
        self._ended[worker] = monotonic() - self._began

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Prints the tables."""
        line = terminalreporter.write_line
        terminalreporter.section("timings: seconds by the clock, of the processor here, and below")
        for kind, count in (("phase", 3), ("worker", 99), ("file", FILES), ("test", TESTS)):
            line("")
            table = sorted(self._by[kind].items(), key=lambda row: -row[1].wall)
            for key, spent in table[:count]:
                many = f"{len(self._tests[key]):6}" if key in self._tests else ""
                end = f" until {self._ended[key]:.0f} s" if key in self._ended else ""
                left = f", {self._left[key]:.0%} at rest" if key in self._left else ""
                line(f"{spent} {many} {key}{end}{left}")


def pytest_configure(config: pytest.Config) -> None:
    """Measures in workers, or here where there are none; adds up here."""
    if hasattr(config, "workerinput"):
        config.pluginmanager.register(Clock(), "timings-clock")
        return
    config.pluginmanager.register(Table(), "timings-table")
    if not config.getoption("numprocesses", None):
        config.pluginmanager.register(Clock(), "timings-clock")
