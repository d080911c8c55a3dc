"""Taking lines out of the object store, as far as it is ours to do.

Nothing of ours points at the objects any more once the branch was moved. Git is asked what anything
else leads to, and that stays and is named. The rest goes: loose objects, whoever wrote them; packs
that were made here are written anew without them; reflogs lose the entries that name their commits.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pygit2
from msgspec import Struct, field
from pygit2.enums import FileMode, ObjectType

from gitstore.damage import NOT_READ
from gitstore.merge import entries, is_too_deep
from gitstore.packing import Packing
from gitstore.program import Answer, GitProgram
from gitstore.recent import Recent
from gitstore.ref import common_directory

_HEX: Final = 40

log = logging.getLogger(__name__)


class Tainted(Struct, dict=True):
    """Tells which objects hold lines, and remembers their ids.

    Args:
        repository: where they are read.
        is_out: tells the lines.
    """

    repository: pygit2.Repository
    is_out: Callable[[bytes], bool]
    ids: set[str] = field(default_factory=set)
    _known: dict[str, bool] = field(default_factory=dict)

    def commit(self, id: str) -> bool:
        """Whether a commit's files hold one."""
        tree = self.repository[id].peel(pygit2.Commit).tree_id
        return self._noted(id, lambda: self.tree(str(tree), ""))

    def tree(self, id: str, folder: str) -> bool:
        """Whether a file below a folder holds one; every folder and file that does is noted."""
        return self._noted(id, lambda: self._below(id, folder))

    def _below(self, id: str, folder: str) -> bool:
        found = False
        for name, (inner, mode) in entries(self.repository, id).items():
            if mode == FileMode.TREE:
                path = f"{folder}{name}/"
                found |= not is_too_deep(path) and self.tree(inner, path)
            elif mode != FileMode.COMMIT:
                found |= self.blob(inner)
        return found

    def blob(self, id: str) -> bool:
        """Whether a file holds one."""
        return self._noted(id, lambda: self.data(self.repository.read(pygit2.Oid(hex=id))[1]))

    def data(self, data: bytes) -> bool:
        """Whether bytes hold one; every line of the log is a JSON object."""
        return b'{"' in data and any(self.is_out(raw) for raw in data.split(b"\n"))

    def _noted(self, id: str, holds: Callable[[], bool]) -> bool:
        if id not in self._known:
            self._known[id] = holds()
            if self._known[id]:
                self.ids.add(id)
        return self._known[id]


class Erasing(Struct, dict=True):
    """Erases in one repository.

    Args:
        git: tells what is in use.
        packing: knows our packs.
        recent: keeps new objects in memory, to put them back.
    """

    git: GitProgram
    packing: Packing
    recent: Recent

    def __post_init__(self) -> None:
        self.repository = self.packing.repository
        self.common = common_directory(self.repository)

    def erase(self, tainted: Tainted, known: set[str]) -> list[str]:
        """Erases what holds the lines; once more, where a process was killed in between.

        Args:
            tainted: tells it, and has noted what of it was seen.
            known: objects that are known to go, the commits that the branch held among them.

        Returns:
            What stays, a sentence each.

        Raises:
            OSError: the disk refuses.
        """
        commits = {id for id in known if self._is_commit(id)}
        gone = tainted.ids | known | set(self._loose(tainted))
        gone |= set(self._built_upon(gone))
        self._clean_reflogs(gone)
        used = self.git.reachable()
        if isinstance(used, Answer):
            return [f"git's objects, because git does not say which are in use: {used.words}"]
        words = self._in_use(gone & used, commits)
        gone -= used
        self.recent.forget(gone)
        for id in gone:
            self.packing.loose_path(id).unlink(missing_ok=True)
        packs = list(self.packing.without(gone))
        self.repository.free()  # libgit2 would go on finding what it has read
        return words + [f"git's {pack.name}, until `git gc --prune=now` has run" for pack in packs]

    def _is_commit(self, id: str) -> bool:
        try:
            return self.repository.read(pygit2.Oid(hex=id))[0] == ObjectType.COMMIT
        except NOT_READ:
            return False  # gone already

    def _in_use(self, used: set[str], commits: set[str]) -> list[str]:
        if not used:
            return []
        names = ", ".join(self._other_refs(commits)) or "something that is checked out or stashed"
        return [f"git's objects, because of {names}: delete that, and run `git gc --prune=now`"]

    def _other_refs(self, commits: set[str]) -> Iterator[str]:
        """Names that lead to one of these commits."""
        descends = self.repository.descendant_of
        for name in self.repository.references:
            try:
                target = self.repository.references[name].peel(pygit2.Commit).id
                if str(target) in commits or any(
                    descends(target, pygit2.Oid(hex=each)) for each in commits
                ):
                    yield name
            except (KeyError, ValueError, pygit2.GitError) as error:
                log.info("where %s leads to cannot be told: %s", name, error)

    def _objects(self) -> Iterator[tuple[str, int, bytes]]:
        """Id, kind and bytes of each loose object."""
        for path in (self.common / "objects").glob("[0-9a-f][0-9a-f]/*"):
            id = path.parent.name + path.name
            if len(id) != _HEX:
                continue
            try:
                kind, data = self.repository.read(pygit2.Oid(hex=id))
            except NOT_READ:
                continue  # damaged, or half written; nobody can read it
            yield id, kind, data

    def _loose(self, tainted: Tainted) -> Iterator[str]:
        """Loose files that hold a line, whether a commit holds them or not."""
        for id, kind, data in self._objects():
            if kind == ObjectType.BLOB and tainted.data(data):
                yield id

    def _built_upon(self, gone: set[str]) -> Iterator[str]:
        """Loose folders and commits that are nothing without what goes."""
        others = {
            id: data if kind == ObjectType.TREE else data.partition(b"\n\n")[0]
            for id, kind, data in self._objects()
            if kind in {ObjectType.TREE, ObjectType.COMMIT}
        }
        known, more = set(gone), True
        while more:
            raw = [bytes.fromhex(id) for id in known] + [id.encode() for id in known]
            found = {
                id
                for id, data in others.items()
                if id not in known and any(each in data for each in raw)
            }
            yield from found
            known, more = found, bool(found)

    def _clean_reflogs(self, gone: set[str]) -> None:
        """Takes out the entries that name a commit which is gone."""
        for folder in (self.common / "logs", *(self.common / "worktrees").glob("*/logs")):
            for path in folder.rglob("*"):
                if path.is_file():
                    self._clean_reflog(path, gone)

    @staticmethod
    def _clean_reflog(path: Path, gone: set[str]) -> None:
        lines = path.read_bytes().splitlines(keepends=True)
        kept = [line for line in lines if not gone & set(line[:81].decode("latin1").split())]
        if len(kept) < len(lines):
            new = path.with_name(f"{path.name}.lock")
            with new.open("xb") as file:
                file.write(b"".join(kept))
            new.replace(path)
