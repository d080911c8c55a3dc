"""Bringing a backup back: what it has and the repository lacks is added; nothing is taken out.

The log is united with the one that is here, as with a remote's, so each step may be repeated, and
whoever is killed runs it again. Purges and deletions that came after the backup hold. Files that
are here stay as they are; `replace` is for whoever wants the backup's instead.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple

from gitstore import NOT_READ, LogError, Snapshot
from thrum import atomic, config, paths, platform
from thrum.backup import manifest, mending, plugins, sources, taking, vault
from thrum.backup.manifest import Manifest
from thrum.backup.rules import Rules
from thrum.backup.uniting import WITHDRAWN, Uniting
from thrum.daemon.projection import rebuild
from thrum.daemon.quiet import quiet
from thrum.errors import ThrumError
from thrum.paths import PRIVATE_FILE, SHARED_DIRECTORY, Place

LOCK: Final = "restore.lock"


class Part(Enum):
    """What of a backup comes back."""

    MESSAGES = "messages"
    IDENTITIES = "identities"
    CONTEXTS = "contexts"
    CONFIG = "config"
    PLUGINS = "plugins"


@dataclass(slots=True)
class Plan:
    """What a restore would do, or did.

    Attributes:
        source: the backup.
        events: how many events come back.
        added: files that are not here.
        replaced: files that are here with another content, and are replaced.
        kept: files that are here with another content, and stay.
        safety: what was here before, as an archive.
        homeless: worktrees of the backup that are not here, so that what is theirs stays in it.
        failed: what did not work, a sentence each.
        unkept: what the archive of what was here lacks, a sentence each.
        is_broken: whether the branch here cannot be read, so that nobody can tell what it lacks.
        mended: objects of it that were put back.
        is_again: whether the daemon has the id of the backup's again, and so needs a new key.
    """

    source: Manifest
    events: int = 0
    added: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    safety: Path | None = None
    homeless: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    unkept: list[str] = field(default_factory=list)
    is_broken: bool = False
    mended: int = 0
    is_again: bool = False


class _Safety(NamedTuple):
    """What was here before: as an archive, what that lacks, and what was mended for it."""

    archive: Path | None
    unkept: tuple[str, ...] = ()
    mended: int = 0


@dataclass
class Restore:
    """One restore.

    Args:
        place: where to.
        folder: the backup, whose checksums are known to be right.
        environment: git's, and a daemon's that is started again.
        parts: what comes back.
        replace: whether files that are here are replaced.
        now_ns: the clock.
    """

    place: Place
    folder: Path
    environment: Mapping[str, str]
    parts: frozenset[Part]
    replace: bool
    now_ns: Callable[[], int]

    def plan(self) -> Plan:
        """What it would do; nothing is changed but for objects that git drops again.

        Raises:
            ThrumError: ``storage``, ``repository``, the backup cannot be read; ``busy``, another
                restore is at work.
        """
        with self._alone():
            return self._plan()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keeps other restores out, which use the same ref and stop the same daemon."""
        self.place.var.mkdir(parents=True, exist_ok=True, mode=paths.PRIVATE_DIRECTORY)
        handle = os.open(self.place.var / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, PRIVATE_FILE)
        try:
            if not platform.try_flock(handle, self.place.var):
                hint = "run it again when that has ended"
                raise ThrumError("busy", "another restore is at work here", hint)
            yield
        finally:
            os.close(handle)

    def _plan(self) -> Plan:
        plan = Plan(manifest.whole(self.folder))
        if Part.MESSAGES in self.parts:
            try:
                plan.events = self._uniting(plan.source).missing()
            except ThrumError:
                if mending.is_whole(self.place, self.environment):
                    raise
                plan.is_broken = True
        for name, target in self._files(plan.source):
            self._sort(plan, name, target)
        if self.parts & {Part.IDENTITIES, Part.CONTEXTS}:
            plan.homeless = self._homeless(plan.source)
        return plan

    def _homeless(self, about: Manifest) -> list[str]:
        """The worktrees of which the backup has more than the path, and that are not here."""
        roots = sources.worktrees(self.place)
        numbers = {
            parts[1]
            for parts in (name.split("/") for name in about.files)
            if parts[0] == "worktrees" and len(parts) > 3 and parts[2] in _PARTS
        }
        said = (self.folder / "worktrees" / number / "path" for number in sorted(numbers))
        return [text for path in said if not _root(path, roots) and (text := _said(path))]

    def run(self, rules: Rules) -> Plan:
        """Brings it back. A daemon that runs is stopped, and started again at the end.

        Args:
            rules: where the archive of what is here goes, and what runs for plugins.

        Raises:
            ThrumError: ``busy``, a backup or a daemon is at work; ``storage``, ``repository``. What
                was done by then stands, and the same command goes on.
        """
        with self._alone():
            return self._run(rules)

    def _run(self, rules: Rules) -> Plan:
        safety = self._safe(rules)
        with quiet(self.place, self.environment, stops_other=True):
            plan = self._plan()
            plan.safety, plan.mended = safety.archive, safety.mended
            plan.unkept += safety.unkept
            before = self._daemon_id()
            self._write_files(plan)
            if Part.CONFIG in self.parts:
                self._take_id_back(plan.source)
            plan.is_again = self._daemon_id() != before
            if Part.MESSAGES in self.parts:
                self._uniting(plan.source).unite()
                self._state(plan.source)
            if Part.PLUGINS in self.parts:
                plan.failed += self._ran(rules)
        return plan

    def _safe(self, rules: Rules) -> _Safety:
        """As `_safety`; where the branch cannot be read it is mended from the backup before.

        Raises:
            ThrumError: ``repository``, it cannot be mended; ``storage``, the disk refuses.
        """
        try:
            return self._safety(rules)
        except (LogError, *NOT_READ) as error:
            if mending.is_whole(self.place, self.environment):
                text = f"what is here cannot be put aside: {error}"
                raise ThrumError("storage", text, "`thrum doctor` may know more") from None
        except ThrumError as error:
            if error.kind != "repository":
                raise
        about = manifest.whole(self.folder)
        mended = mending.mend(self.place, self.folder, about, self.environment)
        return self._safety(rules)._replace(mended=mended)

    def _safety(self, rules: Rules) -> _Safety:
        """An archive of all that is here; none where there is nothing yet.

        Raises:
            ThrumError: ``storage``, the disk refuses, and others; LogError and what libgit2 raises:
                the branch cannot be read.
        """
        kept = taking.vault_of(self.place, rules)
        with kept.held():
            if not mending.has_branch(self.place, self.environment):
                return self._nothing()
            kept.archives.mkdir(exist_ok=True, mode=SHARED_DIRECTORY)
            found = kept.free(self.now_ns(), vault.BEFORE_RESTORE)
            target = found.with_name(f"{found.name}{vault.ZIP}")
            aside = kept.folder / vault.ASIDE
            aside.mkdir(mode=SHARED_DIRECTORY)
            try:
                made = taking.made_in(aside, self.place, rules, self.environment, self.now_ns())
                vault.packed(aside, made, target)
            except sqlite3.Error as error:
                text = f"what is here cannot be put aside in {kept.folder}: {error}"
                hint = "nothing was changed; where the disk is full, --dir names another one"
                raise ThrumError("storage", text, hint) from None
            finally:
                shutil.rmtree(aside, ignore_errors=True)
        return _Safety(target, tuple(made.failed))

    def _nothing(self) -> _Safety:
        """What is put aside where there is no branch yet: nothing, since nothing can be lost.

        Raises:
            ThrumError: ``repository``, files that are here would be.
        """
        if self.replace:
            text = "there is no branch here, without which what is here cannot be put aside"
            raise ThrumError("repository", text, "run `thrum init` first, then restore again")
        return _Safety(None)

    def _ran(self, rules: Rules) -> Iterator[str]:
        """Runs what is to run when files of plugins came back; why one failed.

        Only what the configuration said before: that of the backup may be anybody's.
        """
        told = plugins.told(self.folder, self.place.repository, self.environment)
        for plugin in rules.plugins:
            if not (self.folder / plugins.FOLDER / plugin.name).is_dir():
                continue
            try:
                plugins.run(plugin.restore, self.place.repository, told, through_shell=plugin.shell)
            except ThrumError as error:
                yield f"plugin {plugin.name}: {error.message}"

    def _daemon_id(self) -> str:
        return str(config.load(self.place.config, {}).get("identity.daemon_id"))

    # -- files --

    def _files(self, about: Manifest) -> Iterator[tuple[str, Path]]:
        """The files that come back, and where each belongs here."""
        roots = sources.worktrees(self.place)
        for name in sorted(about.files):
            part, target = _belongs(name, self.place, roots, self.folder)
            if target is not None and part in self.parts:
                yield name, target

    def _sort(self, plan: Plan, name: str, target: Path) -> None:
        if not os.path.lexists(target):
            plan.added.append(name)
        elif not target.is_file() or target.read_bytes() != (self.folder / name).read_bytes():
            (plan.replaced if self.replace else plan.kept).append(name)

    def _write_files(self, plan: Plan) -> None:
        wanted = {*plan.added, *plan.replaced}
        for name, target in self._files(plan.source):
            if name not in wanted:
                continue
            text = (self.folder / name).read_bytes()
            target.parent.mkdir(parents=True, exist_ok=True, mode=SHARED_DIRECTORY)
            if name == "config/config.json":
                text = self._own(text, plan.source)
            atomic.replace(target, text.decode("utf-8", "surrogateescape"), PRIVATE_FILE)

    def _take_id_back(self, about: Manifest) -> None:
        """Whoever lost all of `.thrum` and began it anew is again who the backup is of.

        Not where the new id has written anything, and only at the old place: there may be
        another clone, and two daemons of one id would give their events the same numbers.
        """
        mine = config.load(self.place.config, {})
        known = str(mine.get("identity.daemon_id"))
        if not about.daemon_id or known == about.daemon_id:
            return
        if about.repo_path != str(self.place.repository) or self._has_written(known):
            return
        mine.set("identity.daemon_id", about.daemon_id)
        mine.save()

    def _has_written(self, daemon_id: str) -> bool:
        wanted = daemon_id.encode()
        lines = Snapshot.take(self.place.repository, self.place.journal).since(None).lines
        return bool(daemon_id) and any(wanted in line.raw for line in lines)

    def _own(self, text: bytes, about: Manifest) -> bytes:
        """The configuration, with the id of this clone's daemon.

        Two daemons of one id would give their events the same numbers. So only the repository that
        the backup was taken of, at its own place, gets its id back.
        """
        if about.repo_path == str(self.place.repository):
            return text
        try:
            tree = dict(json.loads(text))
        except (ValueError, TypeError) as error:
            hint = "leave it out with --only messages, identities or contexts"
            said = f"config.json of the backup cannot be read: {error}"
            raise ThrumError("storage", said, hint) from None
        mine = config.load(self.place.config, {}).tree.get("identity")
        tree.pop("identity", None)
        if mine is not None:
            tree["identity"] = mine
        return json.dumps(tree, indent=2, ensure_ascii=False).encode() + b"\n"

    # -- the log --

    def _uniting(self, about: Manifest) -> Uniting:
        return Uniting(self.place, self.folder, about, self.environment)

    def _state(self, about: Manifest) -> None:
        """Local facts come back where there are none, or where they are to be replaced."""
        name = f"databases/{self.place.state.name}"
        if name not in about.files:
            return
        if self.place.state.exists():
            if not self.replace:
                return
            rebuild.discard(self.place.state)
        self.place.var.mkdir(parents=True, exist_ok=True, mode=paths.PRIVATE_DIRECTORY)
        beside = self.place.state.with_name(f"{self.place.state.name}.restoring")
        shutil.copyfile(self.folder / name, beside)
        beside.chmod(PRIVATE_FILE)
        with beside.open("rb") as file:
            platform.sync(file.fileno())
        beside.rename(self.place.state)
        atomic.sync_directory(self.place.var)


