"""What somebody began and did not end: worktrees for agents, and coming from an older program."""

from __future__ import annotations

from collections.abc import Iterator

from thrum.doctor.finding import Finding, Level, Patient
from thrum.migration import older
from thrum.worktrees.record import Records


def check(patient: Patient) -> Iterator[Finding]:
    """No worktree is half made or half taken away, and no older program's database is left."""
    for name, record in Records.of(patient.place).all().items():
        text = f"the {record.doing} of the worktree {name} has not ended: {record.path}"
        todo = f"unless it goes on now, finish it: `thrum worktree {record.doing} {name}`"
        yield Finding("unfinished", Level.NOTE, text, todo)
    yield from _left_behind(patient)


def _left_behind(patient: Patient) -> Iterator[Finding]:
    database = patient.place.database
    for path in sorted(database.parent.glob(f"{database.name}.foreign-*")):
        if older.is_older(path):
            text = f"the database of an older program is put aside: {path}"
            todo = "`thrum migrate --dry-run` says what it has that the branch lacks"
            yield Finding("unfinished", Level.NOTE, text, todo)
