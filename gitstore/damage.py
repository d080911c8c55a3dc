"""Objects of the branch that cannot be read any more: set aside, and fetched again.

Files of the object store that are damaged come first, because libgit2 must not see them: an index
is made again from its pack, and what can still be read of a damaged pack becomes loose objects.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import pygit2
from msgspec import Struct

from gitstore import durable, loose, packs
from gitstore.errors import DamagedObject
from gitstore.format import Format
from gitstore.merge import entries
from gitstore.packing import LARGEST_FOLDED
from gitstore.packs import Fault
from gitstore.program import Answer, GitProgram, Outcome
from gitstore.ref import Ref, common_directory
from gitstore.salvage import Found, Salvage

MOST: Final = 1000
"""Objects that are mended in one go; a repository that has lost more is cloned anew."""

LARGEST_SALVAGED: Final = LARGEST_FOLDED
"""Bytes up to which a damaged pack is taken apart: ours, and those of smaller repositories."""
NOT_READ: Final = (KeyError, ValueError, pygit2.GitError)
"""What libgit2 says of an object that is missing or damaged; ValueError where it has no words."""


class ObjectMended(Struct, frozen=True):
    """An object that could not be read.

    Attributes:
        aside: where its damaged file is now; None if there was none.
        answer: what came of asking the remote for it; its outcome is OK if it can be read again.
    """

    id: str
    aside: Path | None
    answer: Answer


class PackMended(Struct, frozen=True):
    """A damaged pack or index.

    Attributes:
        aside: where its files are now.
        saved: how many objects of it were put back.
        is_gone: whether it was a pack that had to be taken apart; what was damaged in it is lost.
        trouble: what is left to do by hand; empty when nothing is.
    """

    fault: Fault
    aside: tuple[Path, ...] = ()
    saved: int = 0
    is_gone: bool = False
    trouble: str = ""


class RefMended(Struct, frozen=True):
    """A ref that could not be read, or pointed at a commit that cannot be.

    Attributes:
        aside: where its file is now; None if it had none of its own.
        tip: where it points now; None where there is no such ref any more.
        is_known: whether that is a commit which it is known to have pointed at.
    """

    name: str
    aside: Path | None
    tip: str | None
    is_known: bool


def is_readable(ref: Ref) -> bool:
    """Whether a ref is absent or points anywhere."""
    try:
        ref.read()
    except DamagedObject:
        return False
    return True


def has_commit(repository: pygit2.Repository, ref: Ref) -> bool:
    """Whether a ref is absent or points at a commit that can be read."""
    tip = ref.read()
    return tip is None or first_unreadable(repository.path, tip) != tip


def mend_ref(
    repository: pygit2.Repository, ref: Ref, known: Collection[str], aside: Path
) -> RefMended:
    """Moves a damaged ref aside and has it point at the first of some commits that is whole.

    Args:
        known: where it may have pointed, the newest first.
        aside: a folder.

    Raises:
        RefLocked, DamagedObject, OSError: it cannot be moved.
    """
    moved = _set_aside(ref.path, aside / ref.path.name) if ref.path.exists() else None
    tip = next((id for id in known if first_unreadable(repository.path, id) is None), None)
    packed = ref.read()
    if tip is not None and packed != tip:
        ref.swap(packed, tip)
    now = ref.read()
    return RefMended(ref.name, moved, now, now in known)


def mend_packs(store: Path, git: GitProgram, aside: Path) -> Iterator[PackMended]:
    """Moves damaged packs and indexes aside and puts back what they held, as far as it is whole.

    Raises:
        OSError: the disk refuses.
    """
    first = {fault.path.with_suffix(""): fault for fault in reversed(list(packs.faults(store)))}
    for stem, fault in first.items():
        pack = stem.with_suffix(".pack")
        if packs.is_whole(pack):
            moved = moved_aside([stem.with_suffix(".idx")], aside)
            answer = git.index_pack(pack)
            trouble = "" if answer.outcome is Outcome.OK else answer.words
            yield PackMended(fault, moved, trouble=trouble)
        elif pack.exists() and pack.stat().st_size > LARGEST_SALVAGED:
            yield PackMended(fault, trouble="it is too large to be taken apart here")
        else:
            # The index goes first: without it nobody looks for the pack.
            moved = moved_aside(sorted(stem.parent.glob(f"{stem.name}.*")) or [fault.path], aside)
            yield PackMended(fault, moved, _put_back(store, moved), is_gone=True)


def moved_aside(paths: list[Path], aside: Path) -> tuple[Path, ...]:
    """Moves the files that are there into a folder and says where they are now."""
    return tuple(_set_aside(path, aside / path.name) for path in paths if path.exists())


def _set_aside(path: Path, target: Path) -> Path:
    """Moves a file, perhaps to another file system, over nothing that stands there."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    free, number = target, 1
    while free.exists():
        number += 1
        free = target.with_name(f"{target.name}-{number}")
    shutil.copyfile(path, free)
    free.chmod(0o600)
    path.unlink()
    return free


