"""Which agent this shell is, by the identity files of its worktree.

The rules in order: ``THRUM_NAME`` names a file; there is one file only; a file's PID is a live
ancestor of this process; a file was written for this worktree (the newest one). Otherwise nobody
knows, and saying so is better than guessing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from thrum.clock import parse
from thrum.errors import ThrumError
from thrum.identity.files import Identity, read_all
from thrum.identity.process import Process
from thrum.names import check_agent_name
from thrum.paths import Place

_REGISTER = "register with `thrum quickstart NAME --role ROLE --module MODULE`"


@dataclass(frozen=True, slots=True)
class Selected:
    """An identity and the rule that chose it: name, only, pid or worktree."""

    identity: Identity
    rule: str


def select(
    place: Place,
    environment: Mapping[str, str],
    ancestors: Callable[[], Iterable[Process]],
    toplevel: Path | None,
) -> Selected:
    """The identity of the caller.

    Args:
        place: whose identities count.
        environment: read for ``THRUM_NAME``.
        ancestors: the caller's process chain, asked only when it matters.
        toplevel: the root of the caller's work tree.

    Raises:
        ThrumError: ``identity``, none or more than one fits; ``invalid_params`` for a wrong name.
    """
    found = read_all(place.identities)
    wanted = environment.get("THRUM_NAME", "")
    if wanted:
        check_agent_name(wanted)
        named = [identity for identity in found if identity.name == wanted]
        if named:
            return Selected(named[0], "name")
    if not found:
        raise ThrumError("identity", "no agent is registered in this worktree", _REGISTER)
    if len(found) == 1:
        return Selected(found[0], "only")
    return _by_process(found, ancestors()) or _by_worktree(found, toplevel) or _nobody(found)


def _by_process(found: Iterable[Identity], ancestors: Iterable[Process]) -> Selected | None:
    owners = {identity.agent_pid: identity for identity in found if identity.agent_pid}
    for process in ancestors:
        owner = owners.get(process.pid)
        if owner and owner.agent_pid_started in {"", process.started}:
            return Selected(owner, "pid")
    return None


def _by_worktree(found: Iterable[Identity], toplevel: Path | None) -> Selected | None:
    if toplevel is None:
        return None
    spellings = {str(toplevel), toplevel.name}
    here = [identity for identity in found if identity.worktree in spellings]
    newest = max(here, key=_written_at, default=None)
    return Selected(newest, "worktree") if newest else None


def _written_at(identity: Identity) -> int:
    """When the file was written; other programs write it with an offset, so text does not tell."""
    try:
        return parse(identity.updated_at)
    except ValueError:
        return 0


def _nobody(found: Iterable[Identity]) -> Selected:
    names = ", ".join(identity.name for identity in found)
    raise ThrumError(
        "identity",
        f"several agents are registered here and none of them is known to be you: {names}",
        "set THRUM_NAME to one of them",
    )
