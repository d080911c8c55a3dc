"""What a monitor is told to do, and how it stands with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

from thrum.errors import ThrumError
from thrum.names import MONITOR

MOST: Final = 100
"""Monitors that run at once."""

LEAST_DEBOUNCE_S: Final = 30
USUAL_DEBOUNCE_S: Final = 60
MOST_DEBOUNCE_S: Final = 7 * 24 * 3600
LONGEST_NAME: Final = 48
LONGEST_MATCH: Final = 1000
LARGEST_COMMAND: Final = 65536
"""Bytes of a command and its environment together."""

_NAME: Final = re.compile(r"[a-z0-9_][a-z0-9_-]*")
_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Status(StrEnum):
    """How it stands with a monitor; one that rests between two runs is running."""

    RUNNING = "running"
    DEAD = "dead"
    STOPPED = "stopped"


class Job(Struct, frozen=True):
    """One monitor, as it is kept.

    Attributes:
        id: ``mon_`` and a ULID.
        name: what it is called, and its sender after ``monitor:``.
        argv: the program and its arguments; no shell reads them.
        match: what a line must match to be reported; every line does where it is empty.
        target: whom it reports to: an agent, a role, a group or everyone.
        cwd: where the program stands.
        env: what its environment has besides what every monitor's has.
        debounce_s: seconds from one report to the next.
        schedule: when it runs; empty for one that is to run always.
        started_by: whose it is.
        created_at: when it was made.
        updated_at: when its status changed last.
        status: how it stands with it.
        exit_code: how its last run ended, negative if a signal ended it; None before.
        exit_at: when; empty before.
    """

    id: str
    name: str
    argv: tuple[str, ...]
    match: str
    target: str
    cwd: str
    env: Mapping[str, str]
    debounce_s: int
    schedule: str
    started_by: str
    created_at: str
    updated_at: str
    status: Status = Status.RUNNING
    exit_code: int | None = None
    exit_at: str = ""

    @property
    def sender(self) -> str:
        """Who its messages are from."""
        return f"{MONITOR}{self.name}"


def check_debounce(seconds: int) -> int:
    """The seconds from one report to the next; 0 stands for the usual ones.

    Raises:
        ThrumError: ``invalid_params``.
    """
    found = seconds or USUAL_DEBOUNCE_S
    if found < LEAST_DEBOUNCE_S:
        raise ThrumError("invalid_params", f"debounce must be at least {LEAST_DEBOUNCE_S} seconds")
    if found > MOST_DEBOUNCE_S:
        raise ThrumError("invalid_params", "debounce is at most a week")
    return found


def check_name(name: str) -> None:
    """Refuses what cannot be a monitor's name.

    Raises:
        ThrumError: ``invalid_params``.
    """
    if len(name) > LONGEST_NAME or _NAME.fullmatch(name) is None:
        raise ThrumError(
            "invalid_params",
            f"the monitor name {name!r} may hold only a-z, 0-9, '_' and, but for the first, '-',"
            f" at most {LONGEST_NAME} of them",
        )


def check_command(argv: tuple[str, ...], env: Mapping[str, str]) -> None:
    """Refuses what no process can be started with.

    Raises:
        ThrumError: ``invalid_params`` or ``too_large``.
    """
    if not argv or not argv[0]:
        raise ThrumError("invalid_params", "argv names no program")
    wrong = next((key for key in env if _KEY.fullmatch(key) is None), None)
    if wrong is not None:
        raise ThrumError("invalid_params", f"{wrong!r} cannot name a variable")
    texts = [*argv, *env, *env.values()]
    if any("\0" in each for each in texts):
        raise ThrumError("invalid_params", "a command cannot hold NUL")
    if sum(len(each.encode("utf-8", "surrogatepass")) for each in texts) > LARGEST_COMMAND:
        raise ThrumError("too_large", f"a command has at most {LARGEST_COMMAND:,} bytes")
