"""Where a directory stands in git, by reading ``.git`` files: no process, no library.

The layout is git's own: ``.git`` is the repository itself or a file ``gitdir: PATH``; a linked
worktree's directory holds ``commondir`` and ``gitdir`` (gitrepository-layout(5)).

Git does not list every folder in which people work: not the one whose ``.git`` names a bare
repository beside its worktrees, nor a checkout whose git directory lies elsewhere. Those are noted
in ``thrum/seats`` of the git directory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from thrum import platform

SEATS: Final = "thrum/seats"
"""Below the git directory: the roots that git does not list, one on each line."""


class GitPlace(NamedTuple):
    """A directory's place in git.

    Attributes:
        toplevel: the root of the work tree; of a repository that has none, the repository itself.
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
    def is_bare(self) -> bool:
        """Whether the repository says that it has no main worktree."""
        return _is_true(_setting(self.common_dir, "core", "bare"))

    @property
    def main_worktree(self) -> Path | None:
        """The main checkout, as the repository itself knows it, so that all worktrees agree.

        None where it is bare, or its git directory lies elsewhere and does not name the checkout.
        """
        if self.is_bare:
            return None
        named = _setting(self.common_dir, "core", "worktree")
        if named:
            root = real(self.common_dir / named)
            return root if root.is_dir() else None
        return self.common_dir.parent if self.common_dir.name == ".git" else None

    @property
    def is_there(self) -> bool:
        """Whether the repository can be reached; in a container it may not have come along."""
        return self.git_dir.is_dir() and self.common_dir.is_dir()


def real(path: Path) -> Path:
    """See `platform.real`."""
    return platform.real(path)


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
        git_dir = real(marker)
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


def of(repository: Path) -> GitPlace | None:
    """The repository that a path stands for: a work tree, or the git directory itself."""
    if is_git_directory(repository):
        itself = real(repository)
        return GitPlace(itself, itself, itself)
    return find(repository)


def around(start: Path) -> GitPlace | None:
    """The repository that holds the directory: as a work tree, else as a bare one."""
    found = find(start)
    if found:
        return found
    start = real(start)
    return next((of(each) for each in (start, *start.parents) if is_git_directory(each)), None)


def is_git_directory(directory: Path) -> bool:
    """Whether the directory is a repository itself, such as a bare one."""
    return (directory / "HEAD").is_file() and (directory / "objects").is_dir()


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
    main = place.main_worktree
    yielded = {main} if main else {*seats(place.common_dir), *_own(place)}
    yield from sorted(yielded)
    linked = place.common_dir / "worktrees"
    for entry in sorted(linked.iterdir()) if linked.is_dir() else ():
        pointer = _pointed(entry / "gitdir", "")
        if pointer is None:
            continue
        root = ask(entry / pointer, partial(_standing, entry / pointer))
        if root is not None and root not in yielded:
            yielded.add(root)
            yield root


def _own(place: GitPlace) -> tuple[Path, ...]:
    """The folder from which the repository was found, unless git lists it or it is git's own."""
    return () if place.linked or place.toplevel == place.common_dir else (place.toplevel,)


def seats(common_dir: Path) -> Iterator[Path]:
    """The noted roots that git does not list and that still are of this repository."""
    try:
        lines = (common_dir / SEATS).read_bytes().splitlines()
    except OSError:
        return
    for root in map(Path, map(os.fsdecode, filter(None, lines))):
        found = at(root) if root.is_absolute() else None
        if found and found.common_dir == common_dir:
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
    ``git remote add``, which write here. It is kept and shown, so a password or token that stands
    in it is left out.
    """
    found = _values(place.common_dir / "config", f'remote"{remote}"', "url")
    return _without_secret(next((each for each in found if each is not None), ""))


def _without_secret(url: str) -> str:
    scheme, colon, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    user, at, host = host.rpartition("@")
    # Over http the name alone may be the token; over ssh it belongs to the address.
    known = "" if scheme.lower().endswith(("http", "https")) else user.partition(":")[0] + at
    return f"{scheme}{colon}{known}{host}{slash}{path}"


def _setting(common_dir: Path, section: str, key: str) -> str:
    """What the repository's own config says last, or its main worktree's; empty if nothing."""
    file = common_dir / "config"
    found = [*_values(file, section, key)]
    if _is_true(_last([*_values(file, "extensions", "worktreeconfig")])):
        found += _values(common_dir / "config.worktree", section, key)
    return _last(found)


def _last(values: list[str | None]) -> str:
    """The value that counts; a key that stands there without one is true."""
    return "" if not values else values[-1] or "true"


def _values(file: Path, section: str, wanted: str) -> Iterator[str | None]:
    """The values of a key in a file of git's format; None for a key without any."""
    try:
        text = file.read_text(errors="surrogateescape")
    except OSError:
        return
    inside = False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            header = line.replace(" ", "")
            inside = (header if '"' in section else header.lower()) == f"[{section}]"
        elif inside:
            key, equals, value = line.partition("=")
            if key.strip().lower() == wanted:
                yield value.strip().strip('"') if equals else None


def _is_true(value: str) -> bool:
    return value.partition("#")[0].partition(";")[0].strip().lower() in {"true", "yes", "on", "1"}
