"""Where the files of a repository's Thrum are.

A root is the nearest directory at or above the current one whose ``.thrum`` holds a
``config.json`` or a ``redirect``; a bare ``~/.thrum`` with a user's own files is none. A linked
worktree's ``.thrum`` holds a ``redirect`` to the one that is shared; identities and contexts stay
local.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thrum import git_place
from thrum.errors import ThrumError

NAME: Final = ".thrum"
PRIVATE_DIRECTORY: Final = 0o700
SHARED_DIRECTORY: Final = 0o750
PRIVATE_FILE: Final = 0o600


@dataclass(frozen=True, slots=True)
class Place:
    """A root and its directories.

    Attributes:
        root: the directory whose ``.thrum`` was found.
        local: that ``.thrum``.
        shared: the ``.thrum`` with configuration, database and socket; `local` unless redirected.
    """

    root: Path
    local: Path
    shared: Path

    @property
    def repository(self) -> Path:
        """The checkout that the daemon serves from."""
        return self.shared.parent

    @property
    def identities(self) -> Path:
        """One file per agent of this worktree."""
        return self.local / "identities"

    @property
    def contexts(self) -> Path:
        """What agents wrote down for their next session."""
        return self.local / "context"

    @property
    def config(self) -> Path:
        """The configuration."""
        return self.shared / "config.json"

    @property
    def var(self) -> Path:
        """What a running daemon writes."""
        return self.shared / "var"

    @property
    def socket(self) -> Path:
        """The daemon's Unix socket."""
        return self.var / "thrum.sock"

    @property
    def database(self) -> Path:
        """The projection."""
        return self.var / "messages.db"

    @property
    def state(self) -> Path:
        """Local facts that no event carries."""
        return self.var / "state.db"

    @property
    def journal(self) -> Path:
        """Events that are durable and not yet committed."""
        return self.var / "journal.jsonl"

    @property
    def pid_file(self) -> Path:
        """Which process is the daemon."""
        return self.var / "thrum.pid"

    @property
    def lock(self) -> Path:
        """Held by the daemon for its life."""
        return self.var / "thrum.lock"

    @property
    def log(self) -> Path:
        """What the daemon has to say."""
        return self.var / "daemon.log"

    @property
    def progress(self) -> Path:
        """How far a rebuild is, while one runs."""
        return self.var / "rebuild.progress"


def is_root(directory: Path) -> bool:
    """Whether the directory's own ``.thrum`` is one of a repository."""
    local = directory / NAME
    return (local / "config.json").is_file() or (local / "redirect").is_file()


def at(root: Path) -> Place:
    """The place whose root is this directory.

    Raises:
        ThrumError: ``config``, the redirect is broken, or the folder a link in a linked worktree.
    """
    local = _own(root)
    return Place(root, local, redirected(local))


def _own(root: Path) -> Path:
    """The ``.thrum`` of a worktree.

    Raises:
        ThrumError: ``config``, it came as a link with the branch of a linked worktree, and leads
            wherever the branch's author wanted.
    """
    local = root / NAME
    if local.is_symlink() and (root / ".git").is_file():
        raise ThrumError(
            "config", f"{local} is a link, and nothing is read or written through it", "remove it"
        )
    return local


def redirected(local: Path) -> Path:
    """The shared ``.thrum`` that a local one names; itself without a redirect.

    Raises:
        ThrumError: ``config``, the redirect is empty, relative, dangling or leads to another one.
    """
    redirect = local / "redirect"
    try:
        target = Path(os.fsdecode(redirect.read_bytes().strip()))
    except FileNotFoundError:
        return local
    except OSError as error:
        raise ThrumError("config", f"{redirect} cannot be read: {error}") from error
    hint = "run `thrum init` here to write it anew"
    if target == Path():
        raise ThrumError("config", f"{redirect} is empty", hint)
    if not target.is_absolute():
        raise ThrumError("config", f"{redirect} names a relative path: {target}", hint)
    if not target.is_dir():
        raise ThrumError("config", f"{redirect} names {target}, which is no directory", hint)
    if (target / "redirect").exists():
        raise ThrumError("config", f"{redirect} leads to another redirect in {target}", hint)
    return target


def find(start: Path, environment: Mapping[str, str]) -> Place:
    """The place that a directory belongs to; ``THRUM_HOME`` where none is found above it.

    A linked worktree that was not set up yet belongs to its repository, wherever it lies.

    Raises:
        ThrumError: ``not_initialized``; ``config`` for a broken redirect; ``repository``, as
            `check_name`.
    """
    found = _find(start, environment)
    for folder in (found.root, found.shared):
        check_name(folder)
    return found


def check_name(folder: Path) -> None:
    """Refuses a folder that cannot be told to anybody: messages, files and databases are UTF-8.

    Raises:
        ThrumError: ``repository``, the path is of another encoding.
    """
    if not git_place.is_text(folder):
        text = f"the path {str(folder)!a} is not UTF-8, and no agent can be at home there"
        raise ThrumError("repository", text, "rename that folder, or use a clone elsewhere")


def _find(start: Path, environment: Mapping[str, str]) -> Place:
    for directory in (start, *start.parents):
        if is_root(directory):
            return at(directory)
        linked = _of_linked_worktree(directory)
        if linked:
            return linked
    home = environment.get("THRUM_HOME")
    if home and is_root(Path(home)):
        return at(Path(home))
    if not start.exists():
        text, todo = f"the directory {start} does not exist any more", "change into one that does"
        raise ThrumError("not_initialized", text, todo)
    raise ThrumError(
        "not_initialized", f"there is no Thrum in {start} or above", "run `thrum init` first"
    )


def _of_linked_worktree(directory: Path) -> Place | None:
    """The place of a linked worktree that has no redirect yet: its repository's.

    Without this a worktree inside another checkout would pass for that one, and its agents for
    those who live there.
    """
    if not (directory / ".git").is_file():
        return None
    git = git_place.at(directory)
    main = git.main_worktree if git and git.linked else None
    if main is None or not is_root(main):
        return None
    return Place(directory, _own(directory), redirected(main / NAME))


def socket_path(place: Place, environment: Mapping[str, str]) -> Path:
    """The socket to talk to: ``THRUM_SOCKET``, or the place's own."""
    override = environment.get("THRUM_SOCKET")
    return Path(override) if override else place.socket
