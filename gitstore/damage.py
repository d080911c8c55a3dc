"""Objects of the branch that cannot be read any more: set aside, and fetched again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pygit2

from gitstore import loose
from gitstore.errors import DamagedObject
from gitstore.format import Format
from gitstore.merge import entries
from gitstore.program import Answer, GitProgram
from gitstore.ref import Ref, common_directory

MOST: Final = 1000
"""Objects that are mended in one go; a repository that has lost more is cloned anew."""

NOT_READ: Final = (KeyError, ValueError, pygit2.GitError)
"""What libgit2 says of an object that is missing or damaged; ValueError where it has no words."""


@dataclass(frozen=True, slots=True)
class Mended:
    """An object that could not be read.

    Attributes:
        aside: where its damaged file is now; None if there was none.
        answer: what came of asking the remote for it; its outcome is OK if it can be read again.
    """

    id: str
    aside: Path | None
    answer: Answer


def mend(
    repository: pygit2.Repository, ref: Ref, format: Format, git: GitProgram, aside: Path
) -> Iterator[Mended]:
    """Moves each unreadable loose object of the branch aside and fetches it from the remote.

    It ends with the first that the remote does not give: what is below that cannot be known.
    """
    for _ in range(MOST):
        broken = first_unreadable(repository.path, ref.read())
        if broken is None:
            return
        file = common_directory(repository) / "objects" / broken[:2] / broken[2:]
        target = None
        if file.exists():
            aside.mkdir(parents=True, exist_ok=True, mode=0o700)
            target = aside / broken
            target.write_bytes(file.read_bytes())
            target.chmod(0o600)
            file.unlink()
        answer = git.fetch_objects([broken])
        yield Mended(broken, target, answer)
        if first_unreadable(repository.path, ref.read()) == broken:
            return


def first_unreadable(repository: str, tip: str | None) -> str | None:
    """The first object of a commit's tree that cannot be read, asked of the disk anew."""
    if tip is None:
        return None
    fresh = pygit2.Repository(repository)
    store = common_directory(fresh) / "objects"
    left = [tip]
    while left:
        id = left.pop()
        try:
            loose.read(store, id)
            found: object = fresh[id]
            if isinstance(found, pygit2.Commit):
                left.append(str(found.tree_id))
            if isinstance(found, pygit2.Tree):
                left += [below for below, _ in entries(fresh, id).values()]
        except (DamagedObject, *NOT_READ):
            return id
    return None
