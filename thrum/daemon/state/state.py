"""Opening ``state.db`` for all owners, and what is wrong with it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct, field

from thrum.clock import NowNs
from thrum.daemon.state import connection, faults
from thrum.daemon.state.faults import Refusal
from thrum.daemon.state.file import File
from thrum.daemon.state.migrating import migrate
from thrum.daemon.state.opening import Prepared, damage_mark, prepare
from thrum.daemon.state.schema import Schema
from thrum.daemon.state.tables import Tables
from thrum.paths import PRIVATE_FILE

logger = logging.getLogger(__name__)


class State(Struct, eq=False):
    """The local facts of all owners. Use `State.open`.

    Attributes:
        prepared: what was found at opening, and what had to be done for it.
    """

    schemas: tuple[Schema, ...]
    prepared: Prepared = field(default_factory=Prepared)
    _file: File | None = None
    _refused: Mapping[str, Refusal] = field(default_factory=dict)
    _closed: bool = False

    @classmethod
    def open(cls, path: Path, schemas: Iterable[Schema], now_ns: NowNs) -> State:
        """Opens the file, whatever state it is in, and brings every owner's tables up.

        Whatever is damaged of the file, or wrong with the disk, is raised by the handles, not here.

        Args:
            path: the file; its directory is made if need be. Nobody else has it open.
            schemas: all owners, each once.
            now_ns: the clock.

        Raises:
            ValueError: two schemas are of one owner.
            ThrumError: ``database``, a newer program wrote the file.
        """
        known = tuple(schemas)
        if len({schema.owner for schema in known}) < len(known):
            raise ValueError("two schemas are of one owner")
        try:
            return _opened(path, known, now_ns())
        except (OSError, sqlite3.Error) as error:
            logger.error("%s cannot be used: %s", path, error)
            if faults.is_damage(error):
                _mark(path)
                refusal = faults.damage(path, error)
            else:
                refusal = faults.disk(path, error)
            return cls(known, _refused={schema.owner: refusal for schema in known})

    def of(self, owner: str) -> Tables:
        """The tables of an owner, or a handle that raises why they cannot be used.

        Raises:
            KeyError: no schema is of that owner.
        """
        if owner not in {schema.owner for schema in self.schemas}:
            raise KeyError(owner)
        refusal = self._refused.get(owner)
        if refusal is not None:
            return Tables(owner, refusal)
        assert self._file is not None
        return Tables(owner, self._file)

    def trouble(self) -> Mapping[str, str]:
        """By owner, what is wrong with its facts or was lost of them, in a sentence."""
        told = dict(self.prepared.lost)
        if self._file is not None:
            told |= self._file.trouble
        for owner, refusal in self._refused.items():
            told[owner] = f"{refusal.message}; {refusal.hint}"
        return told

    @property
    def closed(self) -> bool:
        """Whether `close` was called; every handle refuses then."""
        return self._closed

    def close(self) -> None:
        """Ends what is under way and closes the file, with an empty write-ahead log."""
        self._closed = True
        if self._file is not None:
            self._file.close()


def _opened(path: Path, schemas: tuple[Schema, ...], now_ns: int) -> State:
    prepared = prepare(path, schemas, now_ns)
    if prepared.aside:
        aside = ", ".join(map(str, prepared.aside))
        logger.warning("state.db is a new one: %s; aside: %s", prepared.reason, aside)
    for owner, text in prepared.lost.items():
        logger.warning("%s: %s", owner, text)
    db = connection.writer(path)
    try:
        refused = migrate(db, path, schemas, now_ns)
        file = File(path, db)
        for schema in schemas:
            file.admit(schema.owner)
    except BaseException:
        db.close()
        raise
    return State(schemas, prepared, file, refused)


def _mark(path: Path) -> None:
    try:
        damage_mark(path).touch(PRIVATE_FILE)
    except OSError as error:
        logger.error("the next start is not told that state.db is damaged: %s", error)
