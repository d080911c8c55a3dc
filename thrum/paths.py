"""Where the files of a repository's Thrum are.

A root is the nearest directory at or above the current one whose ``.thrum`` holds a
``config.json`` or a ``redirect``; a bare ``~/.thrum`` with a user's own files is none.

All worktrees of a repository share one set of files, where no worktree takes it along: in the main
worktree's ``.thrum``, or where the repository has none in ``thrum`` of its git directory (`host`).
The other worktrees' ``.thrum`` hold identities and contexts, and a ``redirect`` for programs that
cannot read git's layout.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from thrum import access, git_place
from thrum.errors import ThrumError
from thrum.git_place import GitPlace

NAME: Final = ".thrum"
INSIDE_GIT: Final = "thrum"
"""What the shared folder is called in a git directory."""
REDIRECT: Final = "redirect"
MIGRATION_STATUS: Final = "migration.status"
"""What an upgrade of the database is called while it says how it stands, beside it."""
PRIVATE_DIRECTORY: Final = 0o700
SHARED_DIRECTORY: Final = 0o750
PRIVATE_FILE: Final = 0o600


class Place(NamedTuple):
    """A root and its directories.

    Attributes:
        root: the directory whose ``.thrum`` was found.
        local: that ``.thrum``.
        shared: the folder with configuration, database and socket; `local` in the host itself.
    """

    root: Path
    local: Path
    shared: Path

    @property
    def repository(self) -> Path:
        """The checkout that the daemon serves from, or the bare repository."""
        return self.shared.parent

    @property
    def name(self) -> str:
        """What people call the repository: its folder, without what marks a git directory."""
        folder = self.repository
        if self.shared.name != INSIDE_GIT:
            return folder.name
        stem = folder.name.removesuffix(".git")
        return folder.parent.name if not stem or stem.startswith(".") else stem

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
    def ws_port(self) -> Path:
        """On which port pages and WebSocket are served, while they are."""
        return self.var / "ws.port"

    @property
    def ws_port_before(self) -> Path:
        """On which port they were served the last time."""
        return self.var / "ws.port.before"

    @property
    def lock(self) -> Path:
        """Held by the daemon for its life."""
        return self.var / "thrum.lock"

    @property
    def halted(self) -> Path:
        """There while the daemon is down because somebody stopped it."""
        return self.var / "halted"

    @property
    def log(self) -> Path:
        """What the daemon has to say."""
        return self.var / "daemon.log"

    @property
    def progress(self) -> Path:
        """How far a rebuild is, while one runs."""
        return self.var / "rebuild.progress"

    @property
    def migration(self) -> Path:
        """How an upgrade of the database stands, while one runs."""
        return self.var / MIGRATION_STATUS


def is_root(directory: Path) -> bool:
    """Whether the directory's own ``.thrum`` is one of a repository."""
    return is_set_up(directory / NAME)


def is_set_up(folder: Path) -> bool:
    """Whether a folder holds the shared files, or says where they are."""
    return (folder / "config.json").is_file() or (folder / REDIRECT).is_file()


def folder(root: Path) -> Path:
    """Thrum's folder in a worktree, or in a repository itself."""
    return root / (INSIDE_GIT if git_place.is_git_directory(root) else NAME)


def host(git: GitPlace) -> Path:
    """Where the shared files of a repository belong. All its worktrees give the same answer."""
    main = git.main_worktree
    return main / NAME if main else git.common_dir / INSIDE_GIT


def at(root: Path) -> Place:
    """The place whose root is this directory.

    Where the repository's shared files are where they belong, they count, whatever a worktree's
    own folder holds: that may have come along with a branch or a copy.

    Raises:
        ThrumError: ``config``, the redirect is broken, or the folder a link in a linked worktree;
            ``repository``, the repository of this worktree cannot be reached.
    """
    local = _own(root)
    git = git_place.at(root)
    shared = host(git) if git else local
    if shared not in {local, git_place.real(root) / NAME} and is_set_up(shared):
        return Place(root, local, redirected(shared))
    try:
        return Place(root, local, redirected(local))
    except ThrumError as error:
        raise (unreachable(git) if git and not git.is_there else error) from None


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
    """The shared folder that a local one names; itself without a redirect.

    Raises:
        ThrumError: ``config``, the redirect is empty, relative, dangling or leads to another one.
    """
    redirect = local / REDIRECT
    try:
        target = Path(os.fsdecode(redirect.read_bytes().strip()))
    except FileNotFoundError:
        return local
    except OSError as error:
        text, todo = f"{redirect} cannot be read: {error}", access.what_helps(error, redirect)
        raise ThrumError("config", text, todo) from error
    hint = "run `thrum init` here to write it anew"
    if target == Path():
        raise ThrumError("config", f"{redirect} is empty", hint)
    if not target.is_absolute():
        raise ThrumError("config", f"{redirect} names a relative path: {target}", hint)
    if not target.is_dir():
        raise ThrumError("config", f"{redirect} names {target}, which is no directory", hint)
    if (target / REDIRECT).exists():
        raise ThrumError("config", f"{redirect} leads to another redirect in {target}", hint)
    return target


def unreachable(git: GitPlace) -> ThrumError:
    """The refusal of a worktree whose repository is not where the worktree says.

    Args:
        git: a place that is not there.
    """
    return ThrumError(
        "repository",
        f"{git.toplevel} is a worktree of a repository that is not here: {git.git_dir} is missing",
        f"mount it at that path; if it was moved, run `git worktree repair {git.toplevel}` in it",
    )


def find(start: Path, environment: Mapping[str, str]) -> Place:
    """The place that a directory belongs to; ``THRUM_HOME`` where none is found above it.

    A worktree that was not set up yet belongs to its repository, wherever it lies.

    Raises:
        ThrumError: ``not_initialized``; ``config`` for a broken redirect; ``repository``, the
            worktree's repository cannot be reached, or as `check_name`.
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
    lost = None
    for directory in (start, *start.parents):
        if is_root(directory):
            return at(directory)
        git = git_place.at(directory)
        found = _of_repository(directory, git)
        if found:
            return found
        lost = lost or (git if git and not git.is_there else None)
    home = environment.get("THRUM_HOME")
    if home and is_root(Path(home)):
        return at(Path(home))
    if lost:
        raise unreachable(lost)
    if not start.exists():
        text, todo = f"there is no directory {start}", "name one that is there, or change into one"
        raise ThrumError("not_initialized", text, todo)
    raise ThrumError(
        "not_initialized", f"there is no Thrum in {start} or above", "run `thrum init` first"
    )


def _of_repository(directory: Path, git: GitPlace | None) -> Place | None:
    """The place of a worktree that has no files of its own yet, or of a repository itself.

    Without this a worktree inside another checkout would pass for that one, and its agents for
    those who live there.
    """
    if git is None and git_place.is_git_directory(directory):
        itself = git_place.of(directory)
        shared = host(itself) if itself else directory
        inside = directory / INSIDE_GIT
        is_host = shared == git_place.real(inside) and is_set_up(shared)
        return Place(directory, inside, redirected(shared)) if is_host else None
    shared = host(git) if git else directory
    if git is None or shared == git_place.real(directory) / NAME or not is_set_up(shared):
        return None
    return Place(directory, _own(directory), redirected(shared))


def socket_path(place: Place, environment: Mapping[str, str]) -> Path:
    """The socket to talk to: ``THRUM_SOCKET``, or the place's own."""
    override = environment.get("THRUM_SOCKET")
    return Path(override) if override else place.socket
