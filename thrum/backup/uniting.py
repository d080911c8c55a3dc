"""The lines of a backup, united with those that are here: nothing goes, and what went stays away.

Lines that a purge covers, or that were taken back before they left this clone, are in the backup
still and do not come back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

from gitstore import NOT_READ, Cursor, Log, LogError, OsDisk, Record, Snapshot, Withdrawals
from thrum.backup import bundles
from thrum.backup.manifest import Manifest
from thrum.backup.older import Older
from thrum.daemon.projection.omission import omitting
from thrum.daemon.quiet import opened
from thrum.errors import ThrumError
from thrum.paths import Place
from thrum.worktrees.git import Git

REF: Final = "refs/thrum/restored"
WITHDRAWN: Final = "withdrawn.json"
AT_ONCE: Final = 1_000
"""Lines that become one commit."""


@dataclass(frozen=True, slots=True)
class Uniting:
    """A backup whose log is united with the one that is here.

    Args:
        place: where to.
        folder: the backup.
        about: its manifest.
        environment: git's.
    """

    place: Place
    folder: Path
    about: Manifest
    environment: Mapping[str, str]

    def missing(self) -> int:
        """How many lines of the backup are not here, and come back.

        Raises:
            ThrumError: ``storage``, ``repository``, they cannot be read.
        """
        with _in_words():
            return self._missing()

    def _missing(self) -> int:
        here = Snapshot.take(self.place.repository, self.place.journal)
        held = {line.raw for line in here.since(None).lines}
        theirs = {raw: path for path, raw in self._waiting()}
        if self.about.is_older:
            lines = chain(here.since(None).lines, self._older.lines())
            theirs |= {raw: path for path, raw in self._older.receipts(lines)}
        else:
            with self._brought() as tip:
                theirs |= {line.raw: line.path for line in here.at(tip).since(None).lines}
        stays_away = self._staying_away(held | theirs.keys())
        return sum(raw not in held and not stays_away(path, raw) for raw, path in theirs.items())

    def unite(self) -> None:
        """Unites the branches, and appends what only the backup's journal has.

        Raises:
            ThrumError: ``storage``, ``repository``, the disk or git refuses. What was done by then
                stands.
        """
        with _in_words():
            self._unite()

    def _unite(self) -> None:
        with opened(self.place, self.environment) as log:
            if not self.about.is_older:
                with self._brought() as tip, _not_told():
                    log.rejoin(Cursor(tip, "", 0))
            self._add(log, self._waiting())
            if self.about.is_older:
                self._add(log, list(self._older.receipts(log.read())))

    def _add(self, log: Log, lines: list[tuple[str, bytes]]) -> None:
        """Has the branch hold those lines as well; each comes with its shard."""
        held = {line.raw for line in log.read()}
        stays_away = self._staying_away(held.union(raw for _, raw in lines))
        lines = [each for each in lines if each[1] not in held and not stays_away(*each)]
        for start in range(0, len(lines), AT_ONCE):
            log.append([lines[start : start + AT_ONCE]])
            log.commit()

    def _staying_away(self, known: set[bytes]) -> Callable[[str, bytes], bool]:
        """Tells, by its file and bytes, a line that does not come back.

        Args:
            known: all lines, with the purges among them.
        """
        withdrawn = Withdrawals(self.place.var / WITHDRAWN, OsDisk())
        is_purged = omitting(known)
        return lambda path, raw: withdrawn.is_withdrawn(raw) or is_purged(path, raw)

    @property
    def _older(self) -> Older:
        return Older(self.folder, self.about)

    @contextmanager
    def _brought(self) -> Iterator[str]:
        """The backup's commit, whose objects are here for the length of the context."""
        git = Git(self.place.repository, self.environment)
        try:
            yield bundles.unpack(self.folder, self.about.bundles, git, REF)
        finally:
            git.ask("update-ref", "-d", REF)

    def _waiting(self) -> list[tuple[str, bytes]]:
        """The lines that no bundle holds, each with its shard."""
        if self.about.is_older:
            return [(line.path, line.raw) for line in self._older.lines()]
        journal = self.folder / "var" / "journal.jsonl"
        records = Snapshot.take(self.place.repository, journal).records()
        return [each for record in records if isinstance(record, Record) for each in record.batch]


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (LogError, *NOT_READ) as error:
        hint = "run it again: it goes on where it stopped"
        raise ThrumError("storage", f"the log cannot be united: {error}", hint) from None


@contextmanager
def _not_told() -> Iterator[None]:
    """Keeps to itself that the branch lacked something: it is what one restores for."""
    heard = logging.getLogger("gitstore")
    nobody = logging.NullHandler()
    heard.addHandler(nobody)
    try:
        yield
    finally:
        heard.removeHandler(nobody)
