"""Reading a backup back: every checksum, the bundles by git, and a database made of its log."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

from gitstore import Format, LogError, Snapshot
from thrum.backup import bundles, databases, manifest
from thrum.backup.manifest import Manifest
from thrum.backup.older import Older
from thrum.backup.vault import LEFT_OUT
from thrum.daemon.projection import connection, rebuild
from thrum.errors import ThrumError
from thrum.scratch import check_room, scratch
from thrum.worktrees.git import Git

MOST_NAMED: Final = 20


@dataclass(slots=True)
class Verdict:
    """What reading a backup back came to.

    Attributes:
        manifest: what it says of itself.
        faults: what is wrong, a sentence each; `more` of them are not named.
        events: events in the database that was made of its log.
        messages: messages in it.
        lost: events that the copy of the database holds and the log does not. The log had lost them
            when the backup was taken; nothing was damaged since.
        damaged: copies of databases that are damaged, and were when the backup was taken.
    """

    manifest: Manifest
    faults: list[str] = field(default_factory=list)
    more: int = 0
    events: int = 0
    messages: int = 0
    lost: int = 0
    damaged: list[str] = field(default_factory=list)

    @property
    def said(self) -> list[str]:
        """All that is wrong, what was so when the backup was taken included."""
        lost = [f"its log lacks {self.lost:,} of the events in its database"] if self.lost else []
        damaged = [f"its copy {name} was damaged when it was taken" for name in self.damaged]
        return [*self.faults, *lost, *damaged]

    def found(self, fault: str) -> None:
        """One more fault."""
        if len(self.faults) < MOST_NAMED:
            self.faults.append(fault)
        else:
            self.more += 1


def verify(folder: Path, environment: Mapping[str, str], now_ns: int) -> Verdict:
    """Reads a backup back.

    Args:
        folder: with its manifest.
        environment: git's.
        now_ns: the clock.

    Raises:
        ThrumError: ``not_found``, there is none; ``storage``, its manifest cannot be read, or
            there is no room in ``TMPDIR``.
    """
    verdict = Verdict(manifest.whole(folder))
    older = Older(folder, verdict.manifest) if verdict.manifest.is_older else None
    for fault in chain(_changed(folder, verdict.manifest), older.faults() if older else ()):
        verdict.found(fault)
    if verdict.faults:
        return verdict
    with scratch() as beside:
        try:
            if older:
                _built(beside, older, verdict, now_ns)
            else:
                _rebuilt(beside, folder, verdict, environment, now_ns)
        except (ThrumError, LogError, OSError, sqlite3.Error) as error:
            check_room(beside, error)
            verdict.found(f"its log cannot be read: {error}")
    return verdict


def _changed(folder: Path, about: Manifest) -> Iterator[str]:
    """Files that are gone, are others, or were never in it."""
    for name, wanted in about.files.items():
        path = folder / name
        if name == LEFT_OUT and not path.exists():
            continue  # as in every archive
        if not _is_inside(name) or path.is_symlink():
            yield f"{name[:200]} leads out of the backup"
            continue
        try:
            found = manifest.checksum(path)
        except OSError as error:
            yield f"{name} cannot be read: {error.strerror}"
            continue
        if not found.has_bytes_of(wanted):
            yield f"{name} is not what was written: its checksum is another one"
    for name in about.bundles:
        if name not in about.files:
            yield f"{name[:200]} is a bundle and no file of the backup"
    for where, _, files in os.walk(folder):
        for file in files:
            name = str(Path(where, file).relative_to(folder))
            if name != manifest.FILE and name not in about.files:
                yield f"{name} is no part of the backup"


def _is_inside(name: str) -> bool:
    return not name.startswith("/") and ".." not in Path(name).parts


def _built(beside: Path, older: Older, verdict: Verdict, now_ns: int) -> None:
    """Makes a database of an older program's backup."""
    built = beside / "messages.db"
    rebuild.build(built, older, now_ns)
    with closing(connection.reader(built)) as db:
        _count(db, verdict)


def _count(db: sqlite3.Connection, verdict: Verdict) -> None:
    (verdict.events,) = db.execute("SELECT count(*) FROM events").fetchone()
    (verdict.messages,) = db.execute("SELECT count(*) FROM messages").fetchone()


def _rebuilt(
    beside: Path, folder: Path, verdict: Verdict, environment: Mapping[str, str], now_ns: int
) -> None:
    """Makes a database of bundles and journal, and compares it with the one in the backup."""
    repository = beside / "repository.git"
    repository.mkdir()
    git = Git(repository, environment)
    git.run("init", "--quiet", "--bare", "--template=")
    bundles.unpack(folder, verdict.manifest.bundles, git, f"refs/heads/{Format().branch}")
    snapshot = Snapshot.take(repository, folder / "var" / "journal.jsonl")
    if snapshot.tip != verdict.manifest.tip:
        verdict.found(f"the bundles lead to {snapshot.tip[:10]} and not to the commit named")
    built = beside / "messages.db"
    rebuild.build(built, snapshot, now_ns)
    verdict.damaged = [name for name in databases.NAMES if databases.is_damaged(folder / name)]
    with closing(connection.reader(built)) as db:
        _count(db, verdict)
        kept = folder / LEFT_OUT
        if kept.exists() and LEFT_OUT not in verdict.damaged:
            _compare(db, kept, verdict)


def _compare(db: sqlite3.Connection, kept: Path, verdict: Verdict) -> None:
    db.execute("ATTACH ? AS kept", (f"{kept.absolute().as_uri()}?mode=ro&immutable=1",))
    sql = (
        "SELECT count(*) FROM kept.events WHERE event_id NOT IN (SELECT event_id FROM main.events)"
    )
    (verdict.lost,) = db.execute(sql).fetchone()
    db.execute("DETACH kept")
