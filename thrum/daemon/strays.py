"""Taking in the events of a Thrum that was set up apart, in another worktree of the repository.

What it had committed is on the branch anyway; its journal may hold more. It is left beside what was
taken, so nothing is lost if the same is read again.
"""

from __future__ import annotations

import logging
from pathlib import Path

from gitstore import Log, Snapshot
from thrum import git_place, relocation
from thrum.paths import Place

logger = logging.getLogger("thrum.daemon")


def take_in(place: Place, log: Log) -> int:
    """Appends what journals of no other daemon's hold, and puts them aside; how many events.

    Raises:
        LogError: the branch cannot be read, or the disk refuses the events.
        OSError: a journal cannot be put aside.
    """
    git = git_place.of(place.repository)
    count = 0
    for folder in relocation.strays(git) if git else ():
        journal = folder / "var" / "journal.jsonl"
        if journal.is_file() and folder != place.shared:
            count += _taken(place, log, journal)
    return count


def _taken(place: Place, log: Log, journal: Path) -> int:
    with relocation.kept_free(journal.parent.parent) as is_free:
        if not is_free:
            logger.warning("another daemon is at work in %s", journal.parent)
            return 0
        waiting = Snapshot.take(place.repository, journal).waiting()
        lines = [(line.path, line.raw) for line in waiting]
        if lines:
            log.append([lines])
        journal.rename(_free(journal))
        logger.info("%d events were taken over from %s", len(lines), journal)
        return len(lines)


def _free(journal: Path) -> Path:
    number = 1
    while (path := journal.with_name(f"{journal.stem}.taken-{number}")).exists():
        number += 1
    return path
