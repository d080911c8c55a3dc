"""Objects of the branch that cannot be read any more: set aside, and fetched again."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pygit2

from gitstore.format import Format
from gitstore.merge import entries
from gitstore.program import Answer, GitProgram
from gitstore.ref import Ref, common_directory

MOST: Final = 1000
"""Objects that are mended in one go; a repository that has lost more is cloned anew."""


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


def is_whole(loose: Path) -> bool:
    """Whether a loose object's file, if there is one, can be unpacked to its end.

    libgit2 1.9 is not asked: it reads a file that was cut off for ever.
    """
    stream = zlib.decompressobj()
    try:
        stream.decompress(loose.read_bytes())
    except FileNotFoundError:
        return True
    except zlib.error:
        return False
    return stream.eof


def first_unreadable(repository: str, tip: str | None) -> str | None:
    """The first object of a commit's tree that cannot be read, asked of the disk anew."""
    if tip is None:
        return None
    fresh = pygit2.Repository(repository)
    store = common_directory(fresh) / "objects"
    left = [tip]
    while left:
        id = left.pop()
        if not is_whole(store / id[:2] / id[2:]):
            return id
        try:
            found: object = fresh[id]
            if isinstance(found, pygit2.Commit):
                left.append(str(found.tree_id))
            if isinstance(found, pygit2.Tree):
                left += [below for below, _ in entries(fresh, id).values()]
        except (KeyError, pygit2.GitError):
            return id
    return None
