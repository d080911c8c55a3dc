"""Making a worktree, and taking back what was made, and nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from thrum import git_place
from thrum.errors import ThrumError
from thrum.identity import process
from thrum.worktrees import beginning, listing, removing
from thrum.worktrees.beginning import Asked, Beginning
from thrum.worktrees.git import CHECKOUT_S, Git
from thrum.worktrees.listing import Tree
from thrum.worktrees.record import Record, Records

_INITIALIZING = "initializing"
"""Why git itself locks a worktree that it has not made whole yet."""


@dataclass(frozen=True, slots=True)
class Made:
    """A worktree that stands.

    Attributes:
        path: its root.
        branch: its branch; empty for none.
        base: where a new branch began; empty for one that was there.
        is_reused: whether the worktree was there before.
        record: what to take back if something fails from here on.
        notes: what the person should know.
    """

    path: Path
    branch: str
    base: str
    is_reused: bool
    record: Record
    notes: tuple[str, ...] = ()


def make(git: Git, place: Path, asked: Asked, hidden: str, records: Records) -> Made:
    """Makes the worktree, or finds it made.

    Args:
        git: where the command runs.
        place: where the worktree shall lie.
        asked: what the line says.
        hidden: the branch of the log.
        records: what others began, held for this name.

    Raises:
        ThrumError: ``usage``, ``not_found``, ``conflict``, ``repository`` as
            `thrum.worktrees.beginning.choose`; ``conflict``, something else lies there; ``busy``,
            git is still at it; ``program``, ``timed_out``. Nothing is left of what was begun.
    """
    before = _begun(records, asked.name)
    if before and not before.whole:
        before = sweep(git, before, records, asked.name)
    chosen = _chosen(git, place, asked, hidden)
    if isinstance(chosen, Tree):
        record = before or Record("create", str(place), chosen.branch, whole=True)
        records.write(asked.name, record)
        return Made(place, chosen.branch, "", is_reused=True, record=record)
    record = _record(place, chosen, before)
    records.write(asked.name, record)
    try:
        git.run(*_adding(place, chosen), limit_s=CHECKOUT_S)
    except BaseException:
        take_back(git, record)
        records.clear(asked.name)
        raise
    record = replace(record, whole=True)
    records.write(asked.name, record)
    return Made(place, chosen.branch, chosen.base, False, record, chosen.notes)


def check(git: Git, place: Path, asked: Asked, hidden: str, records: Records) -> None:
    """Refuses what `make` would refuse now, and changes nothing. What was cut off it cannot judge.

    Raises:
        ThrumError: as `make`.
    """
    before = _begun(records, asked.name)
    if before is None or before.whole:
        _chosen(git, place, asked, hidden)


def _begun(records: Records, name: str) -> Record | None:
    """What somebody began; None for nothing.

    Raises:
        ThrumError: ``conflict``, it was to go.
    """
    before = records.read(name)
    if before and before.doing == "teardown":
        text = f"the teardown of {name} was cut off"
        raise ThrumError("conflict", text, f"finish it: thrum worktree teardown {name}")
    return before


def _chosen(git: Git, place: Path, asked: Asked, hidden: str) -> Tree | Beginning:
    """The worktree that is there and will do, or from what a new one begins.

    Raises:
        ThrumError: as `make`.
    """
    trees = listing.trees(git)
    known = listing.at(trees, place)
    if known and not known.gone:
        _check_same(git, known, asked, hidden)
        return known
    _check_free(place, known, asked.name)
    return beginning.choose(git, asked, trees, hidden)


def take_back(git: Git, record: Record) -> None:
    """Removes the worktree and the branch of a record, as far as it made them.

    Raises:
        ThrumError: ``repository``, git refuses.
    """
    place = Path(record.path)
    if record.made:
        _remove(git, place)
        _remove_folders(place, record.above)
    if record.made_branch:
        removing.delete_branch(git, record.branch, record.commit)


def _record(place: Path, chosen: Beginning, before: Record | None) -> Record:
    is_same = before is not None and (before.branch, before.commit) == chosen[:2]
    return Record(
        "create",
        str(place),
        chosen.branch,
        chosen.commit,
        made=True,
        made_branch=chosen.is_new or (is_same and before is not None and before.made_branch),
        above=(before.above if before else "") or _missing(place),
    )


def _missing(place: Path) -> str:
    """The topmost folder of the path that is not there yet; empty if only the last one is not."""
    missing = [each for each in place.parents if not each.exists()]
    return str(missing[-1]) if missing else ""


def _adding(place: Path, chosen: Beginning) -> Sequence[str]:
    """The arguments of git."""
    start = ("worktree", "add", "--quiet")
    if not chosen.branch:
        return (*start, "--detach", str(place), chosen.commit)
    if not chosen.is_new:
        return (*start, str(place), chosen.branch)
    new = (*start, "-b", chosen.branch)
    if chosen.tracks:
        return (*new, "--track", str(place), chosen.tracks)
    # A commit instead of a name: a branch that followed its base would be pushed there.
    return (*new, "--no-track", str(place), chosen.commit)


def _check_same(git: Git, known: Tree, asked: Asked, hidden: str) -> None:
    """Refuses a worktree that is there and is not what is wanted.

    Raises:
        ThrumError: ``conflict``; ``usage``.
    """
    if known.is_main:
        raise ThrumError("usage", f"{known.path} is the repository itself", "choose another name")
    wanted = beginning.branch_of(git, asked, hidden)
    if known.branch == wanted:
        return
    stands = f"on the branch {known.branch}" if known.branch else "on no branch"
    but = wanted or "no branch"
    todo = f"to go on with it add -b {known.branch}" if known.branch else "to go on add --detach"
    raise ThrumError("conflict", f"{known.path} is there, {stands} and not on {but}", todo)


def _check_free(place: Path, known: Tree | None, name: str) -> None:
    """Refuses a place where something lies, or did.

    Raises:
        ThrumError: ``conflict``.
    """
    if known:
        listing.check_place(known)
        text = f"git lists a worktree at {place}, whose folder is gone"
        moved = "if it was moved, run `git worktree repair` in it"
        todo = f"{moved}; else: thrum worktree teardown {name} --discard"
        raise ThrumError("conflict", text, todo)
    if not os.path.lexists(place) or (not place.is_symlink() and _is_empty(place)):
        return
    other = git_place.at(place) if place.is_dir() else None
    what = f"a work tree of another repository, {other.common_dir}" if other else "no worktree"
    todo = "choose another name, move it away, or have worktrees.base_path name another folder"
    raise ThrumError("conflict", f"{place} is there already, and is {what}", todo)


def _is_empty(place: Path) -> bool:
    return place.is_dir() and not any(place.iterdir())


# -- what was cut off --


def sweep(git: Git, before: Record, records: Records, name: str) -> Record | None:
    """Looks at what somebody left who was killed while git made a worktree.

    Returns:
        The record, where the worktree stands whole after all; None where nothing is left of it.

    Raises:
        ThrumError: ``busy``, its git goes on.
    """
    place = Path(before.path)
    if is_being_made(place):
        raise ThrumError("busy", f"git is still making {place}", "try again when it has ended")
    known = listing.at(listing.trees(git), place)
    if known and not known.gone and known.lock != _INITIALIZING:
        whole = replace(before, whole=True)
        records.write(name, whole)
        return whole
    take_back(git, before)
    records.clear(name)
    return None


def is_being_made(place: Path) -> bool:
    """Whether a git is at it whose thrum is gone."""
    import psutil

    wanted = {"worktree", "add", str(place)}
    return any(wanted <= set(process.words(pid)) for pid in psutil.pids())


def _remove(git: Git, place: Path) -> None:
    """Removes a worktree, whole or not, and what git knows of it; nothing that git does not list.

    Raises:
        ThrumError: ``repository``, git refuses.
    """
    if listing.at(listing.trees(git), place) is None:
        return
    arguments = ("worktree", "remove", "--force", "--force", str(place))
    try:
        git.run(*arguments, limit_s=CHECKOUT_S)
    except ThrumError:
        # What is not whole git does not take for a worktree, until its folder is gone.
        shutil.rmtree(place)
        git.run(*arguments)


def _remove_folders(place: Path, above: str) -> None:
    """Removes the folders that were made for the worktree, as far as nothing else is in them."""
    made = [each for each in place.parents if above and each.is_relative_to(above)]
    with suppress(OSError):
        for each in made:
            each.rmdir()
