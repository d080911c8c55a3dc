"""What an older database knows of this clone alone: monitors, and messages on a phone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from thrum.daemon.monitors import kept as monitors
from thrum.daemon.monitors.job import (
    LEAST_DEBOUNCE_S,
    MOST_DEBOUNCE_S,
    Job,
    Status,
    check_command,
    check_name,
)
from thrum.daemon.state import State
from thrum.daemon.telegram import kept as telegram
from thrum.errors import ThrumError
from thrum.migration.older import OlderDatabase, Row

SCHEMAS: Final = (monitors.SCHEMA, telegram.SCHEMA)
"""Whose tables they come into; those of other owners stay as they are."""


@dataclass(slots=True)
class LocalFacts:
    """Those facts, as they are kept here.

    Attributes:
        jobs: what monitors do, and how it stood with them.
        phone: messages there, each with the message here and when that was noted.
        refused: monitors that cannot run here, and why.
    """

    jobs: list[Job] = field(default_factory=list)
    phone: list[tuple[str, str, int]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, older: OlderDatabase) -> LocalFacts:
        """What the database says of them.

        Raises:
            ThrumError: ``database``, it cannot be read.
        """
        found = cls()
        for row in older.rows("monitors"):
            try:
                found.jobs.append(_job(row))
            except (ValueError, TypeError, AttributeError) as error:
                found.refused.append(f"monitor {row['name'][:100]}: {error}")
            except ThrumError as error:
                found.refused.append(error.message)
        found.phone = list(_phone(older.rows("telegram_msg_map")))
        return found

    def lacking(self, db: sqlite3.Connection) -> list[Job]:
        """The monitors whose names are free here."""
        taken = {job.name for job in monitors.jobs(db)}
        return [job for job in self.jobs if job.name not in taken]

    def keep(self, state: State) -> int:
        """Keeps what is lacking; how many monitors that were.

        Raises:
            ThrumError: ``state``, ``storage``.
        """

        def add(db: sqlite3.Connection) -> int:
            lacking = self.lacking(db)
            for job in lacking:
                monitors.add(db, job)
            return len(lacking)

        def note(db: sqlite3.Connection) -> None:
            telegram.take_over(db, self.phone)

        if self.phone:
            state.of("telegram").write_now(note)
        return state.of("monitors").write_now(add) if self.jobs else 0


def _job(row: Row) -> Job:
    argv, env = tuple(json.loads(row["argv"])), json.loads(row["env"] or "{}") or {}
    texts = [*argv, *env.values()]
    if not all(isinstance(each, str) for each in texts):
        raise ValueError("its command is no list of words")
    check_name(row["name"])
    check_command(argv, env)
    seconds = int(row["debounce_seconds"] or 0)
    return Job(
        id=row["id"],
        name=row["name"],
        argv=argv,
        match=row["match_pattern"],
        target=row["target"],
        cwd=row["cwd"],
        env=env,
        debounce_s=min(max(seconds, LEAST_DEBOUNCE_S), MOST_DEBOUNCE_S),
        schedule=row["schedule"],
        started_by="",
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        status=Status(row["status"]),
        exit_code=int(row["last_exit_code"]) if row["last_exit_code"] else None,
        exit_at=row["last_exit_at"],
    )


def _phone(rows: Iterable[Row]) -> Iterable[tuple[str, str, int]]:
    for row in rows:
        chat, _, message = row["external_key"].partition(":")
        if chat.removeprefix("-").isdecimal() and message.isdecimal():
            at = row["created_at"]
            yield row["external_key"], row["thrum_msg_id"], int(at) if at.isdecimal() else 0
