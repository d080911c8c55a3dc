"""The branch's objects, packs and refs: whole, or brought back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import pygit2

from gitstore import Format, Outcome, damage, packs, remote
from gitstore.disk import OsDisk
from gitstore.program import GitProgram
from gitstore.ref import Ref, common_directory
from gitstore.repository import open_repository
from thrum import config
from thrum.daemon.projection import connection, rebuild
from thrum.doctor.finding import Finding, Level, Patient

_REMOTE: Final = "daemon.sync.remote"


@dataclass(frozen=True, slots=True)
class _Store:
    """Where the branch is, and what was last seen of the remote's."""

    repository: pygit2.Repository
    format: Format
    branch: Ref
    tracking: Ref

    @classmethod
    def of(cls, patient: Patient) -> _Store:
        repository = open_repository(patient.place.repository)
        wanted = str(config.load(patient.place.config, patient.environment).get(_REMOTE))
        name = remote.chosen(repository, Format(), wanted)
        format = replace(Format(), remote=name)
        branch, tracking = (Ref(repository, ref, OsDisk()) for ref in (format.ref, format.tracking))
        return cls(repository, format, branch, tracking)


def check(patient: Patient) -> Iterator[Finding]:
    """Packs and refs are whole, and every object of the newest commits can be read."""
    found = _Store.of(patient)
    repository = found.repository
    damaged = list(packs.faults(common_directory(repository) / "objects"))
    for fault in damaged:
        todo = "run `thrum doctor --fix`: it is set aside, and what it held comes back"
        yield Finding("objects", Level.WRONG, f"{fault.path}: {fault.reason}", todo)
    if damaged:
        return  # libgit2 must not see them
    for ref in (found.branch, found.tracking):
        if not damage.is_readable(ref):
            todo = "run `thrum doctor --fix`: it is set aside and found again"
            yield Finding("objects", Level.WRONG, f"the ref {ref.path} is damaged", todo)
            continue
        broken = damage.first_unreadable(repository.path, ref.read())
        if broken:
            name = ref.name.removeprefix("refs/").removeprefix("heads/")
            text = f"the object {broken} of {name} cannot be read"
            todo = "run `thrum doctor --fix`: it is set aside and fetched again"
            yield Finding("objects", Level.WRONG, text, todo)
            return


def mend(patient: Patient) -> Iterator[Finding]:
    """Fetches the branch's objects again that cannot be read any more."""
    found = _Store.of(patient)
    repository, format = found.repository, found.format
    git = GitProgram(common_directory(repository), format, patient.environment)
    aside = patient.place.var / "objects-damaged"
    for pack in damage.mend_packs(common_directory(repository) / "objects", git, aside):
        yield from _of_pack(pack)
        if pack.trouble:
            return
        if not packs.is_whole(pack.fault.path.with_suffix(".pack")):
            yield _fetched_whole(format, git)
    for ref in (found.tracking, found.branch):
        if not damage.is_readable(ref):
            yield from _mend_ref(patient, found, ref)
    for ref in (found.tracking, found.branch):
        for each in damage.mend(repository, ref, format, git, aside):
            if each.aside:
                yield Finding("objects", Level.OK, f"the damaged object is moved to {each.aside}")
            yield _asked_for(each, format)
        if not damage.has_commit(repository, ref):
            yield from _mend_ref(patient, found, ref)


def _asked_for(each: damage.Mended, format: Format) -> Finding:
    """What came of asking the remote for an object."""
    if each.answer.outcome is Outcome.OK:
        return Finding("objects", Level.OK, f"the object {each.id} is here again from the remote")
    text = f"{format.remote} does not give the object {each.id}: {each.answer.words}"
    todo = "copy .git/objects of another clone that has the branch over this one's"
    return Finding("objects", Level.WRONG, text, todo)


def _mend_ref(patient: Patient, found: _Store, ref: Ref) -> Iterator[Finding]:
    """Has a ref point at what is known of it; what was last seen of the remote is fetched again."""
    aside = patient.place.var / "objects-damaged"
    known = []
    if ref is found.branch:
        known = [tip for tip in (_last_read(patient), found.tracking.read()) if tip]
    done = damage.mend_ref(found.repository, ref, known, aside)
    if done.aside:
        yield Finding("objects", Level.OK, f"the damaged ref is moved to {done.aside}")
    if ref is found.tracking:
        return
    if done.tip in known:
        yield Finding("objects", Level.OK, f"{found.format.branch} is at {done.tip} again")
        return
    text = f"nothing tells where {found.format.branch} was; it begins anew with the next sync"
    todo = "if it was never pushed, `git fsck --lost-found` names its commits"
    yield Finding("objects", Level.WRONG, text, todo)


def _last_read(patient: Patient) -> str:
    """The commit up to which the database has read the branch; empty if nobody knows."""
    if not patient.place.database.exists():
        return ""
    try:
        db = connection.reader(patient.place.database)
        try:
            cursor = rebuild.read_cursor(db)
        finally:
            db.close()
    except sqlite3.Error:
        return ""
    return cursor.tip if cursor else ""


def _fetched_whole(format: Format, git: GitProgram) -> Finding:
    """Brings what a pack took with it that nothing leads to from the newest files."""
    answer = git.fetch(whole=True)
    if answer.outcome is Outcome.OK:
        text = f"the branch is fetched again from {format.remote}, with its history"
        return Finding("objects", Level.OK, text)
    text = f"{format.remote} does not give the branch: {answer.words or answer.outcome.value}"
    return Finding("objects", Level.NOTE, text)


def _of_pack(pack: damage.PackMended) -> Iterator[Finding]:
    """What was done about a damaged pack or index."""
    for path in pack.aside:
        yield Finding("objects", Level.OK, f"moved aside to {path}")
    if pack.trouble:
        text = f"{pack.fault.path}: {pack.fault.reason}: {pack.trouble}"
        todo = "clone the repository anew and move .thrum over, or see `git help unpack-objects`"
        yield Finding("objects", Level.WRONG, text, todo)
    elif pack.saved:
        yield Finding("objects", Level.OK, f"{pack.saved} objects of it were put back")
    else:
        yield Finding(
            "objects", Level.OK, f"{pack.fault.path.name} ({pack.fault.reason}) is mended"
        )
