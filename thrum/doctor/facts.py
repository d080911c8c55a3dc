"""What a service keeps in ``state.db``, for its own check of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager

from thrum.daemon.state import connection, opening
from thrum.daemon.state.schema import Schema
from thrum.doctor.finding import Patient


@contextmanager
def facts(patient: Patient, schema: Schema) -> Iterator[sqlite3.Connection | None]:
    """A connection that cannot write, to look at the tables of a service.

    It is ``None`` where the service has none yet, where they are of another version, and where the
    file cannot be used, which the check of ``state.db`` itself says.
    """
    path = patient.place.state
    if opening.judge(path):
        yield None
        return
    with closing(connection.reader(path)) as db:
        asked = db.execute("SELECT version FROM owners WHERE name = ?", (schema.owner,))
        yield db if asked.fetchone() == (schema.version,) else None
