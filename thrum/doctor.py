"""``thrum doctor``: looks at everything and says what to do about what is wrong.

Each check is a function that yields findings; none changes anything. With ``fix`` the repairs that
cannot lose anything are made: what is moved aside is named.
"""

from __future__ import annotations

import sqlite3
import stat
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, Final

import pygit2

from gitstore import Format, LogError, Outcome, Snapshot, damage, linkage, packs, remote
from gitstore.disk import OsDisk
from gitstore.linkage import Health
from gitstore.program import GitProgram
from gitstore.ref import STALE_SECONDS, Ref, common_directory, left_by_crash
from gitstore.repository import open_repository
from thrum import config, git_place
from thrum.clock import format_seconds
from thrum.daemon import control
from thrum.daemon.projection import connection, rebuild, schema
from thrum.errors import ThrumError
from thrum.identity import files, guard_modes, process
from thrum.paths import Place

# Text of a damaged database may be no UTF-8, which sqlite3 does not report as an error of its own.
UNREADABLE: Final = (
    ThrumError,
    LogError,
    OSError,
    sqlite3.Error,
    UnicodeDecodeError,
    pygit2.GitError,
)
"""What a check may end with; it is one line of the report then."""
UNREADABLE_DATABASE: Final = (sqlite3.Error, UnicodeDecodeError)


_REMOTE: Final = "daemon.sync.remote"


class Level(Enum):
    """How much a finding matters."""

    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: the check, how it went, and what to do.

    With `by_rebuild` the database is at fault and the log makes it good.
    """

    check: str
    level: Level
    text: str
    todo: str = ""
    by_rebuild: bool = False


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at, and with what."""

    place: Place
    environment: Mapping[str, str]
    now_ns: Callable[[], int] = time.time_ns


def examine(patient: Patient) -> list[Finding]:
    """Runs every check. A check that finds nothing wrong is one line that says so."""
    report: list[Finding] = []
    readable = True
    for name, check in CHECKS.items():
        if name in OF_OBJECTS and not readable:
            report.append(Finding(name, Level.NOTE, "not looked at, for want of the objects"))
            continue
        try:
            found = list(check(patient))
        except UNREADABLE as error:
            found = [Finding(name, Level.WRONG, str(error))]
        readable &= name != "objects" or not found
        report += found or [Finding(name, Level.OK, "nothing wrong")]
    return report


def is_clean(report: list[Finding]) -> bool:
    """Whether nothing is wrong; notes do not count."""
    return all(finding.level is not Level.WRONG for finding in report)


def _files(patient: Patient) -> Iterator[Finding]:
    """Directories and files are there and closed to others."""
    place = patient.place
    for path in (place.shared, place.var):
        if not path.is_dir():
            todo = "run `thrum init`"
            yield Finding("files", Level.WRONG, f"{path} is missing", todo)
    if not place.identities.is_dir():
        text, todo = f"no agent has worked in {place.root} yet", "begin with `thrum quickstart`"
        yield Finding("files", Level.NOTE, text, todo)
    private = [place.config, place.database, place.journal, place.socket, place.pid_file]
    private += sorted(place.identities.glob("*.json"))
    for path in private:
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            mode = f"{stat.S_IMODE(path.stat().st_mode):o}"
            todo = f"run `chmod 600 {path}`, or `thrum doctor --fix`"
            yield Finding("files", Level.WRONG, f"{path} has mode {mode}", todo)
    for path in sorted(place.var.glob("journal.torn-*")) + sorted(
        place.var.glob("journal.damaged-*")
    ):
        todo = "look at it; delete it when nothing in it is missed"
        yield Finding("files", Level.NOTE, f"{path} was set aside from the journal", todo)


