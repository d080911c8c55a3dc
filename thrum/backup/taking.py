"""Taking a backup: beside the last one, whose place it takes when it is whole.

The database is copied first, then the journal is read, then the branch: so the log of a backup
holds at least what its database does, also while a daemon writes.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec

from gitstore import LogError, Snapshot
from thrum import __version__, config, platform
from thrum.atomic import sync_directory
from thrum.backup import bundles, manifest, plugins, sources
from thrum.backup.manifest import Entry, Manifest
from thrum.backup.rules import Rules
from thrum.backup.vault import Vault
from thrum.clock import format_ns
from thrum.daemon.projection import connection
from thrum.errors import ThrumError
from thrum.paths import PRIVATE_FILE, SHARED_DIRECTORY, Place
from thrum.worktrees.git import Git

_LOG_FILE: Final = re.compile(r"events\.jsonl|messages/[^/\x00-\x1f\x7f]+\.jsonl")
EVENTS: Final = "events.jsonl"
_TABLES: Final = {
    "message_reads": (
        "database",
        "SELECT recipient_agent_id AS agent_id, message_id, read_at, '' AS session_id"
        " FROM message_deliveries WHERE read_at IS NOT NULL ORDER BY message_id, agent_id",
    ),
    "subscriptions": (
        "state",
        "SELECT id, session_id, scope_type, scope_value, mention_role, created_at"
        " FROM push_subscriptions ORDER BY id",
    ),
    "sync_checkpoints": (
        "state",
        "SELECT daemon_id AS peer_daemon_id, sequence AS last_synced_sequence,"
        " 0 AS last_sync_timestamp, 'idle' AS sync_status"
        " FROM peers_checkpoints ORDER BY daemon_id",
    ),
}
"""Tables that older programs keep in a backup, and how they are asked for here."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that was taken.

    Attributes:
        manifest: what it holds.
        folder: where it is.
        archived: where the one before is now.
        pruned: archives that did not stay.
    """

    manifest: Manifest
    folder: Path
    archived: Path | None
    pruned: list[str]


def vault_of(place: Place, rules: Rules) -> Vault:
    """Where the backups of a repository are."""
    return Vault(rules.directory / place.name)


def take(
    place: Place, rules: Rules, environment: Mapping[str, str], now_ns: Callable[[], int]
) -> Taken:
    """Takes a backup of everything.

    Args:
        place: of what.
        rules: where to, how long the ones before stay, and what goes along.
        environment: that of programs that are run.
        now_ns: the clock.

    Raises:
        ThrumError: ``busy``, another one is at work; ``storage``, the disk refuses; ``repository``,
            ``config``; ``conflict``, the folder has backups of another repository. The last backup
            stands as it was.
    """
    vault = vault_of(place, rules)
    with vault.held():
        before = _before(vault, place)
        try:
            with vault.making() as folder:
                made = _Making(place, rules, environment, folder, vault, before).made(now_ns())
                archived = vault.archive_current() if before else None
        except (LogError, sqlite3.Error) as error:
            raise ThrumError("storage", f"the backup cannot be taken: {error}") from None
        pruned = vault.prune(rules.retention)
        _ran_after(rules, place, environment, vault, made)
        return Taken(made, vault.current, archived, pruned)


def made_in(
    folder: Path, place: Place, rules: Rules, environment: Mapping[str, str], now_ns: int
) -> Manifest:
    """Fills an empty folder with a backup that is apart from all others; no plugin is run.

    Raises:
        ThrumError, LogError, sqlite3.Error, OSError: it cannot be taken.
    """
    alone = replace(rules, plugins=())
    return _Making(place, alone, environment, folder, Vault(folder.parent), None).made(now_ns)


def _before(vault: Vault, place: Place) -> Manifest | None:
    """The backup before.

    Raises:
        ThrumError: ``conflict``, it is another repository's; ``storage``, it cannot be read.
    """
    try:
        found = manifest.read(vault.current)
    except ThrumError as error:
        if error.kind == "not_found" and not vault.current.exists():
            return None
        hint = f"move {vault.current} away; nothing in it is overwritten"
        raise ThrumError("storage", error.message, hint) from None
    mine = _identity(place)
    if (
        found.daemon_id
        and mine
        and found.daemon_id != mine
        and found.repo_path != str(place.repository)
    ):
        text = f"{vault.folder} has the backups of {found.repo_path}"
        raise ThrumError("conflict", text, "name another folder with --dir")
    return found


def _identity(place: Place) -> str:
    return str(config.load(place.config, {}).get("identity.daemon_id"))


def _ran_after(
    rules: Rules, place: Place, environment: Mapping[str, str], vault: Vault, made: Manifest
) -> None:
    """Runs what is to run after a backup; that it failed is said, and undoes nothing."""
    if not rules.post_backup:
        return
    told = plugins.told(vault.current, place.repository, environment)
    try:
        plugins.run(rules.post_backup, place.repository, told, through_shell=True)
    except ThrumError as error:
        made.failed.append(f"post_backup: {error.message}")


@dataclass
class _Making:
    """One backup while it is made."""

    place: Place
    rules: Rules
    environment: Mapping[str, str]
    folder: Path
    vault: Vault
    before: Manifest | None

    def __post_init__(self) -> None:
        self.about = Manifest(manifest.VERSION, "", __version__, self.place.name)
        self.about.daemon_id = _identity(self.place)
        self.about.repo_path = str(self.place.repository)

    def made(self, now_ns: int) -> Manifest:
        """Fills the folder; the manifest is written last."""
        self.about.timestamp = format_ns(now_ns)
        self._databases()
        snapshot = Snapshot.take(self.place.repository, self.place.journal)
        self._files()
        self._log(snapshot)
        self._branch()
        self._plugins()
        self._write(manifest.FILE, manifest.encoded(self.about), listed=False)
        for where, _, _ in os.walk(self.folder):
            sync_directory(Path(where))
        return self.about

    # -- what goes in --

    def _databases(self) -> None:
        counts = self.about.counts
        for path in (self.place.database, self.place.state):
            if path.exists():
                self._copy_database(path)
        database = self.folder / "databases" / self.place.database.name
        if database.exists():
            with closing(connection.reader(database)) as db:
                counts.messages = _count(db, "messages")
                counts.agents = _count(db, "agents")
        for name, (kind, sql) in _TABLES.items():
            path = getattr(self.place, kind)
            rows = list(_rows(self.folder / "databases" / path.name, sql))
            self._write(f"local/{name}.jsonl", b"".join(rows))
            counts.local_tables += 1

    def _copy_database(self, path: Path) -> None:
        name = f"databases/{path.name}"
        target = self._placed(name)
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE_FILE))
        with closing(connection.reader(path)) as db, closing(sqlite3.connect(target)) as copy:
            db.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
        self._settled(name)

    def _files(self) -> None:
        for source in sources.all_of(self.place):
            if self._copy(source.path, source.name) and not source.name.startswith("var/"):
                self.about.counts.config_files += 1
        for number, root in enumerate(sources.worktrees(self.place)):
            if number:
                self._write(f"worktrees/{number}/path", f"{root}\n".encode())

    def _log(self, snapshot: Snapshot) -> None:
        counts = self.about.counts
        known = self.before.files if self.before else {}
        for file in snapshot.files():
            if not _LOG_FILE.fullmatch(file.path):
                continue  # the bundle has it, and no older program reads it
            counts.message_files += file.path.startswith("messages/")
            was = known.get(file.path)
            if was is None or was.blob != file.blob or not self._link(file.path, was):
                self._write(file.path, snapshot.data(file), blob=file.blob)
            counts.events += _lines(self.folder / file.path)
        if EVENTS not in self.about.files:
            self._write(EVENTS, b"")  # which older programs look for
        counts.events += sum(1 for _ in snapshot.waiting())

    def _branch(self) -> None:
        was = self.before
        before = (self.vault.current, was.bundles, was.tip) if was else None
        made, tip = bundles.make(Git(self.place.repository, self.environment), self.folder, before)
        self.about.bundles, self.about.tip = made, tip
        for name in made:
            self._settled(name)

    def _plugins(self) -> None:
        told = plugins.told(self.folder, self.place.repository, self.environment)
        for plugin in self.rules.plugins:
            try:
                plugins.run(plugin.command, self.place.repository, told, through_shell=plugin.shell)
                for source in plugins.files(plugin, self.place.repository):
                    self._copy(source.path, source.name)
            except ThrumError as error:
                self.about.failed.append(f"plugin {plugin.name}: {error.message}")
            else:
                self.about.counts.plugins.append(plugin.name)

    # -- how --

    def _placed(self, name: str) -> Path:
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=SHARED_DIRECTORY)
        return target

    def _write(self, name: str, data: bytes, *, blob: str = "", listed: bool = True) -> None:
        target = self._placed(name)
        handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        if listed:
            self._settled(name, blob=blob)
        else:
            _synced(target)

    def _copy(self, path: Path, name: str) -> bool:
        """Whether the file is still there."""
        target = self._placed(name)
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            if not isinstance(error, FileNotFoundError):
                self.about.failed.append(f"{path}: {error.strerror}")
            return False
        made = os.open(target, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, PRIVATE_FILE)
        with os.fdopen(handle, "rb") as source, os.fdopen(made, "wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        self._settled(name)
        return True

    def _link(self, name: str, was: Entry) -> bool:
        target = self._placed(name)
        try:
            os.link(self.vault.current / name, target)
        except OSError:
            return False
        if target.stat().st_size != was.size:
            target.unlink()
            return False
        self.about.files[name] = was
        return True

    def _settled(self, name: str, *, blob: str = "") -> None:
        """The file is on disk, and in the manifest."""
        path = self.folder / name
        known = self.before.files.get(name) if self.before else None
        is_same = known is not None and path.stat().st_nlink > 1
        if not is_same:
            _synced(path)
        entry = known if is_same and known is not None else manifest.checksum(path)
        entry.blob = blob
        self.about.files[name] = entry


def _synced(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        platform.sync(handle)
    finally:
        os.close(handle)


def _lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")


def _count(db: sqlite3.Connection, table: str) -> int:
    (found,) = db.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(found)


def _rows(path: Path, sql: str) -> Iterator[bytes]:
    """The rows as JSON lines; none where there is no such database or table yet."""
    if not path.exists():
        return
    with closing(connection.reader(path)) as db:
        db.row_factory = sqlite3.Row
        try:
            found = db.execute(sql)
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return
            raise
        for row in found:
            about: dict[str, Any] = dict(row)
            yield msgspec.json.encode(about) + b"\n"
