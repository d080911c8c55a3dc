"""Taking a backup: beside the last one, whose place it takes when it is whole.

The database is copied first, then the journal is read, then the branch: so the log of a backup
holds at least what its database does, also while a daemon writes.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from gitstore import LogError, Snapshot
from thrum import __version__, atomic, config
from thrum.backup import bundles, databases, manifest, plugins, sources
from thrum.backup.filling import Filling
from thrum.backup.manifest import Manifest
from thrum.backup.older import LOG_FILE
from thrum.backup.rules import Rules
from thrum.backup.sources import Source
from thrum.backup.vault import Vault
from thrum.clock import format_ns, parse
from thrum.errors import ThrumError
from thrum.paths import Place
from thrum.worktrees.git import Git

EVENTS: Final = "events.jsonl"
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that was taken.

    Attributes:
        manifest: what it holds.
        folder: where it is.
    """

    manifest: Manifest
    folder: Path


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
            ``config``; ``conflict``, the folder has backups of another repository, or is where git
            would commit them. The last backup stands as it was.
    """
    vault = vault_of(place, rules)
    _check_outside(vault, place, environment)
    with vault.held():
        before = _before(vault, place)
        try:
            with vault.making() as folder:
                made = _Making(place, rules, environment, folder, vault, before).made(now_ns())
        except (LogError, sqlite3.Error) as error:
            text = f"the backup cannot be taken in {vault.folder}: {error}"
            hint = "the last one is as it was; where the disk is full, --dir names another one"
            raise ThrumError("storage", text, hint) from None
        _archive(vault, rules, made, now_ns())
        _ran_after(rules, place, environment, vault, made)
        return Taken(made, vault.current)


def _check_outside(vault: Vault, place: Place, environment: Mapping[str, str]) -> None:
    """Keeps backups out of what git would commit: tokens of peers are among them.

    Raises:
        ThrumError: ``conflict``, git does not ignore the folder.
    """
    folder = vault.folder.resolve()
    roots = (place.repository, *sources.worktrees(place))
    root = next((each for each in roots if folder.is_relative_to(each.resolve())), None)
    if root is None:
        return
    git = Git(root, environment)
    inside = folder.relative_to(root.resolve())
    if inside.parts[:1] != (".git",) and git.ask("check-ignore", "-q", f"{inside}/") is None:
        text = f"{vault.folder} is in the repository, and git would commit what is in it"
        raise ThrumError("conflict", text, "name a folder elsewhere, or have git ignore this one")


def _archive(vault: Vault, rules: Rules, made: Manifest, now_ns: int) -> None:
    """Has archives age; that it failed is said, and undoes nothing."""
    try:
        vault.put_away()
        vault.prune(rules.retention, now_ns)
    except OSError as error:
        made.failed.append(f"{vault.archives} cannot be used: {error.strerror or error}")
    else:
        made.failed += vault.pack(rules.retention)


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
        parse(found.timestamp)
    except (ThrumError, ValueError) as error:
        if not vault.current.exists():
            return None
        said = error.message if isinstance(error, ThrumError) else error
        hint = f"move {vault.current} away; nothing in it is overwritten"
        raise ThrumError("storage", f"{vault.current} is no backup: {said}", hint) from None
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
        known = self.before.files if self.before else {}
        self.filling = Filling(self.folder, self.vault.current, known)
        self.git = Git(self.place.repository, self.environment)
        self.about = Manifest(manifest.VERSION, "", __version__, self.place.name)
        self.about.daemon_id = _identity(self.place)
        self.about.repo_path = str(self.place.repository)
        self.about.files = self.filling.files

    def made(self, now_ns: int) -> Manifest:
        """Fills the folder; the manifest is written last."""
        self.about.timestamp = format_ns(now_ns)
        self._databases()
        snapshot = Snapshot.take(self.place.repository, self.place.journal)
        self._files()
        self._log(snapshot)
        self._branch()
        self._plugins()
        atomic.replace(self.folder / manifest.FILE, manifest.encoded(self.about).decode())
        for where, _, _ in os.walk(self.folder):
            atomic.sync_directory(Path(where))
        return self.about

    def _databases(self) -> None:
        was, counts = self.before, self.about.counts
        may_share = was is not None and bundles.go_on(self.git, was.bundles, was.tip)
        damaged = databases.copy(self.place, self.filling, may_share=may_share)
        self.about.failed += [f"{path} is damaged" for path in sorted(damaged)]
        if self.place.database not in damaged:
            counts.messages = databases.count(self.place, "messages")
            counts.agents = databases.count(self.place, "agents")
        for table in databases.TABLES:
            is_lost = databases.home(self.place, table) in damaged
            rows = () if is_lost else databases.rows(self.place, table)
            self.filling.write(f"local/{table}.jsonl", rows)
            counts.local_tables += 1

    def _files(self) -> None:
        for source in sources.all_of(self.place):
            if self._copy(source) and not source.name.startswith("var/"):
                self.about.counts.config_files += 1
        for number, root in enumerate(sources.worktrees(self.place)):
            if number:
                self.filling.write(f"worktrees/{number}/path", (f"{root}\n".encode(),))

    def _copy(self, source: Source) -> bool:
        """Whether a file goes along; one that is there and cannot be read is named."""
        try:
            handle = os.open(source.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError as error:
            self.about.failed.append(f"{source.path}: {error.strerror}")
            return False
        with os.fdopen(handle, "rb") as file:
            self.filling.write(source.name, iter(lambda: file.read(_CHUNK), b""))
        return True

    def _log(self, snapshot: Snapshot) -> None:
        counts = self.about.counts
        for file in snapshot.files():
            if not LOG_FILE.fullmatch(file.path):
                continue  # the bundle has it, and no older program reads it
            counts.message_files += file.path.startswith("messages/")
            read = partial(snapshot.data, file)
            counts.events += self.filling.log_file(file.path, file.blob, read)
        if EVENTS not in self.about.files:
            self.filling.write(EVENTS, ())  # which older programs look for
        counts.events += sum(1 for _ in snapshot.waiting())

    def _branch(self) -> None:
        names, until = (self.before.bundles, self.before.tip) if self.before else ((), "")
        made, self.about.tip = bundles.make(
            self.git, self.folder, names, until, lambda name: self.filling.share(name) is not None
        )
        self.about.bundles = made
        for name in made:
            if name not in self.about.files:
                self.filling.settle(name)

    def _plugins(self) -> None:
        told = plugins.told(self.folder, self.place.repository, self.environment)
        for plugin in self.rules.plugins:
            try:
                plugins.run(plugin.command, self.place.repository, told, through_shell=plugin.shell)
                for source in plugins.files(plugin, self.place.repository):
                    if source.name not in self.about.files:  # as where two patterns name it
                        self._copy(source)
            except ThrumError as error:
                self.about.failed.append(f"plugin {plugin.name}: {error.message}")
            else:
                self.about.counts.plugins.append(plugin.name)
