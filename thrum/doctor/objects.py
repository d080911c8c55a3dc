"""The branch's objects, packs and refs: whole, or brought back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from gitstore import (
    Answer,
    Examination,
    Fault,
    ObjectFault,
    ObjectMended,
    Outcome,
    PackMended,
    Refetched,
    RefFault,
    RefMended,
)
from thrum import config
from thrum.daemon.projection import connection, rebuild
from thrum.doctor.finding import Finding, Level, Patient
from thrum.plurals import counted

_REMOTE: Final = "daemon.sync.remote"


def _examination(patient: Patient) -> Examination:
    place = patient.place
    wanted = str(config.load(place.config, patient.environment).get(_REMOTE))
    return Examination.of(place.repository, environment=patient.environment, wanted=wanted)


def check(patient: Patient) -> Iterator[Finding]:
    """Packs and refs are whole, and every object of the newest commits can be read."""
    for fault in _examination(patient).faults():
        match fault:
            case Fault():
                text = f"{fault.path}: {fault.reason}"
                rest = "it is set aside, and what it held comes back"
            case RefFault():
                text = f"the ref {fault.path} is damaged"
                rest = "it is set aside and found again"
            case ObjectFault():
                text = f"the object {fault.id} of {fault.branch} cannot be read"
                rest = "it is set aside and fetched again"
        yield Finding("objects", Level.WRONG, text, f"run `thrum doctor --fix`: {rest}")


def mend(patient: Patient) -> Iterator[Finding]:
    """Puts back what is damaged, from what is whole here or at the remote."""
    found = _examination(patient)
    aside = patient.place.var / "objects-damaged"
    for done in found.mend(patient.environment, aside, _last_read(patient)):
        match done:
            case PackMended():
                yield from _of_pack(done)
            case Refetched():
                yield _of_branch(done.answer, found.format.remote)
            case RefMended():
                yield from _of_ref(done, found)
            case ObjectMended():
                yield from _of_object(done, found.format.remote)


def _of_object(done: ObjectMended, remote: str) -> Iterator[Finding]:
    """What came of asking the remote for an object."""
    if done.aside:
        yield Finding("objects", Level.OK, f"the damaged object is moved to {done.aside}")
    if done.answer.outcome is Outcome.OK:
        text = f"the object {done.id} is here again from the remote"
        yield Finding("objects", Level.OK, text)
        return
    text = f"{remote} does not give the object {done.id}: {done.answer.words}"
    todo = (
        "`thrum backup restore` puts back what the last backup has; else copy .git/objects of"
        " another clone that has the branch over this one's"
    )
    yield Finding("objects", Level.WRONG, text, todo)


def _of_ref(done: RefMended, found: Examination) -> Iterator[Finding]:
    """Where a ref points now; what was last seen of the remote is fetched again."""
    if done.aside:
        yield Finding("objects", Level.OK, f"the damaged ref is moved to {done.aside}")
    if done.name != found.format.ref:
        return
    branch = found.format.branch
    if done.is_known:
        yield Finding("objects", Level.OK, f"{branch} is at {done.tip} again")
        return
    text = f"nothing tells where {branch} was; it begins anew with the next sync"
    # What a reflog still names is no find to git otherwise.
    todo = (
        "if it was never pushed, `git fsck --lost-found --no-reflogs` names its last commit, and"
        f" `git update-ref {found.format.ref} COMMIT` goes back to it"
    )
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


def _of_branch(answer: Answer, remote: str) -> Finding:
    """What came of asking the remote for everything, history included."""
    if answer.outcome is Outcome.OK:
        text = f"the branch is fetched again from {remote}, with its history"
        return Finding("objects", Level.OK, text)
    text = f"{remote} does not give the branch: {answer.words or answer.outcome.value}"
    return Finding("objects", Level.NOTE, text)


def _of_pack(pack: PackMended) -> Iterator[Finding]:
    """What was done about a damaged pack or index."""
    for path in pack.aside:
        yield Finding("objects", Level.OK, f"moved aside to {path}")
    if pack.trouble:
        text = f"{pack.fault.path}: {pack.fault.reason}: {pack.trouble}"
        todo = "clone the repository anew and move .thrum over, or see `git help unpack-objects`"
        yield Finding("objects", Level.WRONG, text, todo)
    elif pack.saved:
        yield Finding("objects", Level.OK, f"{counted(pack.saved, 'object')} of it put back")
    else:
        text = f"{pack.fault.path.name} ({pack.fault.reason}) is mended"
        yield Finding("objects", Level.OK, text)