_PARTS: Final = {
    "identities": Part.IDENTITIES,
    "context": Part.CONTEXTS,
    "restart": Part.CONTEXTS,
}
"""To which part folders belong that each worktree has for itself."""


def _belongs(name: str, place: Place, roots: list[Path], folder: Path) -> tuple[Part, Path | None]:
    """To what part of a backup a file belongs, and where here it has its place, if it has one."""
    first, _, rest = name.partition("/")
    if first == "worktrees":
        number, _, rest = rest.partition("/")
        kind = rest.partition("/")[0]
        root = _root(folder / "worktrees" / number / "path", roots)
        part = _PARTS.get(kind, Part.CONFIG)
        return part, paths.folder(root) / rest if root and kind in _PARTS else None
    if name == "var/peers.json":
        return Part.CONFIG, place.var / "peers.json"
    if name == f"var/{WITHDRAWN}":
        return Part.MESSAGES, place.var / WITHDRAWN
    if first == plugins.FOLDER:
        return Part.PLUGINS, plugins.origin(name, place.repository)
    if first != "config":
        return Part.MESSAGES, None
    kind = rest.partition("/")[0]
    if kind in _PARTS:
        return _PARTS[kind], paths.folder(place.repository) / rest
    return Part.CONFIG, place.shared / rest


def _root(said: Path, roots: list[Path]) -> Path | None:
    """The worktree at that path, if there is one now."""
    wanted = Path(_said(said))
    return wanted if wanted in roots else None


def _said(path: Path) -> str:
    """Where a worktree was; empty if the backup does not say it."""
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
