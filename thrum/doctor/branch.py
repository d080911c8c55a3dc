"""The log on the branch line by line, and the branch's worktree."""

from __future__ import annotations

from collections.abc import Iterator

from gitstore import (
    Format,
    Health,
    Snapshot,
    find_worktree,
    lock_left,
    numbered,
    other_checkouts,
    remove_lock,
)
from thrum import git_place
from thrum.daemon.projection.omission import SIGN, covers_line, purges_in
from thrum.daemon.projection.reading import line_id
from thrum.doctor.accepted import accept_by
from thrum.doctor.finding import Finding, Level, Patient
from thrum.plurals import counted


def lines(patient: Patient) -> Iterator[Finding]:
    """Every line of the branch and every record of the journal can be read."""
    place = patient.place
    for finding in Snapshot.take(place.repository, place.journal).findings():
        where = f"{finding.path}:{finding.number}" if finding.number else finding.path
        id = line_id(finding.path, finding.raw) if finding.raw else ""
        todo = "the line is kept as it is; correct it where it was written" + accept_by(id)
        yield Finding("log", Level.WRONG, f"{where}: {finding.reason}", todo, id=id)
    git = git_place.of(place.repository)
    path = lock_left(git.common_dir, patient.now_ns() / 1e9) if git else None
    if path:
        todo = "the next sync removes it; or run `thrum doctor --fix`"
        yield Finding("log", Level.WRONG, f"{path} was left by a crash", todo)


def purged(patient: Patient) -> Iterator[Finding]:
    """What a purge covers has left the files of the branch."""
    place = patient.place
    snapshot = Snapshot.take(place.repository, place.journal)
    files = [(file.path, snapshot.data(file)) for file in snapshot.files()]
    told = (raw for _, data in files if SIGN in data for _, raw in numbered(data))
    purges = purges_in(told)
    left = sum(
        covers_line(purges, path, raw)
        for path, data in files
        for _, raw in (numbered(data) if purges else ())
    )
    if left:
        text = f"{counted(left, 'purged line')} in the files of {Format().branch}, not shown"
        todo = (
            "the next sync takes them out; where an older program brings them back each time,"
            " update it, then purge again"
        )
        yield Finding("purged", Level.NOTE, text, todo)


def worktree(patient: Patient) -> Iterator[Finding]:
    """The branch's worktree, if there is one, is sound and in step."""
    git = git_place.of(patient.place.repository)
    if git is None:
        return
    found = find_worktree(git.common_dir)
    for other in other_checkouts(git.common_dir):
        text = f"{Format().branch} is checked out in {other}; its files do not follow"
        yield Finding("worktree", Level.NOTE, text)
    kept = patient.place.journal.with_name("worktree-kept")
    for path in sorted(kept.iterdir()) if kept.is_dir() else ():
        text, todo = f"{path} was set aside from it", "look at it; delete it when it is not missed"
        yield Finding("worktree", Level.NOTE, text, todo)
    if found.health is Health.NONE:
        return
    if found.health is Health.SOUND:
        lock = found.index_lock_left(patient.now_ns() / 1e9)
        if lock:
            todo = "remove it if no git is at work there; until then the files do not follow"
            yield Finding("worktree", Level.WRONG, f"{lock} was left by a crash", todo)
        return
    level = Level.NOTE if found.health is Health.MISSING else Level.WRONG
    todo = "`thrum sync worktree on` repairs it, `thrum sync worktree off` removes it"
    if found.health in {Health.OTHER_BRANCH, Health.OCCUPIED}:
        todo = "look at what is there; then move it away"
    yield Finding("worktree", level, f"{found.folder}: {found.text}", todo)


def unlock(patient: Patient) -> Iterator[Finding]:
    """Removes a lock on the branch that a crash left."""
    git = git_place.of(patient.place.repository)
    removed = remove_lock(git.common_dir) if git else None
    if removed:
        yield Finding("log", Level.OK, f"{removed} is removed")
