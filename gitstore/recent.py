"""What the branch came to hold lately, kept in memory so that it can be written again.

A ``git prune --expire=now`` or ``git repack -ad`` that looked at the refs before ours moved takes
the new objects as garbage, however much later. Unlike gc it leaves no sign that it runs, so nothing
can be waited for: one looks again for a while, and puts back what has gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import pygit2
from msgspec import Struct, field
from pygit2.enums import FileMode

from gitstore.merge import differing, is_too_deep

KEPT_SECONDS: Final = 600.0
"""Longer than a prune takes from its look at the refs to the last file it removes."""
KEPT_BYTES: Final = 4_000_000
"""What it may cost in memory; the oldest go first."""
MOST_COMMITS: Final = 50
"""Commits of an arrival that are looked at, the newest; the rest of a long one is in a pack, which
no prune touches."""


class _Kept(NamedTuple):
    since: float
    type: int
    data: bytes


class Recent(Struct, dict=True):
    """The objects of the last commits.

    Args:
        store: the directory of the object store.
    """

    store: Path
    _kept: dict[pygit2.Oid, _Kept] = field(default_factory=dict)
    _size: int = 0

    def keep(self, repository: pygit2.Repository, ids: Iterable[pygit2.Oid], now: float) -> None:
        """Keeps objects, as of `now` in seconds.

        Raises:
            KeyError: one of them is not there any more.
        """
        for id in dict.fromkeys(ids):
            type, data = repository.read(id)
            self._drop(id)
            self._kept[id] = _Kept(now, type, data)
            self._size += len(data)
        self._forget(now)

    def mend(self, now: float) -> int:
        """Writes again what is missing on disk; how many objects.

        Raises:
            OSError, pygit2.GitError: the disk refuses.
        """
        self._forget(now)
        if not self._kept:
            return 0
        # A store opened now has seen nothing before: it asks the disk, not a cache.
        store = pygit2.Odb(str(self.store))
        lost = [kept for id, kept in self._kept.items() if id not in store]
        for kept in lost:
            store.write(kept.type, kept.data)
        return len(lost)

    def forget(self, ids: Iterable[str]) -> None:
        """Keeps these objects no more, because they are to go."""
        for id in ids:
            self._drop(pygit2.Oid(hex=id))

    def _forget(self, now: float) -> None:
        while self._kept:
            oldest = next(iter(self._kept))
            if self._size <= KEPT_BYTES and now - self._kept[oldest].since < KEPT_SECONDS:
                return
            self._drop(oldest)

    def _drop(self, id: pygit2.Oid) -> None:
        if id in self._kept:
            self._size -= len(self._kept.pop(id).data)


def brought(repository: pygit2.Repository, tip: str, known: str) -> Iterator[pygit2.Oid]:
    """The newest objects that a commit's history has and that of a known commit lacks.

    Raises:
        KeyError, pygit2.GitError: one of those that lead to others is missing.
    """
    walk = repository.walk(pygit2.Oid(hex=tip))
    walk.hide(pygit2.Oid(hex=known))
    for _, commit in zip(range(MOST_COMMITS), walk, strict=False):
        yield commit.id
        before: pygit2.Oid | None = None
        with suppress(KeyError, IndexError):  # the first commit, or the last of a shallow clone
            before = repository[commit.parent_ids[0]].peel(pygit2.Commit).tree_id
        yield from _added(repository, before, commit.tree_id)


def _added(
    repository: pygit2.Repository, old: pygit2.Oid | None, new: pygit2.Oid, folder: str = ""
) -> Iterator[pygit2.Oid]:
    """A tree, and everything below it that is not in the same place of the old one."""
    if old == new:
        return
    yield new
    before, now = differing(repository, old, new)
    for name, (id, mode) in now.items():
        was = before.get(name)
        path = f"{folder}{name}"
        if was == (id, mode) or mode == FileMode.COMMIT or is_too_deep(path):
            continue
        if mode == FileMode.TREE:
            inner = pygit2.Oid(hex=was[0]) if was and was[1] == FileMode.TREE else None
            yield from _added(repository, inner, pygit2.Oid(hex=id), f"{path}/")
        else:
            yield pygit2.Oid(hex=id)
