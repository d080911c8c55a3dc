"""Identity files: ``.thrum/identities/<agent>.json``, one per agent of a worktree.

Versions 1 to 5 are read, keys in any letter case. Version 5 is written with lower-case keys,
atomically and under a lock on the directory, field by field: what a writer does not name stays as
another one left it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from thrum import access, atomic, git_place, names, small_file
from thrum.clock import parse
from thrum.errors import ThrumError
from thrum.paths import NAME, PRIVATE_FILE, SHARED_DIRECTORY
from thrum.runtime_names import canonical

VERSION: Final = 5
NEVER: Final = "0001-01-01T00:00:00Z"
STATUSES: Final = ("working", "idle", "blocked", "stuck")
"""What an agent may say of itself; files of other programs may hold more."""

_AGENT: Final = ("kind", "name", "role", "module", "display")
_OPTIONAL: Final = (
    "branch",
    "intent",
    "session_id",
    "confirmed_by",
    "context_file",
    "agent_pid",
    "agent_pid_started",
    "preferred_runtime",
    "tmux_session",
    "runtime",
    "agent_status",
    "reserved",
)


Mark = tuple[int, int]
"""A file's number on the disk and the time of its last change."""

GONE: Final[Mark] = (0, 0)
"""The mark of a file that is not there."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What one file says. Text is empty and numbers are 0 where it says nothing.

    `agent_pid_started` is the start time of the process `agent_pid`, so that a PID that was given
    out again is not taken for the agent. `mark` is the file's `mark` from before it was read.
    """

    path: Path
    name: str
    role: str = ""
    module: str = ""
    display: str = ""
    kind: str = "agent"
    version: int = VERSION
    repo_id: str = ""
    worktree: str = ""
    branch: str = ""
    intent: str = ""
    session_id: str = ""
    confirmed_by: str = ""
    context_file: str = ""
    agent_pid: int = 0
    agent_pid_started: str = ""
    preferred_runtime: str = ""
    tmux_session: str = ""
    runtime: str = ""
    agent_status: str = ""
    agent_status_updated_at: str = NEVER
    reserved: bool = False
    updated_at: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, compare=False)
    mark: Mark = field(default=GONE, compare=False)

    @property
    def home(self) -> Path:
        """The root of the worktree in which the file lies."""
        return self.path.parents[2]

    @property
    def is_native(self) -> bool:
        """Whether it was written for the worktree it lies in, or for one that is gone since."""
        here = self.home
        known = self.worktree in {"", str(here), here.name}
        return known or not os.path.isdir(self.worktree)  # noqa: PTH112 -- any text, also no path

    @property
    def written_ns(self) -> int:
        """When the file was written, in nanoseconds; 0 if it does not say.

        Other programs write it with an offset, so the text itself does not tell.
        """
        try:
            return parse(self.updated_at)
        except ValueError:
            return 0


def newest_first(identities: Iterable[Identity]) -> list[Identity]:
    """The identities, the one that was written last first."""
    return sorted(identities, key=lambda each: each.written_ns, reverse=True)


class Scan(NamedTuple):
    """What a directory of identities holds.

    Attributes:
        identities: the readable ones, by name.
        faults: why others cannot be read; each is an error that `read` raised.
    """

    identities: list[Identity]
    faults: list[ThrumError]

    def fault_of(self, directory: Path, name: str) -> ThrumError | None:
        """Why nothing is known of that agent in the directory, if its file is the reason."""
        those = {str(directory), str(path_of(directory, name))}
        return next((each for each in self.faults if each.details["file"] in those), None)


def mark(path: Path) -> Mark:
    """What tells the file as it is now from what is put in its place or written over it."""
    try:
        found = os.stat(path)  # noqa: PTH116 -- this runs for every request to the daemon
    except OSError:
        return GONE
    return found.st_ino, found.st_mtime_ns


def read(path: Path) -> Identity:
    """Reads one identity file.

    Raises:
        ThrumError: ``identity``, it cannot be read, or it is not the file of the agent that it
            names; the file stands among the details.
    """
    before = mark(path)
    try:
        found = small_file.json_object(path)
    except OSError as error:
        raise _refused(path, "read", error) from error
    except ValueError as error:
        raise _unreadable(path, str(error)) from error
    identity = _parsed(path, found, before)
    if not is_agent_id(identity.name):
        raise _unreadable(path, f"{identity.name!r} is no agent's name")
    if path_of(path.parent, identity.name).name != path.name:
        raise _unreadable(path, f"it is a copy of {identity.name}'s identity")
    return identity