def _config(patient: Patient) -> Iterator[Finding]:
    """The configuration can be read and every key has its type."""
    settings = config.load(patient.place.config, patient.environment)
    for key in config.KEYS:
        try:
            settings.get(key)
        except ThrumError as error:
            yield Finding("config", Level.WRONG, error.message, error.hint or "")
    if not settings.get("identity.daemon_id"):
        todo = "start the daemon once: `thrum daemon start`"
        yield Finding("config", Level.NOTE, "the daemon has no id yet", todo)


def _guards(patient: Patient) -> Iterator[Finding]:
    """The modes of the identity guards can be read, in every worktree."""
    git = git_place.find(patient.place.root)
    for root in git_place.worktrees(git) if git else ():
        for fault in guard_modes.read(root / ".thrum").faults:
            todo = "correct it; until then it is passed over and the guard stays as it was"
            yield Finding("guards", Level.WRONG, fault, todo)


def _identities(patient: Patient) -> Iterator[Finding]:
    """Every identity file of every worktree can be read, and says where it is."""
    git = git_place.find(patient.place.root)
    for root in git_place.worktrees(git) if git else ():
        scan = files.scan(root / ".thrum" / "identities")
        for fault in scan.faults:
            todo = f"correct or delete it, then `thrum quickstart` in {root}"
            yield Finding("identities", Level.WRONG, fault.message, todo)
        for identity in scan.identities:
            if identity.worktree and identity.worktree not in {str(root), root.name}:
                text = f"{identity.path} belongs to the worktree {identity.worktree}"
                todo = f"run `thrum quickstart {identity.name}` where the agent works"
                yield Finding("identities", Level.NOTE, text, todo)
            if identity.agent_pid and not process.alive(
                identity.agent_pid, identity.agent_pid_started
            ):
                text = f"{identity.name}'s process {identity.agent_pid} is gone"
                yield Finding("identities", Level.NOTE, text)


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


def _objects(patient: Patient) -> Iterator[Finding]:
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


def _branch(patient: Patient) -> Iterator[Finding]:
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


def _worktree(patient: Patient) -> Iterator[Finding]:
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


def _daemon(patient: Patient) -> Iterator[Finding]:
    """A daemon runs and answers, and is of this version."""
    place = patient.place
    found = control.running(place)
    if found is None:
        if place.socket.exists():
            text = f"{place.socket} was left by a crash"
            yield Finding("daemon", Level.NOTE, text, "`thrum daemon start` clears it")
        yield Finding("daemon", Level.NOTE, "no daemon runs", "start it: `thrum daemon start`")
        return
    if found.health is None:
        text = f"the daemon (PID {found.pid}) holds its lock and does not answer"
        yield Finding("daemon", Level.WRONG, text, "run `thrum daemon restart`")
        return
    state = found.health.get("sync_state")
    if state in {"error", "offline"}:
        text = f"the sync is in state {state}"
        yield Finding("daemon", Level.NOTE, text, "see `thrum sync status`")
    yield Finding("daemon", Level.OK, f"runs as PID {found.pid}, version {found.health['version']}")


def _database(patient: Patient) -> Iterator[Finding]:
    """The database holds everything that the log holds, and nothing was set aside."""
    place = patient.place
    if not place.database.exists():
        yield Finding("database", Level.NOTE, "there is none yet; the next start builds it")
        return
    try:
        with closing(connection.reader(place.database)) as db:
            yield from _inside(patient, db)
    except UNREADABLE_DATABASE as error:
        yield _at_fault(f"it cannot be read: {error}")


def _at_fault(text: str) -> Finding:
    todo = "run `thrum doctor --fix`: the database is rebuilt from the log"
    return Finding("database", Level.WRONG, text, todo, by_rebuild=True)


def _inside(patient: Patient, db: sqlite3.Connection) -> Iterator[Finding]:
    verdict = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if verdict != "ok":
        yield _at_fault(f"the file is damaged: {verdict}")
        return
    if db.execute("PRAGMA application_id").fetchone()[0] != schema.APPLICATION_ID:
        yield _at_fault("another program made it; the next start moves it aside, too")
        return
    for path, offset, reason in db.execute(
        "SELECT path, byte_offset, reason FROM bad_events ORDER BY path, byte_offset"
    ):
        text = f"{path} at byte {offset} was set aside: {reason}"
        yield Finding("database", Level.WRONG, text, "correct it where it was written")
    yield from _compare(patient, db)


