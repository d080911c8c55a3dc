"""Where a directory stands in git, by reading ``.git`` files: no process, no library.

The layout is git's own: ``.git`` is the repository itself or a file ``gitdir: PATH``; a linked
worktree's directory holds ``commondir`` and ``gitdir`` (gitrepository-layout(5)).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path


@dataclass(frozen=True, slots=True)
class GitPlace:
    """A directory's place in git.

    Attributes:
        toplevel: the root of the work tree.
        git_dir: the directory of this work tree.
        common_dir: the directory that all work trees of the repository share.
    """

    toplevel: Path
    git_dir: Path
    common_dir: Path

    @property
    def linked(self) -> bool:
        """Whether this is a linked worktree, made by ``git worktree add``."""
        return self.git_dir != self.common_dir

    @property
    def main_worktree(self) -> Path | None:
        """The main checkout; None if the repository is bare, or a submodule seen from a link."""
        if not self.linked:
            return self.toplevel
        return self.common_dir.parent if self.common_dir.name == ".git" else None


def real(path: Path) -> Path:
    """The path without links and ``..``; what leads to itself or nowhere stays as it is.

    Anybody may have made the links, so none of them may be an error.
    """
    return Path(os.path.realpath(path))


def is_text(path: Path) -> bool:
    """Whether the path is UTF-8, as whatever keeps or tells it needs; a file system takes any."""
    return path.as_posix().encode(errors="replace") == os.fsencode(path)


def find(start: Path) -> GitPlace | None:
    """The work tree that holds the directory, or None outside git."""
    start = real(start)
    for directory in (start, *start.parents):
        place = at(directory)
        if place:
            return place
    return None


def at(directory: Path) -> GitPlace | None:
    """The work tree whose root is this very directory, if it is one."""
    marker = directory / ".git"
    if marker.is_dir():
        if not os.path.lexists(marker / "HEAD"):
            return None  # git, too, walks past a directory that only has the name
        git_dir = marker
    elif marker.is_file():
        pointer = _pointed(marker, "gitdir:")
        if pointer is None:
            return None
        git_dir = real(directory / pointer)
    else:
        return None
    common = _pointed(git_dir / "commondir", "")
    common_dir = real(git_dir / common) if common else git_dir
    return GitPlace(directory, git_dir, common_dir)


def is_bare(start: Path) -> bool:
    """Whether the directory lies in a repository itself, such as a bare one."""
    start = real(start)
    return any(
        (directory / "HEAD").is_file() and (directory / "objects").is_dir()
        for directory in (start, *start.parents)
    )


Ask = Callable[[Path, Callable[[], Path | None]], Path | None]
"""Asks a question about a path, and gives the answer, or None where the path does not answer."""


def _at_once(path: Path, question: Callable[[], Path | None]) -> Path | None:
    return question()


def worktrees(place: GitPlace, ask: Ask = _at_once) -> Iterator[Path]:
    """The roots of all work trees of the repository that still exist, the main one first.

    Args:
        place: one of them.
        ask: asks where each of the others is; it may lie on a disk that does not answer.
    """
    if place.main_worktree:
        yield place.main_worktree
    linked = place.common_dir / "worktrees"
    for entry in sorted(linked.iterdir()) if linked.is_dir() else ():
        pointer = _pointed(entry / "gitdir", "")
        if pointer is None:
            continue
        root = ask(entry / pointer, partial(_standing, entry / pointer))
        if root is not None:
            yield root


def _standing(marker: Path) -> Path | None:
    """The root of the work tree whose ``.git`` that is, if it is there."""
    root = real(marker).parent
    return root if root.is_dir() else None


def _pointed(file: Path, prefix: str) -> str | None:
    """The path in a one-line file, or None when there is no such file, line or path."""
    try:
        text = file.read_text(errors="surrogateescape").strip()
    except (OSError, ValueError):
        return None
    if not text.startswith(prefix) or "\0" in text:
        return None
    return text.removeprefix(prefix).strip() or None


def branch(place: GitPlace) -> str:
    """The branch that is checked out; empty when HEAD is detached or unreadable."""
    head = _pointed(place.git_dir / "HEAD", "ref:")
    return head.removeprefix("refs/heads/") if head else ""


def has_branch(place: GitPlace, name: str) -> bool:
    """Whether the repository has a branch of that name: as a loose ref or among the packed ones."""
    if ".." in name.split("/") or name.startswith("/"):
        return False
    if (place.common_dir / "refs" / "heads" / name).is_file():
        return True
    try:
        packed = (place.common_dir / "packed-refs").read_text(errors="surrogateescape")
    except OSError:
        return False
    return any(line.endswith(f" refs/heads/{name}") for line in packed.splitlines())


def remote_url(place: GitPlace, remote: str = "origin") -> str:
    """The first URL of a remote in the repository's own config file; empty if there is none.

    Includes and conditional sections are not followed; a remote is set by ``git clone`` or
    ``git remote add``, which write here.
    """
    try:
        text = (place.common_dir / "config").read_text(errors="replace")
    except OSError:
        return ""
    inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            inside = line.replace(" ", "") == f'[remote"{remote}"]'
        elif inside:
            key, equals, value = line.partition("=")
            if equals and key.strip().lower() == "url":
                return value.strip().strip('"')
    return ""
