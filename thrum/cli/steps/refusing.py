"""Asking whether another agent holds a file, before it is edited.

It takes one question, and whatever keeps it from being answered lets the edit be made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from thrum import git_place
from thrum.cli.context import Context
from thrum.cli.render import holding

if TYPE_CHECKING:
    from thrum.client import Client
    from thrum.git_place import GitPlace

MOST: Final = 200
"""Files of one edit that are asked about."""

GUARD_S: Final = 1.0
"""What the daemon may take where it is busy: an edit that nobody looked at is what this is for."""

_END: Final = "This edit was not made, since they hold the file alone.\n"


def refusal(context: Context, files: Iterable[str], given: Mapping[str, Any]) -> str:
    """Why these files are not to be edited now; empty if nobody minds.

    Args:
        context: where the runtime's hook runs.
        files: as the runtime names them.
        given: what else it says of the event.

    Raises:
        ThrumError: the daemon is away, refuses or does not answer in time.
    """
    said = given.get("cwd")
    folder = Path(said) if isinstance(said, str) and said.startswith("/") else context.cwd
    paths = [*dict.fromkeys(_from_root(context, folder, files))][:MOST]
    if not paths:
        return ""
    context.prolong(GUARD_S)
    with context.connect(context.socket, None) as client:
        held = held_alone(context, client, paths)
    if not held:
        return ""
    return "".join(f"{line}\n" for line in holding.lines(held, context.now_ns())) + _END


def held_alone(context: Context, client: Client, paths: Sequence[str]) -> list[holding.Row]:
    """What others than the caller hold alone of paths from the root, as rows of ``claim.check``.

    Raises:
        ThrumError: the daemon refuses, or does not answer in time.
    """
    name = context.env.get("THRUM_NAME", "")
    asked = {"paths": paths, **({"caller_agent_id": name} if name else {})}
    return holding.alone(client.call("claim.check", asked))


def _from_root(context: Context, folder: Path, files: Iterable[str]) -> Iterator[str]:
    """The files that are of this repository, in whichever of its worktrees, from the root there."""
    ours = context.git
    for file in files:
        if ours is None or "\0" in file:
            continue
        path = folder / file
        # An edit of a link is mostly one of what it leads to, so both are asked about.
        ends = [path, git_place.real(path)] if path.is_symlink() else [path]
        for each in ends:
            yield from _within(ours, each)


def _within(ours: GitPlace, path: Path) -> Iterator[str]:
    """The path from the root of its worktree, if it is one of this repository."""
    # What is there of it may be reached by links; the file itself may be new, or be one.
    place = git_place.find(path.parent)
    parent = git_place.real(path.parent)
    if place is None or place.common_dir != ours.common_dir:
        return
    top = git_place.real(place.toplevel)
    if parent.is_relative_to(top) and ".git" not in parent.relative_to(top).parts:
        yield str(parent.relative_to(top) / path.name)
