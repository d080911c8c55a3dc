"""Writing what a plan says, one durable file after the other.

A receipt comes before each file. Whoever kills setup in between leaves every file whole, old or
new. Run again, it goes on; taken back, everything is as it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from thrum.setup import foreign
from thrum.setup.foreign import Obstacle
from thrum.setup.plan import Change
from thrum.setup.receipts import Receipt, Receipts, digest


def put(changes: Iterable[Change], known: Receipts) -> list[Obstacle]:
    """Writes the files that a plan for putting names; what was in the way of some.

    Raises:
        OSError: the receipts cannot be written.
    """
    obstacles = []
    for change in changes:
        if not change.changes or change.before is None:
            continue
        try:
            _put(change, known)
        except Obstacle as obstacle:
            obstacles.append(obstacle)
    return obstacles


def _put(change: Change, known: Receipts) -> None:
    before = change.before
    assert before is not None
    receipt = known.of(change.path)
    untouched = receipt is not None and receipt.after == digest(before.raw)
    if receipt is None:
        kept = known.keep(before.raw) if before.raw is not None else ""
        receipt = Receipt(was_there=before.raw is not None, kept=kept)
    made = tuple(dict.fromkeys((*receipt.made, *change.made)))
    folders = receipt.folders or tuple(str(each) for each in foreign.missing_folders(before.path))
    # Where somebody wrote in between, the old bytes are not what they will want back.
    after = digest(change.after) if untouched or not receipt.after else "-"
    known.note(change.path, Receipt(receipt.was_there, receipt.kept, after, made, folders))
    foreign.replace(before, change.after)


def remove(changes: Iterable[Change], known: Receipts) -> list[Obstacle]:
    """Writes the files that a plan for removing names; what was in the way of some.

    Raises:
        OSError: the receipts cannot be written.
    """
    obstacles = []
    folders: set[str] = set()
    for change in changes:
        if change.action == "leave" or change.before is None:
            continue
        receipt = known.of(change.path)
        try:
            if change.changes:
                foreign.replace(change.before, change.after)
        except Obstacle as obstacle:
            obstacles.append(obstacle)
            continue
        if receipt:
            folders.update(receipt.folders)
            known.forget(change.path)
    for folder in sorted(folders, key=len, reverse=True):
        _remove_empty(Path(folder))
    return obstacles


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