def _put_back(store: Path, moved: tuple[Path, ...]) -> int:
    """Writes what a pack that was moved aside still holds as loose objects; how many."""
    count = 0
    for pack in (path for path in moved if ".pack" in path.name):
        index = next((path for path in moved if ".idx" in path.name), None)
        rest = Salvage(pack.read_bytes(), index.read_bytes() if index else b"")
        for found in rest.objects():
            count += _write(store, found)
    return count


def _write(store: Path, found: Found) -> bool:
    """Writes an object as a durable loose file unless there is one; whether it did.

    Not through libgit2, which would look into packs that are damaged as well.
    """
    id, is_new = loose.write(store, found.kind, found.data)
    if is_new:
        durable.sync_folder(loose.path_of(store, id).parent)
    return is_new


def mend(
    repository: pygit2.Repository, ref: Ref, format: Format, git: GitProgram, aside: Path
) -> Iterator[ObjectMended]:
    """Moves each unreadable loose object of the branch aside and fetches it from the remote.

    It ends with the first that the remote does not give: what is below that cannot be known.
    """
    for _ in range(MOST):
        broken = first_unreadable(repository.path, ref.read())
        if broken is None:
            return
        file = common_directory(repository) / "objects" / broken[:2] / broken[2:]
        target = _set_aside(file, aside / broken) if file.exists() else None
        answer = git.fetch_objects([broken])
        yield ObjectMended(broken, target, answer)
        if first_unreadable(repository.path, ref.read()) == broken:
            return


def mend_from(
    repository: pygit2.Repository, ref: Ref, source: pygit2.Repository, aside: Path
) -> tuple[int, str]:
    """Puts back what another repository has and this one lacks, or has damaged in the branch.

    Args:
        repository: whose branch cannot be read.
        ref: the branch.
        source: has, perhaps, what is lacking.
        aside: a folder for damaged files.

    Returns:
        How many were put back, and the first of the branch that the other one lacks as well; empty
        if all of it can be read.

    Raises:
        OSError: the disk refuses.
    """
    store, count = common_directory(repository) / "objects", 0
    known = pygit2.Repository(repository.path).odb
    for id in map(str, source):
        count += id not in known and _write(store, _found(source, id))
    while (broken := first_unreadable(repository.path, ref.read())) is not None:
        if broken not in source:
            return count, broken
        if loose.path_of(store, broken).exists():
            _set_aside(loose.path_of(store, broken), aside / broken)
        if not _write(store, _found(source, broken)):
            return count, broken
        count += 1
    return count, ""


def _found(repository: pygit2.Repository, id: str) -> Found:
    found = repository[id]
    return Found(found.type_str, found.read_raw(), id)


def first_unreadable(repository: str, tip: str | None) -> str | None:
    """The first object that cannot be read of a commit's files and of the commits before it.

    It is asked of the disk anew.
    """
    if tip is None:
        return None
    fresh = pygit2.Repository(repository)
    store = common_directory(fresh) / "objects"
    shallow = common_directory(fresh) / "shallow"
    ends = set(shallow.read_text().split()) if shallow.exists() else set()
    left, seen = [tip], {""}
    while left:
        id = left.pop()
        if id in seen:
            continue
        seen.add(id)
        try:
            loose.read(store, id)
            found: object = fresh[id]
            if isinstance(found, pygit2.Commit):
                left += [] if id in ends else [str(parent) for parent in found.parent_ids]
                left += [str(found.tree_id)] if id == tip else []
            if isinstance(found, pygit2.Tree):
                left += [below for below, _ in entries(fresh, id).values()]
        except (DamagedObject, *NOT_READ):
            return id
    return None