def _compare(patient: Patient, db: sqlite3.Connection) -> Iterator[Finding]:
    """Builds the database a second time in a temporary folder and compares.

    Beside a running daemon it may learn more meanwhile, so only its events count; without one every
    table must be equal. What it knew before the log was read stood in the log then.
    """
    place = patient.place
    (known,) = db.execute("SELECT coalesce(max(sequence), 0) FROM events").fetchone()
    snapshot = Snapshot.take(place.repository, place.journal)
    with tempfile.TemporaryDirectory(prefix="thrum-doctor") as folder:
        second = Path(folder) / "messages.db"
        rebuild.build(second, snapshot, patient.now_ns())
        db.execute("ATTACH ? AS second", (f"{second.as_uri()}?mode=ro",))
        try:
            only = list(_only_copies(db, known))
            yield from only
            if only:
                return
            yield from _missing_events(db)
            yield from _other_schema(db)
            if not control.is_held(place):
                yield from _unequal_tables(db)
        finally:
            db.execute("DETACH second")


def _only_copies(db: sqlite3.Connection, known: int) -> Iterator[Finding]:
    """Events that the log has lost. A rebuild would lose them for good, so nothing else counts."""
    # A damaged row is no copy of anything: its id must be the one in its text.
    query = (
        "SELECT count(*) FROM events WHERE sequence <= ?"
        " AND event_id NOT IN (SELECT event_id FROM second.events)"
        " AND CASE WHEN json_valid(event_json)"
        " THEN coalesce(json_extract(event_json, '$.event_id'), event_id) = event_id ELSE 0 END"
    )
    (lost,) = db.execute(query, (known,)).fetchone()
    if lost:
        branch = Format().branch
        text = f"{lost} of its events are not in the log any more; it has the only copy"
        todo = (
            f"bring back what {branch} held (`git fsck --lost-found` names its commits, "
            f"`git update-ref refs/heads/{branch} COMMIT` goes to one)"
        )
        yield Finding("database", Level.WRONG, text, todo)


def _missing_events(db: sqlite3.Connection) -> Iterator[Finding]:
    query = "SELECT count(*) FROM second.events WHERE event_id NOT IN (SELECT event_id FROM events)"
    (missing,) = db.execute(query).fetchone()
    if missing:
        text = f"{missing} events of the log are not in the database"
        todo = "run `thrum sync force`; if it stays so, `thrum doctor --fix` rebuilds it"
        yield Finding("database", Level.WRONG, text, todo, by_rebuild=True)


def _other_schema(db: sqlite3.Connection) -> Iterator[Finding]:
    """A changed byte in the schema renames a table or a column, and no check of SQLite minds."""
    for schema_of in ("main", "second"):
        other = "second" if schema_of == "main" else "main"
        missing = _named(db, schema_of) - _named(db, other)
        if missing:
            names = ", ".join(sorted({".".join(name) for name in missing})[:3])
            side = "has, and should not:" if schema_of == "main" else "lacks:"
            yield _at_fault(f"its schema {side} {names}")


def _named(db: sqlite3.Connection, schema_of: str) -> set[tuple[str, ...]]:
    """Everything that a schema names: kind, name and table, and each table's columns."""
    rows = db.execute(f"SELECT type, name, tbl_name FROM {schema_of}.sqlite_master").fetchall()
    tables = [name for kind, name, _ in rows if kind == "table"]
    columns = {
        (name, str(column[1]), str(column[2]))
        for name in tables
        for column in db.execute(f'PRAGMA {schema_of}.table_info("{name}")')
    }
    return {tuple(map(str, row)) for row in rows} | columns