def is_agent_id(name: str) -> bool:
    """Whether an agent may be called so: by its name, or by role and hash if it has none."""
    try:
        names.check_agent_name(name)
    except ThrumError:
        role, digest = names.parts(name)
        return bool(digest) and "/" not in role and role.isprintable()
    return True


def _unreadable(path: Path, reason: str) -> ThrumError:
    return ThrumError(
        "identity",
        f"{path} cannot be read: {reason}",
        f"correct it, or rename it to {path.name}.deleted",
        details={"file": str(path)},
    )


def _refused(path: Path, what: str, error: OSError) -> ThrumError:
    """What the system said, and what helps against it."""
    return ThrumError(
        "identity",
        f"{path} cannot be {what}: {error.strerror or error}",
        access.what_helps(error, path),
        details={"file": str(path)},
    )


def _parsed(path: Path, found: Mapping[str, Any], before: Mark) -> Identity:
    top = {str(key).lower(): value for key, value in found.items()}
    agent_raw = top.get("agent")
    agent = {str(k).lower(): v for k, v in agent_raw.items()} if isinstance(agent_raw, dict) else {}

    def text(source: Mapping[str, Any], key: str, default: str = "") -> str:
        value = source.get(key)
        return value if isinstance(value, str) and value else default

    def number(key: str) -> int:
        value = top.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    return Identity(
        path=path,
        name=text(agent, "name", path.stem),
        role=text(agent, "role"),
        module=text(agent, "module"),
        display=text(agent, "display"),
        kind=text(agent, "kind", "agent"),
        version=number("version") or 1,
        repo_id=text(top, "repo_id"),
        worktree=text(top, "worktree"),
        branch=text(top, "branch"),
        intent=text(top, "intent"),
        session_id=text(top, "session_id"),
        confirmed_by=text(top, "confirmed_by"),
        context_file=text(top, "context_file"),
        agent_pid=number("agent_pid"),
        agent_pid_started=text(top, "agent_pid_started"),
        preferred_runtime=canonical(text(top, "preferred_runtime")),
        tmux_session=text(top, "tmux_session"),
        runtime=canonical(text(top, "runtime") or text(top, "preferred_runtime")),
        agent_status=text(top, "agent_status"),
        agent_status_updated_at=text(top, "agent_status_updated_at", NEVER),
        reserved=top.get("reserved") is True,
        updated_at=text(top, "updated_at"),
        raw=top,
        mark=before,
    )


def scan(directory: Path) -> Scan:
    """Reads every identity file of a directory; one that does not exist is empty."""
    result = Scan([], [])
    try:
        found = sorted(os.listdir(directory))  # noqa: PTH208 -- errors, where globbing has none
    except FileNotFoundError:
        return result
    except OSError as error:
        result.faults.append(_refused(directory, "read", error))
        return result
    for name in found:
        if name.endswith(".json") and not name.startswith("."):
            try:
                result.identities.append(read(directory / name))
            except ThrumError as error:
                if os.path.lexists(directory / name):  # else it was put aside meanwhile
                    result.faults.append(error)
    return result


def read_all(directory: Path) -> list[Identity]:
    """Every readable identity of a directory, by name.

    `thrum doctor` and `thrum identity explain` name those that are left out.
    """
    return scan(directory).identities


def folders(repository: Path, ask: git_place.Ask | None = None) -> list[Path]:
    """Where identities lie: one folder for each worktree of the repository.

    Args:
        repository: a checkout of it; outside of git it is the only worktree.
        ask: as for `git_place.worktrees`.
    """
    git = git_place.of(repository)
    how = {"ask": ask} if ask else {}
    roots = git_place.worktrees(git, **how) if git else [repository]
    return [folder(root) for root in roots]


