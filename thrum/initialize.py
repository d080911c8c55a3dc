"""``thrum init``: makes a repository ready, once; running it again changes nothing that is there.

Written are ``.thrum`` (with a redirect in linked worktrees), the branch, the configuration with the
daemon's identity, and one ignore line. A failed first run takes back what it made.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from thrum import atomic, config, daemon_identity, git_place, paths
from thrum.clock import NowNs
from thrum.errors import ThrumError
from thrum.ids import Ids

IGNORED: Final = ".thrum/"
_EQUALS: Final = (b".thrum/", b".thrum", b"/.thrum/", b"/.thrum")


@dataclass(frozen=True, slots=True)
class Report:
    """What was found and done.

    Attributes:
        place: where the files are.
        fresh: whether this repository had none before.
        branch: ``created``, ``attached`` (to the remote's) or ``kept``.
        local_only: whether the remote is off limits.
        daemon_id: the id of the repository's daemon.
        redirected: whether this is a linked worktree that shares the main checkout's files.
        ignored_in: the file that got the ignore line, if one was needed.
        unasked: why it is not known whether the remote has the branch; empty if it is.
    """

    place: paths.Place
    fresh: bool
    branch: str
    local_only: bool
    daemon_id: str
    redirected: bool
    ignored_in: Path | None
    unasked: str = ""


def initialize(
    start: Path,
    *,
    environment: Mapping[str, str],
    now_ns: NowNs,
    ids: Ids,
    gitignore: bool = False,
) -> Report:
    """Makes the repository that holds `start` ready.

    Args:
        start: a directory in a work tree.
        environment: read for overrides of the configuration.
        now_ns: the clock.
        ids: makes the daemon's id.
        gitignore: put the ignore line into ``.gitignore`` instead of ``.git/info/exclude``.

    Raises:
        ThrumError: ``repository``, outside a work tree or one that cannot be used or named;
            ``conflict``, something else stands where ``.thrum`` belongs; ``config``; ``busy``,
            another init does not end.
        OSError: the disk refuses.
    """
    git = git_place.find(start)
    if git is None and git_place.is_bare(start):
        raise ThrumError(
            "repository",
            f"{start} is a bare repository, where no agent can work",
            "make a work tree with `git worktree add PATH` and run `thrum init` in it",
        )
    if git is None:
        raise ThrumError(
            "repository",
            f"{start} is in no git work tree",
            "run `git init` first, or change into a checkout",
        )
    for root in (git.toplevel, _shared_root(git)):
        paths.check_name(root)
    _refuse_occupied(git.toplevel, _shared_root(git))
    found = _asked(git, environment)
    # Two at once would take back each other's work; a lock on git's own directory leaves no trace.
    with atomic.locked(git.common_dir):
        shared_root = _shared_root(git)
        _refuse_occupied(git.toplevel, shared_root)
        fresh = not paths.is_root(git.toplevel)
        made = [root for root in {shared_root, git.toplevel} if not (root / paths.NAME).exists()]
        try:
            report = _write(git, shared_root, fresh, environment, now_ns, ids, gitignore, found)
        except BaseException:
            for root in made:
                shutil.rmtree(root / paths.NAME, ignore_errors=True)
            raise
    return replace(report, unasked=found.unasked)


def _refuse_occupied(toplevel: Path, shared_root: Path) -> None:
    """Refuses where init would cover something up: a file, or a linked worktree's own events."""
    for local in (shared_root / paths.NAME, toplevel / paths.NAME):
        if local.exists() and not local.is_dir():
            raise ThrumError("conflict", f"{local} is no directory", "move it away")
    own = toplevel / paths.NAME
    if toplevel != shared_root and (own / "config.json").exists():
        raise ThrumError(
            "conflict",
            f"{own} was set up as a Thrum of its own; a redirect would hide what is in it",
            f"stop its daemon and move {own} away, then run `thrum init` again",
        )


def _shared_root(git: git_place.GitPlace) -> Path:
    """The checkout that holds the shared files: the main one, or without one the first that has."""
    if not git.linked:
        return git.toplevel
    if git.main_worktree:
        return git.main_worktree
    others = (root for root in git_place.worktrees(git) if (root / ".thrum/config.json").is_file())
    return next(others, git.toplevel)


def _write(
    git: git_place.GitPlace,
    shared_root: Path,
    fresh: bool,
    environment: Mapping[str, str],
    now_ns: NowNs,
    ids: Ids,
    gitignore: bool,
    found: _Found,
) -> Report:
    shared = shared_root / paths.NAME
    local = git.toplevel / paths.NAME
    for directory in (shared, local):
        _directory(directory, paths.SHARED_DIRECTORY)
        for name in ("identities", "context"):
            _directory(directory / name, paths.SHARED_DIRECTORY)
    _directory(shared / "var", paths.PRIVATE_DIRECTORY)
    if local != shared:
        _redirect(local / "redirect", shared)
    settings = config.load(shared / "config.json", environment)
    branch, remote_has_it = _open_branch(git.toplevel, settings)
    remote_has_it = remote_has_it or found.has_it
    if settings.get("daemon.local_only") is None and not settings.get("identity.daemon_id"):
        # A node that has an id and says nothing here has been sharing; it goes on.
        settings.set("daemon.local_only", not remote_has_it)
        settings.save()
    identity = daemon_identity.ensure(settings, shared_root, ids, now_ns())
    if not (shared / "schema_version").exists():
        atomic.replace(shared / "schema_version", "1\n")
    return Report(
        place=paths.Place(git.toplevel, local, shared),
        fresh=fresh,
        branch=branch,
        local_only=bool(settings.local_only),
        daemon_id=identity.daemon_id,
        redirected=local != shared,
        ignored_in=_ignore(git, gitignore),
    )


def _redirect(file: Path, shared: Path) -> None:
    target = f"{shared}\n"
    if not file.is_file() or file.read_bytes() != os.fsencode(target):
        atomic.replace(file, target)


def _directory(path: Path, mode: int) -> None:
    if not path.is_dir():
        path.mkdir()
        path.chmod(mode)  # mkdir's own mode is cut by the umask


class _Found(NamedTuple):
    """What the remote says: whether it has the branch, or why that is not known."""

    has_it: bool
    unasked: str = ""


def _asked(git: git_place.GitPlace, environment: Mapping[str, str]) -> _Found:
    """Asks the remote for its branch in a repository where nobody has decided whether to share."""
    # Imported here: libgit2 takes longer to load than everything else on a command's way.
    from gitstore import LogError, Outcome, bring

    settings = config.load(_shared_root(git) / paths.NAME / "config.json", environment)
    if settings.local_only or settings.get("identity.daemon_id"):
        return _Found(has_it=False)
    try:
        remote = str(settings.get("daemon.sync.remote"))
        answer = bring(git.toplevel, environment, remote=remote)
    except LogError as error:
        raise ThrumError("repository", str(error)) from error
    if answer.outcome in {Outcome.NO_REMOTE, Outcome.NO_SUCH_BRANCH}:
        return _Found(has_it=False)
    # One that has it and gives nothing now is asked again by the daemon.
    return _Found(bool(answer.tip), "" if answer.tip else answer.words)


def _open_branch(repository: Path, settings: config.Config) -> tuple[str, bool]:
    """What became of the branch, and whether the remote has one as last seen."""
    from gitstore import Format, LogError, attach

    try:
        remote = str(settings.get("daemon.sync.remote"))
        branch = attach(repository, Format(author=settings.author), remote)
    except LogError as error:
        raise ThrumError("repository", str(error)) from error
    return branch.origin.value, branch.remote_has_it


def _ignore(git: git_place.GitPlace, gitignore: bool) -> Path | None:
    """Adds the ignore line unless it stands in the chosen file or an equal does; that file."""
    exclude = git.common_dir / "info" / "exclude"
    tracked = git.toplevel / ".gitignore"
    chosen = tracked if gitignore else exclude
    if any(_ignores(file) for file in {chosen, tracked}):
        return None
    chosen.parent.mkdir(exist_ok=True)
    before = chosen.read_bytes() if chosen.is_file() else b""
    newline = b"" if not before or before.endswith(b"\n") else b"\n"
    with chosen.open("ab") as end:
        end.write(newline + f"{IGNORED}\n".encode())
    return chosen


def _ignores(file: Path) -> bool:
    """Whether a whole line of the file keeps git away from ``.thrum``."""
    lines = file.read_bytes().splitlines() if file.is_file() else []
    return any(line.strip() in _EQUALS for line in lines)
