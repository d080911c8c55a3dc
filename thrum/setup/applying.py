"""Writing what a plan says, one durable file after the other.

A receipt comes before each file. Whoever kills setup in between leaves every file whole, old or
new. Run again, it goes on; taken back, everything is as it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from thrum.setup import foreign
from thrum.setup.foreign import Foreign, Obstacle
from thrum.setup.plan import Change
from thrum.setup.receipts import Receipt, Receipts, digest

T = TypeVar("T")


def put(changes: Iterable[Change], known: Receipts) -> list[Obstacle]:
    """Writes the files that a plan for putting names; what was in the way of some.

    Raises:
        OSError: the receipts cannot be written.
    """
    obstacles = []
    for change in changes:
        try:
            if change.before:
                foreign.sweep(change.before.path)
            if change.changes:
                _put(change, known)
            elif change.action == "keep":
                _join(change, known)
        except Obstacle as obstacle:
            obstacles.append(obstacle)
    return obstacles


def _put(change: Change, known: Receipts) -> None:
    before = change.before
    assert before is not None
    known.note(change.path, _receipt(change, before, known))
    foreign.replace(before, change.after)


def _join(change: Change, known: Receipts) -> None:
    """Remembers who else reads a file that is as it should be, lest it goes with the others'."""
    receipt = known.of(change.path)
    if receipt and not set(change.runtimes) <= set(receipt.runtimes):
        runtimes = _both(receipt.runtimes, change.runtimes)
        placed = _both(receipt.placed, change.placed)
        known.note(change.path, replace(receipt, runtimes=runtimes, placed=placed))


def _receipt(change: Change, before: Foreign, known: Receipts) -> Receipt:
    """What has to be known of a file once it is written."""
    receipt = known.of(change.path)
    if receipt is None:
        kept = known.keep(before.raw) if before.raw is not None else ""
        receipt = Receipt(was_there=before.raw is not None, kept=kept, whose=change.whose)
    # Where somebody wrote in between, the old bytes are not what they will want back.
    after = digest(change.after) if receipt.is_known(before.raw) else "-"
    folders = receipt.folders or tuple(str(each) for each in foreign.missing_folders(before.path))
    return replace(
        receipt,
        after=after,
        made=_both(receipt.made, change.made),
        folders=folders,
        runtimes=_both(receipt.runtimes, change.runtimes),
        placed=_both(receipt.placed, change.placed),
    )


def _both(one: Iterable[T], other: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys((*one, *other)))


def remove(changes: Iterable[Change], known: Receipts) -> list[Obstacle]:
    """Writes the files that a plan for removing names; what was in the way of some.

    Raises:
        OSError: the receipts cannot be written.
    """
    obstacles = []
    done = []
    for change in changes:
        if change.action == "leave" or change.before is None:
            continue
        try:
            foreign.sweep(change.before.path)
            if change.changes:
                foreign.replace(change.before, change.after)
            done.append(change)
        except Obstacle as obstacle:
            obstacles.append(obstacle)
    _forget(done, known)
    return obstacles


def _forget(done: Iterable[Change], known: Receipts) -> None:
    """Takes the folders away that were made for files which have nothing of ours any more.

    The receipts go last: they alone know of the folders.
    """
    gone: dict[Path, Receipt] = {}
    for change in done:
        receipt = known.of(change.path)
        left = set(receipt.runtimes).difference(change.runtimes) if receipt else set()
        if receipt and left:
            known.note(change.path, replace(receipt, runtimes=tuple(sorted(left))))
        elif receipt:
            gone[change.path] = receipt
    folders = {Path(folder) for receipt in gone.values() for folder in receipt.folders}
    for folder in sorted(folders, key=lambda each: len(each.parts), reverse=True):
        _remove_empty(folder)
    for name, receipt in list(known.found.items()):
        # Where something else of ours is still in a folder, that one takes it along.
        shared = [str(each) for each in folders.intersection(Path(name).parents) if each.is_dir()]
        if shared and Path(name) not in gone:
            known.note(Path(name), replace(receipt, folders=_both(receipt.folders, shared)))
    if gone:
        known.forget(*gone)


def _remove_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