def folder(worktree: Path) -> Path:
    """Where the identities of that worktree lie."""
    return worktree / NAME / "identities"


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Holds the directory's lock; every writer of identities takes it.

    Raises:
        ThrumError: ``busy``, another writer does not end; ``identity``, the system refuses.
    """
    try:
        directory.mkdir(mode=SHARED_DIRECTORY, parents=True, exist_ok=True)
        with atomic.locked(directory):
            yield
    except OSError as error:
        raise _refused(directory, "written", error) from error


def path_of(directory: Path, name: str) -> Path:
    """Where an agent's file is: the agent's name, with ``:`` as ``_``.

    Raises:
        ThrumError: ``invalid_params``, the file would be outside the directory or hidden in it.
    """
    if "/" in name or "\0" in name or not name or name.startswith("."):
        raise ThrumError("invalid_params", f"{name!r} is no agent's name")
    return directory / f"{name.replace(':', '_')}.json"


def write(directory: Path, name: str, now: str, **fields: object) -> Identity:
    """Writes the named fields of an agent's identity, keeps the others, and returns the result.

    Args:
        directory: the worktree's identities.
        name: the agent.
        now: RFC 3339, for ``updated_at``.
        fields: attributes of `Identity` by name.

    Raises:
        ThrumError: as `change`.
    """
    return change(directory, name, now, lambda _before: fields)


def change(
    directory: Path,
    name: str,
    now: str,
    decide: Callable[[Identity | None], Mapping[str, object]],
) -> Identity:
    """Writes what is decided under the lock from the file as it is then; returns the result.

    Args:
        directory: the worktree's identities.
        name: the agent.
        now: RFC 3339, for ``updated_at``.
        decide: gets the identity, None if there is none yet, and returns the fields to write. If
            the file has them already nothing is written.

    Raises:
        ThrumError: ``invalid_params``, as `path_of`; ``identity``, the file that is there cannot
            be read, or the system refuses to write one; ``busy``, another writer does not end.
    """
    path = path_of(directory, name)
    with locked(directory):
        known = read(path) if path.exists() else None
        fields = decide(known)
        if known and all(getattr(known, key, None) == value for key, value in fields.items()):
            return known
        before = dict(known.raw) if known else {}
        atomic.replace(path, _text(before, name, now, fields), PRIVATE_FILE)
        return read(path)


def put_aside(path: Path) -> Path:
    """Renames an identity file to ``….json.deleted``, where nobody looks; its new path.

    Raises:
        ThrumError: ``busy``; ``identity``, there is no such file or it cannot be moved.
    """
    with locked(path.parent):
        return path.rename(path.with_name(f"{path.name}.deleted"))


def quarantine(
    directory: Path, stamp: str, is_stray: Callable[[Identity], bool]
) -> list[tuple[str, Path]]:
    """Moves identities that do not belong here into ``.quarantine``; names and new paths.

    Files that cannot be read stay; `thrum doctor` names them.

    Args:
        directory: the worktree's identities.
        stamp: makes the names unique, as ``20260102T030405Z``.
        is_stray: says which ones go.

    Raises:
        ThrumError: as `locked`.
    """
    moved = []
    with locked(directory):
        aside = directory / ".quarantine"
        for each in filter(is_stray, read_all(directory)):
            aside.mkdir(mode=SHARED_DIRECTORY, exist_ok=True)
            target = aside / f"{each.path.name}.{stamp}"
            moved.append((each.name, each.path.rename(target)))
    return moved


def _text(before: dict[str, Any], name: str, now: str, fields: Mapping[str, object]) -> str:
    agent_raw = before.get("agent")
    old = {str(k).lower(): v for k, v in agent_raw.items()} if isinstance(agent_raw, dict) else {}
    agent = old | {key: fields.get(key, old.get(key, "")) for key in _AGENT}
    agent |= {"name": name, "kind": agent["kind"] or "agent"}
    merged = {**before, **{key: value for key, value in fields.items() if key not in _AGENT}}
    merged.setdefault("agent_status_updated_at", NEVER)
    if not merged.get("runtime"):
        merged["runtime"] = merged.get("preferred_runtime", "")
    required = ("repo_id", "worktree", "agent_status_updated_at")
    known = {"version", "agent", "updated_at", *required, *_OPTIONAL}
    out: dict[str, Any] = {
        "version": max(VERSION, _version(before)),
        "repo_id": merged.get("repo_id", ""),
        "agent": agent,
        "worktree": merged.get("worktree", ""),
    }
    out |= {key: merged[key] for key in _OPTIONAL if merged.get(key)}
    out["agent_status_updated_at"] = merged["agent_status_updated_at"]
    out |= {key: value for key, value in merged.items() if key not in known}
    out["updated_at"] = now
    return json.dumps(out, indent=2, ensure_ascii=False) + "\n"


def _version(before: Mapping[str, Any]) -> int:
    value = before.get("version")
    return value if isinstance(value, int) else 0