def _unequal_tables(db: sqlite3.Connection) -> Iterator[Finding]:
    names = [
        name
        for (name,) in db.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'")
        if name not in schema.LOCAL_TABLES
    ]
    for name in sorted(names):
        local = schema.LOCAL_COLUMNS.get(name, frozenset())
        columns = [row[1] for row in db.execute(f"PRAGMA main.table_info({name})")]
        listed = ", ".join(f'"{column}"' for column in columns if column not in local)
        both = f"SELECT {listed} FROM main.{name}", f"SELECT {listed} FROM second.{name}"
        differing = sum(
            db.execute(f"SELECT count(*) FROM ({one} EXCEPT {other})").fetchone()[0]
            for one, other in (both, both[::-1])
        )
        if differing:
            yield _at_fault(f"{differing} rows of the table {name} are not what the log says")


CHECKS: Final[dict[str, Callable[[Patient], Iterator[Finding]]]] = {
    "files": _files,
    "config": _config,
    "identities": _identities,
    "guards": _guards,
    "objects": _objects,
    "log": _branch,
    "worktree": _worktree,
    "database": _database,
    "daemon": _daemon,
}
"""Every check by its name, in the order in which they run."""


OF_OBJECTS: Final = frozenset({"log", "database"})
"""The checks that read the branch."""


def fix(patient: Patient) -> Iterator[Finding]:
    """Makes the repairs that lose nothing, and says what was done and where things went.

    A repair that cannot be made is a finding that says so, and the others are made all the same.
    """
    for name, repair in REPAIRS.items():
        try:
            yield from repair(patient)
        except UNREADABLE as error:
            yield Finding(name, Level.WRONG, str(error))


def _close_files(patient: Patient) -> Iterator[Finding]:
    place = patient.place
    for path in [place.config, place.database, place.journal, *place.identities.glob("*.json")]:
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o600)
            yield Finding("files", Level.OK, f"{path} now has mode 600")


def _remove_lock(patient: Patient) -> Iterator[Finding]:
    git = git_place.find(patient.place.repository)
    lock = git.common_dir / f"{Format().ref}.lock" if git else None
    if lock and OsDisk().remove_unheld(lock, left_by_crash):
        yield Finding("log", Level.OK, f"{lock} is removed")


def _mend_objects(patient: Patient) -> Iterator[Finding]:
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


def _mend_database(patient: Patient) -> Iterator[Finding]:
    """Builds it anew where it is at fault and the log can be read."""
    if list(_objects(patient)):
        return
    if any(finding.by_rebuild for finding in _database(patient)):
        yield from _rebuild(patient)


def _rebuild(patient: Patient) -> Iterator[Finding]:
    """Moves the database aside; the daemon builds it anew from branch and journal."""
    place = patient.place
    ran = control.is_held(place)
    if ran:
        control.stop(place)
    stamp = format_seconds(patient.now_ns()).replace(":", "").replace("-", "")
    for path in rebuild.parts(place.database):
        aside = path.with_name(f"{path.name}.doctor-{stamp}")
        path.rename(aside)
        yield Finding("database", Level.OK, f"moved aside to {aside}")
    found, _ = control.start(place, patient.environment)
    yield Finding("database", Level.OK, f"rebuilt by the daemon (PID {found.pid})")
    if not ran:
        control.stop(place)


REPAIRS: Final[dict[str, Callable[[Patient], Iterator[Finding]]]] = {
    "files": _close_files,
    "log": _remove_lock,
    "objects": _mend_objects,
    "database": _mend_database,
}
"""Every repair by the check that it is about, in the order in which they are made."""


def as_json(report: list[Finding]) -> dict[str, Any]:
    """The report for programs."""
    findings = [
        {"check": f.check, "level": f.level.value, "text": f.text, "todo": f.todo} for f in report
    ]
    return {"clean": is_clean(report), "findings": findings}
