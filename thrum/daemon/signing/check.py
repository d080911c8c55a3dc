"""What ``thrum doctor`` looks at of signatures."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from typing import Final

from thrum import config
from thrum.config import Config
from thrum.daemon.projection import connection
from thrum.daemon.projection.apply.withholding import NOT_SIGNED
from thrum.daemon.signing import decisions, policy, requiring, said
from thrum.daemon.signing.gate import SignatureGate
from thrum.daemon.signing.key_file import KeyFile, paths_of
from thrum.daemon.signing.policy import Policy
from thrum.daemon.signing.ring import Owned, Ring, State
from thrum.daemon.signing.service import Signing
from thrum.doctor.accepted import accept_by
from thrum.doctor.facts import facts
from thrum.doctor.finding import Finding, Level, Patient
from thrum.errors import ThrumError
from thrum.plurals import counted

MOST_JUDGED: Final = 1000
"""Of so many messages, the newest, it is looked whether their signatures are good."""

_SHORT: Final = 12
_OTHERS: Final = 0o077
_TODO: Final = {
    NOT_SIGNED: "ask whoever works there why nothing is signed (an older program, `signatures:"
    " off`); to take it in: set `signatures` to `warn`, look, set it to `require` again",
    "not what was signed": "somebody changed it, or made it up; nothing takes it in but `warn`",
}
_TODO_BY_KEY: Final = "it counts once its key does: `thrum keys list`"
_FORGED: Final = (
    "ask whoever works there; who can push to the remote can write in anybody's name, and"
    " `signatures: require` has it not count"
)


def signatures(patient: Patient) -> Iterator[Finding]:
    """The key of this clone can be used, and others' signatures are good."""
    settings = _settings(patient)
    if policy.of(settings) is Policy.OFF:
        return
    yield from _key_files(patient, _daemon_id(settings))
    if not patient.place.database.exists():
        return
    try:
        with closing(connection.reader(patient.place.database)) as db:
            yield from _in_events(patient, settings, db)
    except ValueError:
        return  # an event that is none: the check of the database says so


def _in_events(patient: Patient, settings: Config, db: sqlite3.Connection) -> Iterator[Finding]:
    own, daemon_id = _own(patient, settings), _daemon_id(settings)
    ring = _ring(patient, db, own)
    yield from _own_key(own, daemon_id, ring)
    yield from _strange_keys(ring, daemon_id)
    if policy.of(settings) is Policy.REQUIRE:
        yield from _withheld(db)
    else:
        yield from _wrong(db, ring)


def gate_of(patient: Patient) -> SignatureGate | None:
    """Who says which events count, as for the daemon; None: nobody."""
    settings = _settings(patient)
    try:
        is_required = policy.of(settings) is Policy.REQUIRE
    except ThrumError:
        return None  # `signatures` says why
    if not is_required:
        return None
    own = _own(patient, settings)
    with facts(patient, decisions.SCHEMA) as db:
        return requiring.gate(db, lambda: own) if db else None


def _settings(patient: Patient) -> Config:
    known = {**config.KEYS, **Signing.keys}
    return config.load(patient.place.config, patient.environment, known)


def _daemon_id(settings: Config) -> str:
    return str(settings.get("identity.daemon_id") or "")


def _own(patient: Patient, settings: Config) -> Owned | None:
    daemon_id = _daemon_id(settings)
    try:
        return KeyFile(paths_of(patient.place), daemon_id).owned()
    except ThrumError:
        return None  # `_key_files` says why


def _key_files(patient: Patient, daemon_id: str) -> Iterator[Finding]:
    for path in paths_of(patient.place):
        if not path.exists():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & _OTHERS:
            text = f"{path} is open to others (mode {mode:03o}), who could sign as this clone"
            yield _found(text, f"chmod 600 {path}; if somebody may have read it: thrum keys rotate")
        if not os.access(path, os.R_OK):
            yield _found(f"{path} cannot be read", f"chown or chmod 600 {path}")
    try:
        KeyFile(paths_of(patient.place), daemon_id).owned()
    except ThrumError as error:
        yield _found(error.message, error.hint or "")


def _ring(patient: Patient, db: sqlite3.Connection, own: Owned | None) -> Ring:
    from thrum.daemon.signing.ed25519 import is_by

    with facts(patient, decisions.SCHEMA) as ours:
        decided = decisions.read(ours) if ours else {}
    return Ring.of(said.about_keys(db), decided, is_by, own)


def _own_key(own: Owned | None, daemon_id: str, ring: Ring) -> Iterator[Finding]:
    published = [each for each in ring.published if each.daemon == daemon_id]
    if own is None and published:
        yield _found(
            "this clone has no key any more; the next event makes one, which others have to accept",
            "put signing.key back from a copy, or tell them its id then: thrum keys export",
        )
    elif own in ring.ended:
        yield _found("the key of this clone is revoked", "thrum keys rotate")


def _strange_keys(ring: Ring, daemon_id: str) -> Iterator[Finding]:
    for each in sorted(ring.published):
        state = ring.standing(each)
        if each.daemon != daemon_id and state in ("waiting", "contested"):
            text = f"the key {each.key[:_SHORT]} of {each.daemon} counts for nothing here: {state}"
            todo = (
                f"ask whoever works there for the id, then: thrum keys accept {each.key[:_SHORT]}"
            )
            yield Finding("signatures", Level.NOTE, text, todo)


def _withheld(db: sqlite3.Connection) -> Iterator[Finding]:
    rows = db.execute(
        "SELECT withheld, origin_daemon, count(*) FROM events WHERE withheld IS NOT NULL"
        " GROUP BY 1, 2 ORDER BY 1, 2"
    )
    for why, daemon, count in rows:
        are = "is" if count == 1 else "are"
        text = f"{counted(count, 'event')} of {daemon or 'no clone'} {are} withheld: {why}"
        yield _lasting(text, _TODO.get(why, _TODO_BY_KEY))


def _wrong(db: sqlite3.Connection, ring: Ring) -> Iterator[Finding]:
    found = Counter(
        (each.event.origin_daemon, finding.why)
        for each in said.newest(db, MOST_JUDGED)
        if (finding := ring.judge(each.event, each.line.encode())).state is State.WRONG
    )
    for (daemon, why), count in sorted(found.items()):
        text = f"{counted(count, 'message')} of {daemon} with a wrong signature: {why}"
        yield _lasting(text, _FORGED)


def _lasting(text: str, todo: str) -> Finding:
    """What stands in the log for ever, so that one may live with it; more of it is another one."""
    id = hashlib.sha256(text.encode()).hexdigest()[:32]
    return Finding("signatures", Level.WRONG, text, todo + accept_by(id), id=id)


def _found(text: str, todo: str) -> Finding:
    return Finding("signatures", Level.WRONG, text, todo)
