"""Files and their modes, configuration, guards, identities, and the daemon."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from thrum import __version__, config, git_place, skew
from thrum.daemon import control, services
from thrum.doctor.finding import Finding, Level, Patient
from thrum.errors import ThrumError
from thrum.identity import files, guard_modes, process


def closed_files(patient: Patient) -> Iterator[Finding]:
    """Directories and files are there and closed to others."""
    place = patient.place
    for path in (place.shared, place.var):
        if not path.is_dir():
            todo = "run `thrum init`"
            yield Finding("files", Level.WRONG, f"{path} is missing", todo)
    if not place.identities.is_dir():
        text, todo = f"no agent has worked in {place.root} yet", "begin with `thrum quickstart`"
        yield Finding("files", Level.NOTE, text, todo)
    private = [place.config, place.database, place.state, place.journal]
    private += [place.socket, place.pid_file]
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


def configuration(patient: Patient) -> Iterator[Finding]:
    """The configuration can be read and every key has its type."""
    settings = config.load(patient.place.config, patient.environment, services.keys())
    for key in settings.keys:
        try:
            settings.get(key)
        except ThrumError as error:
            yield Finding("config", Level.WRONG, error.message, error.hint or "")
    if not settings.get("identity.daemon_id"):
        todo = "start the daemon once: `thrum daemon start`"
        yield Finding("config", Level.NOTE, "the daemon has no id yet", todo)
    yield from _kept(patient)


def _kept(patient: Patient) -> Iterator[Finding]:
    """What was kept once, before this clone had the id that it has."""
    place = patient.place
    for path in (
        f"{place.config}.pre-identity-bak",
        f"{place.var / 'peers.json'}.pre-rotation-bak",
    ):
        if os.path.lexists(path):
            text = f"{path} is what was there before this clone had another id"
            yield Finding("config", Level.NOTE, text, "delete it when nothing in it is missed")


def guards(patient: Patient) -> Iterator[Finding]:
    """The modes of the identity guards can be read, in every worktree."""
    git = git_place.find(patient.place.root)
    for root in git_place.worktrees(git) if git else ():
        for fault in guard_modes.read(root / ".thrum").faults:
            todo = "correct it; until then it is passed over and the guard stays as it was"
            yield Finding("guards", Level.WRONG, fault, todo)


def identities(patient: Patient) -> Iterator[Finding]:
    """Every identity file of every worktree can be read, and says where it is."""
    git = git_place.find(patient.place.root)
    for root in git_place.worktrees(git) if git else ():
        scan = files.scan(root / ".thrum" / "identities")
        for fault in scan.faults:
            todo = fault.hint or f"delete it, then `thrum quickstart` in {root}"
            yield Finding("identities", Level.WRONG, fault.message, todo)
        for identity in scan.identities:
            if not identity.is_native:
                text = f"{identity.path} belongs to the worktree {identity.worktree}"
                todo = f"run `thrum quickstart {identity.name}` where the agent works"
                yield Finding("identities", Level.NOTE, text, todo)
            if identity.agent_pid and not process.alive(
                identity.agent_pid, identity.agent_pid_started
            ):
                text = f"{identity.name}'s process {identity.agent_pid} is gone"
                yield Finding("identities", Level.NOTE, text)


def daemon(patient: Patient) -> Iterator[Finding]:
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
    for problem in found.health.get("problems") or ():
        todo = "see `thrum daemon logs`; if it stays so, run `thrum daemon restart`"
        yield Finding("daemon", Level.WRONG, str(problem), todo)
    for door in found.health.get("doors") or ():
        text = f"peers come to {door.get('address')} ({door.get('transport')})"
        away = door.get("turned_away")
        yield Finding(
            "daemon", Level.OK, f"{text}; {away} others were turned away" if away else text
        )
    state = found.health.get("sync_state")
    if state in {"error", "offline"}:
        text = f"the sync is in state {state}"
        yield Finding("daemon", Level.NOTE, text, "see `thrum sync status`")
    version = found.health.get("version")
    yield Finding("daemon", Level.OK, f"runs as PID {found.pid}, version {version}")
    if version != __version__:
        text = f"the daemon is version {version}, this program {__version__}"
        yield Finding("daemon", Level.NOTE, text, skew.remedy(found.health))


def close_files(patient: Patient) -> Iterator[Finding]:
    """Takes from others what rights they have to private files."""
    place = patient.place
    for path in [place.config, place.database, place.journal, *place.identities.glob("*.json")]:
        if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o600)
            yield Finding("files", Level.OK, f"{path} now has mode 600")
