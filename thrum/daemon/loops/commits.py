"""Who has committed what in this clone: what git notes of each worktree's HEAD, read as files.

Git writes a line whenever HEAD comes to stand elsewhere, and why (gitrepository-layout(5),
``logs/HEAD``). So a commit is seen on whichever branch it was made, the base branch too, and also
after another one is checked out; what is only checked out, fetched or moved forward to is none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from thrum import git_place

_LATEST: Final = 32_768
"""Bytes of a record that are looked through, the latest."""

_MADE: Final = re.compile(
    rb"(commit|cherry-pick|revert|am)\b|rebase (-i )?\((pick|reword|edit|squash|fixup|continue)\)"
    rb"|(merge|pull)\b.*: Merge made by"
)
"""How the reason of a line begins that tells of a commit which was made then and there."""

_WHY: Final = re.compile(rb"[0-9a-f]+ ([0-9a-f]+) .*?> \d+ [-+]\d+\t(.*)")


class _Last(Struct, frozen=True):
    """The last commit that was made in a worktree; empty if none is noted.

    Attributes:
        stamp: of the record it was read from.
        by: the agents who lived there when it was first seen; nobody knows who it was if none did.
    """

    stamp: tuple[int, int]
    sha: str = ""
    by: frozenset[str] = frozenset()


class Commits(Struct):
    """The last commits in the worktrees of one repository. Belongs to one thread at a time.

    Args:
        repository: the checkout that the daemon serves.
    """

    repository: Path
    _last: dict[str, _Last] = field(default_factory=dict)

    def of(
        self, agents: Iterable[str], homes: Mapping[str, Collection[str]]
    ) -> dict[str, frozenset[str]]:
        """The last commits of those agents for whose worktrees git keeps a record, by agent.

        One in a worktree where nobody lives may be anybody's.

        Args:
            agents: who is asked about.
            homes: the worktrees in which agents of this clone live, by agent.
        """
        self._look(homes)
        noted = [each for each in agents if not self._last.keys().isdisjoint(homes.get(each, ()))]
        made = [last for last in self._last.values() if last.sha]
        return {
            agent: frozenset(last.sha for last in made if not last.by or agent in last.by)
            for agent in noted
        }

    def _look(self, homes: Mapping[str, Collection[str]]) -> None:
        before, self._last = self._last, {}
        for root, record in self._records():
            try:
                found = record.stat()
                stamp = (found.st_mtime_ns, found.st_size)
                last = before.get(root, _Last((0, 0)))
                if last.stamp != stamp:
                    last = self._read(record, stamp, last, root, homes)
            except OSError:
                continue  # git keeps none, or the worktree is gone
            self._last[root] = last

    def _read(
        self,
        record: Path,
        stamp: tuple[int, int],
        before: _Last,
        root: str,
        homes: Mapping[str, Collection[str]],
    ) -> _Last:
        sha = _made_last(record)
        if sha == before.sha:
            return _Last(stamp, sha, before.by)
        return _Last(stamp, sha, frozenset(name for name, at in homes.items() if root in at))

    def _records(self) -> Iterator[tuple[str, Path]]:
        """The worktrees, and where git keeps the records of their HEADs."""
        place = git_place.of(self.repository)
        if place is None:
            return
        main, common = place.main_worktree, place.common_dir
        if main is not None:
            yield str(git_place.real(main)), common / "logs" / "HEAD"
        try:
            folders = sorted((common / "worktrees").iterdir())
        except OSError:
            return  # there are no others
        for folder in folders:
            try:
                pointer = Path(os.fsdecode((folder / "gitdir").read_bytes().rstrip(b"\n")))
            except OSError:
                continue  # it is being taken away
            yield str(git_place.real(folder / pointer.parent)), folder / "logs" / "HEAD"


def _made_last(record: Path) -> str:
    """The last commit that a record tells of; empty if none."""
    with record.open("rb") as lines:
        lines.seek(max(os.fstat(lines.fileno()).st_size - _LATEST, 0))
        told = lines.read().splitlines()
    for line in reversed(told):
        found = _WHY.fullmatch(line)
        if found is not None and _MADE.match(found[2]):
            return found[1].decode()
    return ""
