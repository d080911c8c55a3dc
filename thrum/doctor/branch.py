"""The log on the branch line by line, and the branch's worktree."""

from __future__ import annotations

from collections.abc import Iterator

from gitstore import Format, Snapshot, linkage
from gitstore.disk import OsDisk
from gitstore.linkage import Health
from gitstore.ref import STALE_SECONDS, left_by_crash
from thrum import git_place
from thrum.doctor.finding import Finding, Level, Patient


def lines(patient: Patient) -> Iterator[Finding]:
    """Every line of the branch and every record of the journal can be read."""
    place = patient.place
    for finding in Snapshot.take(place.repository, place.journal).findings():
        where = f"{finding.path}:{finding.number}" if finding.number else finding.path
        todo = "the line is kept as it is; correct it where it was written"
        yield Finding("log", Level.WRONG, f"{where}: {finding.reason}", todo)
    lock = Format().ref
    git = git_place.find(place.repository)
    path = git.common_dir / f"{lock}.lock" if git else None
    if path and path.exists() and patient.now_ns() / 1e9 - path.stat().st_mtime > 30:
        todo = "the next sync removes it; or run `thrum doctor --fix`"
        yield Finding("log", Level.WRONG, f"{path} was left by a crash", todo)


def worktree(patient: Patient) -> Iterator[Finding]:
    """The branch's worktree, if there is one, is sound and in step."""
    git = git_place.find(patient.place.repository)
    if git is None:
        return
    found = linkage.find(git.common_dir, Format())
    for other in linkage.other_checkouts(git.common_dir, Format()):
        text = f"{Format().branch} is checked out in {other}; its files do not follow"
        yield Finding("worktree", Level.NOTE, text)
    kept = patient.place.journal.with_name("worktree-kept")
    for path in sorted(kept.iterdir()) if kept.is_dir() else ():
        text, todo = f"{path} was set aside from it", "look at it; delete it when it is not missed"
        yield Finding("worktree", Level.NOTE, text, todo)
    if found.health is Health.NONE:
        return
    if found.health is Health.SOUND:
        yield from _lock_of_index(patient, found)
        return
    level = Level.NOTE if found.health is Health.MISSING else Level.WRONG
    todo = "`thrum sync worktree on` repairs it, `thrum sync worktree off` removes it"
    if found.health in {Health.OTHER_BRANCH, Health.OCCUPIED}:
        todo = "look at what is there; then move it away"
    yield Finding("worktree", level, f"{found.folder}: {found.text}", todo)


def _lock_of_index(patient: Patient, found: linkage.Linkage) -> Iterator[Finding]:
    lock = found.admin / "index.lock" if found.admin else None
    if lock and lock.exists() and patient.now_ns() / 1e9 - lock.lstat().st_mtime > STALE_SECONDS:
        todo = "remove it if no git is at work there; until then the files do not follow"
        yield Finding("worktree", Level.WRONG, f"{lock} was left by a crash", todo)


def remove_lock(patient: Patient) -> Iterator[Finding]:
    """Removes a lock on the branch that a crash left."""
    git = git_place.find(patient.place.repository)
    lock = git.common_dir / f"{Format().ref}.lock" if git else None
    if lock and OsDisk().remove_unheld(lock, left_by_crash):
        yield Finding("log", Level.OK, f"{lock} is removed")
