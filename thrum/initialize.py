"""``thrum init``: makes a repository ready, once; running it again changes nothing that is there.

Written are the shared files where they belong (`paths.host`), the ``.thrum`` of the worktree with a
redirect to them, the branch, the configuration with the daemon's identity, headings for the state
of the project, and one ignore line. A
failed first run takes back what it made.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from thrum import atomic, config, contexts, daemon_identity, git_place, paths, relocation, seat
from thrum.clock import NowNs
from thrum.errors import ThrumError
from thrum.git_place import GitPlace
from thrum.ids import Ids
from thrum.prime import project

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
        redirected: whether this is a worktree that shares files which lie elsewhere.
        ignored_in: the file that got the ignore line, if one was needed.
        unasked: why it is not known whether the remote has the branch; empty if it is.
        moved_from: where the shared files were before.
    """

    place: paths.Place
    fresh: bool
    branch: str
    local_only: bool
    daemon_id: str
    redirected: bool
    ignored_in: Path | None
    unasked: str = ""
    moved_from: Path | None = None


def initialize(
    start: Path,
    *,
    environment: Mapping[str, str],
    now_ns: NowNs,
    ids: Ids,
    gitignore: bool = False,
    worktrees_root: str = "",
) -> Report:
    """Makes the repository that holds `start` ready.

    Args:
        start: a directory in a work tree, or in a bare repository.
        environment: read for overrides of the configuration.
        now_ns: the clock.
        ids: makes the daemon's id.
        gitignore: put the ignore line into ``.gitignore`` instead of ``.git/info/exclude``.
        worktrees_root: where worktrees for agents are made; kept in the configuration.

    Raises:
        ThrumError: ``repository``, outside a repository or one that cannot be used or named;
            ``conflict``, something else stands where ``.thrum`` belongs, or a second daemon is at
            work; ``config``; ``busy``, another init does not end.
        OSError: the disk refuses.
    """
    git = repository_of(start)
    shared, local = paths.host(git), _local(git)
    _refuse_occupied(shared, local)
    found = _asked(git, environment)
    # Two at once would take back each other's work; a lock on git's own directory leaves no trace.
    with atomic.locked(git.common_dir):
        _refuse_occupied(shared, local)
        relocation.refuse_second(git)
        fresh = not paths.is_set_up(local)
        moved_from = relocation.settle(git)
        made = [folder for folder in {shared, local} if not folder.exists()]
        try:
            report = _write(git, fresh, environment, now_ns, ids, gitignore, found)
        except BaseException:
            for folder in made:
                shutil.rmtree(folder, ignore_errors=True)
            raise
    if worktrees_root:
        settings = config.load(report.place.config, environment)
        settings.set("worktrees.base_path", worktrees_root)
        settings.save()
    return replace(report, moved_from=moved_from, unasked=found.unasked)


class Plan(NamedTuple):
    """What a run would do; see `Report`."""

    place: paths.Place
    fresh: bool
    moved_from: Path | None
    ignored_in: Path | None


def plan(start: Path, *, gitignore: bool = False) -> Plan:
    """What `initialize` would find, move and add to; nothing is changed.

    Raises:
        ThrumError: as `initialize`.
    """
    git = repository_of(start)
    shared, local = paths.host(git), _local(git)
    _refuse_occupied(shared, local)
    moved_from = None if paths.is_set_up(shared) else relocation.newest(git)
    place = paths.Place(git.toplevel, local, shared)
    return Plan(place, not paths.is_set_up(local), moved_from, _lacks_line(git, gitignore))


def repository_of(start: Path) -> GitPlace:
    """The repository that a directory lies in.

    Raises:
        ThrumError: ``repository``, it lies in none, or that cannot be reached.
    """
    git = git_place.around(start)
    if git is None:
        raise ThrumError(
            "repository",
            f"{start} is in no git work tree",
            "run `git init` first, or change into a checkout",
        )
    if not git.is_there:
        raise paths.unreachable(git)
    if git.toplevel == git.common_dir and not any(git_place.worktrees(git)):
        # Others push to it, and a daemon there would only be in their way.
        raise ThrumError(
            "repository",
            f"{start} is a bare repository, where no agent can work",
            "make a work tree with `git worktree add PATH` and run `thrum init` in it",
        )
    for folder in (git.toplevel, paths.host(git)):
        paths.check_name(folder)
    return git


