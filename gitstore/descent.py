"""The commits of a branch: which one a name means, and which one brought a line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pygit2
from msgspec import Struct
from pygit2.enums import SortMode

from gitstore.merge import FILES, entry_at
from gitstore.ref import common_directory

_HASH: Final = re.compile(r"[0-9a-f]{4,40}")


class Commit(Struct, frozen=True):
    """A commit of the branch.

    Attributes:
        id: its hash.
        seconds: when it was made, since 1970.
        author: name and address.
    """

    id: str
    seconds: int
    author: tuple[str, str]

    @classmethod
    def of(cls, found: pygit2.Commit) -> Commit:
        """What libgit2's says."""
        return cls(str(found.id), found.commit_time, (found.author.name, found.author.email))


class Descent(Struct, frozen=True):
    """A commit and those before it, as far as they are here.

    Every method may raise `KeyError` or `pygit2.GitError`: an object cannot be read.
    """

    repository: pygit2.Repository
    tip: str

    def newest_first(self) -> Iterator[Commit]:
        """All of them, by their dates."""
        for commit in self.repository.walk(self.tip, SortMode.TIME):
            yield Commit.of(commit)

    def named(self, text: str) -> str | None:
        """The one that a hash, or its beginning, names; None if none does."""
        if not _HASH.fullmatch(text):
            return None
        try:
            found: object = self.repository[text]
        except (KeyError, ValueError):
            return None
        if not isinstance(found, pygit2.Commit):
            return None
        tip = pygit2.Oid(hex=self.tip)
        known = found.id == tip or self.repository.descendant_of(tip, found.id)
        return str(found.id) if known else None

    def brought(self, path: str, line: bytes) -> tuple[Commit, bool]:
        """The commit that brought a line to a file, and whether history goes on behind it.

        Every commit holds what its parents hold, so on each line of descent the first one that
        has it is found by halving.
        """
        commit = self.tip
        while True:
            chain = self._chain(commit)
            low, high = 0, len(chain)
            while high - low > 1:
                middle = (low + high) // 2
                has_it = self._has(chain[middle], path, line)
                low, high = (middle, high) if has_it else (low, middle)
            found = self.repository[chain[low]].peel(pygit2.Commit)
            parents = [str(id) for id in found.parent_ids]
            present = [id for id in parents if id in self.repository]
            others = [id for id in present if self._has(id, path, line)]
            if not others:
                cut_off = str(found.id) in self._cut_off() or len(present) < len(parents)
                return Commit.of(found), not cut_off
            commit = others[0]

    def _cut_off(self) -> set[str]:
        """The commits whose parents a shallow clone left out."""
        shallow = common_directory(self.repository) / "shallow"
        return set(shallow.read_text().split()) if shallow.is_file() else set()

    def _chain(self, commit: str) -> list[str]:
        """A commit and its first parents, as far as they are here."""
        chain = [commit]
        while True:
            parents = self.repository[chain[-1]].peel(pygit2.Commit).parent_ids
            if not parents or parents[0] not in self.repository:
                return chain
            chain.append(str(parents[0]))

    def _has(self, commit: str, path: str, line: bytes) -> bool:
        tree = self.repository[commit].peel(pygit2.Commit).tree_id
        held = entry_at(self.repository, tree, path)
        if held is None or held[1] not in FILES:
            return False
        blob = self.repository[held[0]]
        assert isinstance(blob, pygit2.Blob)
        return line in blob.data.split(b"\n")
