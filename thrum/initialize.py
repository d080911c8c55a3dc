"""``thrum init``: makes a repository ready, once; running it again changes nothing that is there.

Written are ``.thrum`` (with a redirect in linked worktrees), the branch, the configuration with the
daemon's identity, and one ignore line. A failed first run takes back what it made.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thrum import atomic, config, daemon_identity, git_place, paths
from thrum.clock import NowNs
from thrum.errors import ThrumError
from thrum.ids import Ids

IGNORED: Final = ".thrum/"


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
    """

    place: paths.Place
    fresh: bool
    branch: str
    local_only: bool
    daemon_id: str
    redirected: bool
    ignored_in: Path | None


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
        ThrumError: ``guard`` outside a work tree, ``repository``, ``config``.
    """
    git = git_place.find(start)
    if git is None:
        raise ThrumError(
            "guard",
            f"{start} is in no git work tree",
            "run `git init` first, or change into a checkout",
        )
    shared_root = _shared_root(git)
    fresh = not paths.is_root(git.toplevel)
    made = [root for root in {shared_root, git.toplevel} if not (root / paths.NAME).exists()]
    try:
        return _write(git, shared_root, fresh, environment, now_ns, ids, gitignore)
    except BaseException:
        for root in made:
            shutil.rmtree(root / paths.NAME, ignore_errors=True)
        raise


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
) -> Report:
    shared = shared_root / paths.NAME
    local = git.toplevel / paths.NAME
    for directory in (shared, local):
        _directory(directory, paths.SHARED_DIRECTORY)
        for name in ("identities", "context"):
            _directory(directory / name, paths.SHARED_DIRECTORY)
    _directory(shared / "var", paths.PRIVATE_DIRECTORY)
    if local != shared:
        atomic.replace(local / "redirect", f"{shared}\n")
    settings = config.load(shared / "config.json", environment)
    branch, remote_has_it = _open_branch(git.toplevel)
    if settings.get("daemon.local_only") is None:
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


def _directory(path: Path, mode: int) -> None:
    if not path.is_dir():
        path.mkdir()
        path.chmod(mode)  # mkdir's own mode is cut by the umask


def _open_branch(repository: Path) -> tuple[str, bool]:
    """What became of the branch, and whether the remote has one."""
    # Imported here: libgit2 takes longer to load than everything else on a command's way.
    from gitstore import LogError, attach

    try:
        branch = attach(repository)
    except LogError as error:
        raise ThrumError("repository", str(error)) from error
    return branch.origin.value, branch.remote_has_it


def _ignore(git: git_place.GitPlace, gitignore: bool) -> Path | None:
    """Adds the ignore line unless one of the two files has it; the file that got it."""
    exclude = git.common_dir / "info" / "exclude"
    tracked = git.toplevel / ".gitignore"
    for file in (exclude, tracked):
        if file.is_file() and IGNORED in file.read_text(errors="replace").split():
            return None
    chosen = tracked if gitignore else exclude
    chosen.parent.mkdir(exist_ok=True)
    before = chosen.read_text(errors="surrogateescape") if chosen.is_file() else ""
    newline = "" if not before or before.endswith("\n") else "\n"
    with chosen.open("a", errors="surrogateescape") as end:
        end.write(f"{newline}{IGNORED}\n")
    return chosen
