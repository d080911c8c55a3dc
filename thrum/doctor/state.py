"""``state.db``: sound, not newer than this program, and of services that there are."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

from thrum.daemon import control, lifecycle
from thrum.daemon.state import connection, opening
from thrum.daemon.state.migrating import BACKUPS
from thrum.daemon.state.schema import owner_of, things
from thrum.doctor.finding import Finding, Level, Patient
from thrum.paths import PRIVATE_FILE
from thrum.plurals import counted

_ASIDE: Final = re.compile(r"\.(?:damaged|foreign|newer|missing|empty)-\d{8}T\d{6}Z(?:-\d+)?")
_UNREADABLE: Final = (sqlite3.Error, UnicodeDecodeError)


def check(patient: Patient) -> Iterator[Finding]:
    """The file can be read, no owner's tables are newer or nobody's, and nothing lies aside."""
    path = patient.place.state
    aside = list(_set_aside(path))
    yield from aside
    yield from _kept(path)
    reason = opening.judge(path)
    fault = _fault(path, reason)
    if fault:
        todo = "run `thrum doctor --fix`: what can be read is carried over into a new file"
        yield Finding("state", Level.WRONG, fault, todo)
    elif reason == "missing" and aside:
        yield Finding("state", Level.NOTE, "there is none; the next start makes an empty one")
    elif reason == "foreign":
        text = f"another program made {path}; the next start moves it aside and begins anew"
        todo = "move it back to the program whose it is, before you start the daemon"
        yield Finding("state", Level.WRONG, text, todo)
    elif reason == "newer":
        refusal = opening.newer(path)
        yield Finding("state", Level.WRONG, refusal.message, refusal.hint or "")
    elif not reason:
        yield from _owners(patient)


def _fault(path: Path, reason: str) -> str:
    """What is damaged of it; empty where nothing is, or where nobody should mend it."""
    if reason == "empty":
        return "the file is empty"
    if reason == "damaged":
        return "the file is damaged"
    if reason:
        return ""
    try:
        with closing(connection.reader(path)) as db:
            verdict = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except _UNREADABLE as error:
        return f"it cannot be read: {error}"
    return "" if verdict == "ok" else f"the file is damaged: {verdict}"


def _set_aside(path: Path) -> Iterator[Finding]:
    for each in sorted(path.parent.glob(f"{path.name}.*")):
        if _ASIDE.fullmatch(each.name.removeprefix(path.name)):
            todo = "look at it; delete it when nothing in it is missed"
            yield Finding("state", Level.NOTE, f"{each} was set aside", todo)


def _kept(path: Path) -> Iterator[Finding]:
    """What upgrades kept."""
    for each in opening.copies(path):
        text = f"{each} is what was there before an upgrade"
        todo = f"delete it when nobody goes back to that program; the newest {BACKUPS} are kept"
        yield Finding("state", Level.NOTE, text, todo)


def _owners(patient: Patient) -> Iterator[Finding]:
    with closing(connection.reader(patient.place.state)) as db:
        versions = dict(db.execute("SELECT name, version FROM owners"))
        tables = [t.name for t in things(db).values() if t.kind == "table" and t.name != "owners"]
    yield from _newer(patient, versions)
    yield from _nobodys(patient, versions, tables)


def _newer(patient: Patient, versions: Mapping[str, int]) -> Iterator[Finding]:
    for schema in patient.schemas:
        version = versions.get(schema.owner, 0)
        if version > schema.version:
            text = f"{schema.owner}'s facts have version {version}, known is {schema.version}"
            todo = "use the newer program; until then this service cannot work"
            yield Finding("state", Level.WRONG, text, todo)


def _nobodys(patient: Patient, versions: Mapping[str, int], tables: list[str]) -> Iterator[Finding]:
    """Tables of services that this program does not have (any more). They do no harm.

    Those of a newer program look the same as those of an older one, and nothing else has what they
    hold; so it is said that they may be missed before it is said how they go.
    """
    known = {schema.owner for schema in patient.schemas}
    for owner in sorted({*versions, *map(owner_of, tables)} - known):
        theirs = [name for name in tables if owner_of(name) == owner]
        sql = "".join(f'DROP TABLE "{name}"; ' for name in theirs)
        if owner:
            sql += f"DELETE FROM owners WHERE name = '{owner}';"
        text = f"no service is called {owner!r}, and it has {counted(len(theirs), 'table')}"
        todo = (
            "leave them if a newer program was here, for it goes on with them; if none was, "
            f"to drop them, stop the daemon and run in {patient.place.state}: {sql.strip()}"
        )
        yield Finding("state", Level.NOTE, text, todo)


def mend(patient: Patient) -> Iterator[Finding]:
    """Carries what can be read of a damaged file over into a new one, while no daemon runs."""
    place = patient.place
    if not _fault(place.state, opening.judge(place.state)):
        return
    ran = control.is_held(place)
    if ran:
        control.stop(place)
    try:
        with lifecycle.only_daemon(place):
            opening.damage_mark(place.state).touch(PRIVATE_FILE)
            prepared = opening.prepare(place.state, patient.schemas, patient.now_ns())
    finally:
        if ran:
            control.start(place, patient.environment)
    for path in prepared.aside:
        yield Finding("state", Level.OK, f"moved aside to {path}")
    for owner, text in prepared.lost.items():
        yield Finding("state", Level.NOTE, f"{owner}: {text}")
    yield Finding("state", Level.OK, "what could be read is in a new file")
