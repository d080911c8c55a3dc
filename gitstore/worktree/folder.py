"""The folder with the branch's files, and what lies beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct
from pygit2.enums import FileMode

from gitstore import durable
from gitstore.format import Format, MergeRule
from gitstore.worktree import linkage
from gitstore.worktree.files import Patience, Signature, signature_of, walk, write_all
from gitstore.worktree.linkage import Linkage

FOLDER_MODE: Final = 0o750


class Folder(Struct, dict=True):
    """Where the worktree is, or would be.

    Args:
        common: the directory that linked worktrees share.
        format: the worktree's place below it.
        sleep: waits that many seconds.
    """

    common: Path
    format: Format
    sleep: Callable[[float], None]

    def __post_init__(self) -> None:
        self.patience = Patience(self.sleep)

    @property
    def path(self) -> Path:
        """The folder."""
        return self.common / self.format.worktree

    @property
    def exists(self) -> bool:
        """Whether anything stands in its place."""
        return os.path.lexists(self.path)

    @property
    def replaced(self) -> Path:
        """Where the last names of replaced files are."""
        return self.path.with_name(f".{self.path.name}.replaced")

    @property
    def new_file(self) -> Path:
        """Where files are written; outside, so that nobody takes half of one for a file."""
        return self.path.with_name(f".{self.path.name}.file")

    def linkage(self) -> Linkage:
        """How it stands with the worktree."""
        return linkage.find(self.common, self.format)

    @property
    def index(self) -> Path | None:
        """Git's index of it, if git lists it."""
        admin = self.linkage().admin
        return admin / "index" if admin else None

    def files(self) -> Iterator[tuple[str, Path]]:
        """Every file that belongs to a log, by its path in the tree."""
        for path, file in walk(self.path):
            if self.format.rule(path) is not MergeRule.OPAQUE:
                yield path, file

    def make(self, folder: Path) -> None:
        """Makes a folder in it.

        Raises:
            OSError: a link stands in the way, or the disk refuses.
        """
        if folder.is_symlink() or (folder != self.path and self.path not in folder.parents):
            raise NotADirectoryError(20, "a link stands where a folder belongs", str(folder))
        if not folder.is_dir():
            self.make(folder.parent)
            folder.mkdir(mode=FOLDER_MODE)

    def put(self, file: Path, data: bytes, mode: FileMode) -> Signature:
        """Replaces the file atomically; its signature.

        Raises:
            OSError: a link stands in the way, or the disk refuses.
        """
        if file.parent.is_symlink():
            raise NotADirectoryError(20, "a link stands where a folder belongs", str(file.parent))
        new = self.new_file
        new.unlink(missing_ok=True)
        bits = 0o700 if mode == FileMode.BLOB_EXECUTABLE else 0o600
        handle = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, bits)
        try:
            write_all(handle, data)
            durable.sync(handle)
            signature = signature_of(os.fstat(handle))
        finally:
            os.close(handle)
        new.replace(file)
        return signature