def _local(git: GitPlace) -> Path:
    """The folder of the worktree; that of the repository where there is no worktree."""
    return paths.host(git) if git.toplevel == git.common_dir else git.toplevel / paths.NAME


def _refuse_occupied(*folders: Path) -> None:
    """Refuses where init would cover up a file."""
    for folder in folders:
        if folder.exists() and not folder.is_dir():
            raise ThrumError("conflict", f"{folder} is no directory", "move it away")


def _share(local: Path, shared: Path) -> Path:
    """The shared folder to write into, with a redirect that names it; a broken one goes."""
    if local != shared:
        seat.redirect(local, shared)
    try:
        return paths.redirected(shared)
    except ThrumError:
        (shared / paths.REDIRECT).unlink()
        return shared


def _write(
    git: GitPlace,
    fresh: bool,
    environment: Mapping[str, str],
    now_ns: NowNs,
    ids: Ids,
    gitignore: bool,
    found: _Found,
) -> Report:
    local, host = _local(git), paths.host(git)
    for directory in dict.fromkeys((host, local)):
        _directory(directory, paths.SHARED_DIRECTORY)
    shared = _share(local, host)
    for folder in dict.fromkeys((host, local)):
        for name in ("identities", "context") if folder.name == paths.NAME else ():
            _directory(folder / name, paths.SHARED_DIRECTORY)
    _directory(shared / "var", paths.PRIVATE_DIRECTORY)
    seat.note(git)
    settings = config.load(shared / "config.json", environment)
    branch, remote_has_it = _open_branch(git.toplevel, settings, environment)
    remote_has_it = remote_has_it or found.has_it
    if settings.get("daemon.local_only") is None and not settings.get("identity.daemon_id"):
        # A node that has an id and says nothing here has been sharing; it goes on.
        # Written together with the identity: a first configuration needs no copy of an older one.
        settings.set("daemon.local_only", not remote_has_it)
    if host.name == paths.NAME:
        skeleton = project.SKELETON.encode()
        contexts.Contexts(host.parent).save_if_absent(contexts.PROJECT, skeleton)
    place = paths.Place(git.toplevel, local, shared)
    identity = daemon_identity.ensure(settings, place, ids, now_ns())
    if not (shared / "schema_version").exists():
        atomic.replace(shared / "schema_version", "1\n")
    return Report(
        place=place,
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


class _Found(NamedTuple):
    """What the remote says: whether it has the branch, or why that is not known."""

    has_it: bool
    unasked: str = ""


def _asked(git: GitPlace, environment: Mapping[str, str]) -> _Found:
    """Asks the remote for its branch in a repository where nobody has decided whether to share."""
    # Imported here: libgit2 takes longer to load than everything else on a command's way.
    from gitstore import LogError, Outcome, bring

    host = paths.host(git)
    kept_in = host if paths.is_set_up(host) else relocation.newest(git) or host
    settings = config.load(kept_in / "config.json", environment)
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


def _open_branch(
    repository: Path, settings: config.Config, environment: Mapping[str, str]
) -> tuple[str, bool]:
    """What became of the branch, and whether the remote has one as last seen."""
    from gitstore import Format, LogError, attach

    try:
        remote = str(settings.get("daemon.sync.remote"))
        branch = attach(repository, Format(author=settings.author), remote, environment)
    except LogError as error:
        raise ThrumError("repository", str(error)) from error
    return branch.origin.value, branch.remote_has_it


def _lacks_line(git: GitPlace, gitignore: bool) -> Path | None:
    """The file that has to get the ignore line; None where it stands there, or an equal does."""
    exclude = git.common_dir / "info" / "exclude"
    tracked = git.toplevel / ".gitignore"
    chosen = tracked if gitignore else exclude
    return None if any(_ignores(file) for file in {chosen, tracked}) else chosen


def _ignore(git: GitPlace, gitignore: bool) -> Path | None:
    """Adds the ignore line where it is needed; that file."""
    chosen = _lacks_line(git, gitignore)
    if chosen is None:
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
