"""What a look at a place is given, and what it finds."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

import pygit2

from gitstore import LogError
from thrum.daemon import services
from thrum.daemon.state.schema import Schema
from thrum.errors import ThrumError
from thrum.paths import Place

UNREADABLE: Final = (
    ThrumError,
    LogError,
    OSError,
    sqlite3.Error,
    # Text of a damaged database may be no UTF-8, which sqlite3 reports like this.
    UnicodeDecodeError,
    pygit2.GitError,
)
"""What a check may end with; it is one line of the report then."""


class Level(Enum):
    """How much a finding matters."""

    OK = "ok"
    NOTE = "note"
    ACCEPTED = "accepted"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: the check, how it went, and what to do.

    With `by_rebuild` the database is at fault and the log makes it good. What has an `id` may be
    accepted (`thrum.doctor.accepted`), because nothing ever makes it good.
    """

    check: str
    level: Level
    text: str
    todo: str = ""
    by_rebuild: bool = False
    id: str = ""
    accepted_at: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at, and with what; `schemas` are those of the services that there are."""

    place: Place
    environment: Mapping[str, str]
    now_ns: Callable[[], int] = time.time_ns
    schemas: tuple[Schema, ...] = field(default_factory=services.schemas)
    sleep: Callable[[float], None] = time.sleep
