"""Which agent this shell is, by the identity files of its worktree.

The rules in order: ``THRUM_NAME`` names a file, and then only that one counts; there is one file
only; a file's process is an ancestor of this one; a file was written for this worktree (the newest
one). Otherwise nobody knows, and saying so is better than guessing. While a file here cannot be
read, only its name and a process speak for an agent: the file may be that of the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thrum.clock import parse
from thrum.errors import ThrumError
from thrum.identity import files, owner
from thrum.identity.files import Identity, Scan
from thrum.identity.process import Process
from thrum.names import check_agent_name
from thrum.paths import Place

RULES: Final = {
    "name": "THRUM_NAME names it",
    "only": "the only identity here",
    "pid": "this shell runs under its process",
    "worktree": "the newest one that was written for this worktree",
}
"""Every rule by its token, in the order in which they are tried."""

_REGISTER = "register with `thrum quickstart NAME --role ROLE --module MODULE`"


@dataclass(frozen=True, slots=True)
class Selected:
    """An identity, and the rule of `RULES` that chose it."""

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
        ThrumError: ``identity``, none or more than one fits, or ``THRUM_NAME`` names none;
            ``invalid_params`` for a wrong name.
    """
    scan = files.scan(place.identities)
    found = scan.identities
    wanted = environment.get("THRUM_NAME", "")
    if wanted:
        return _by_name(place, scan, wanted)
    if not found and not scan.faults:
        raise ThrumError(
            "identity", "no agent is registered in this worktree", _REGISTER, {"files": 0}
        )
    if len(found) == 1 and not scan.faults:
        return Selected(found[0], "only")
    by_process = _by_process(found, ancestors())
    if by_process:
        return by_process
    if scan.faults:
        raise scan.faults[0]
    return _by_worktree(found, toplevel) or _nobody(found)


def leaves_room(error: ThrumError) -> bool:
    """Whether nobody was selected because there is nobody: something else may say who it is."""
    return error.details.get("files") == 0


def _by_name(place: Place, scan: Scan, wanted: str) -> Selected:
    # Whoever set the name means that agent. Speaking as another one, because its file is gone or
    # the shell stands elsewhere, would be worse than not speaking.
    try:
        check_agent_name(wanted)
    except ThrumError as error:
        raise ThrumError(error.kind, f"THRUM_NAME: {error.message}", error.hint) from None
    for identity in scan.identities:
        if identity.name == wanted:
            return Selected(identity, "name")
    fault = scan.fault_of(place.identities, wanted)
    if fault:
        raise fault
    raise ThrumError(
        "identity",
        f"THRUM_NAME is {wanted}, and no agent of that name is registered in this worktree",
        f"change into {wanted}'s worktree, or unset THRUM_NAME",
    )


def _by_process(found: Iterable[Identity], ancestors: Iterable[Process]) -> Selected | None:
    owned = [identity for identity in found if identity.agent_pid]
    for process in ancestors:
        mine = [identity for identity in owned if owner.owns(process, identity)]
        if mine:
            return Selected(max(mine, key=written_at), "pid")
    return None


def _by_worktree(found: Iterable[Identity], toplevel: Path | None) -> Selected | None:
    if toplevel is None:
        return None
    spellings = {str(toplevel), toplevel.name}
    here = [identity for identity in found if identity.worktree in spellings]
    newest = max(here, key=written_at, default=None)
    return Selected(newest, "worktree") if newest else None


def written_at(identity: Identity) -> int:
    """When the file was written, in nanoseconds; 0 if it does not say.

    Other programs write it with an offset, so the text itself does not tell.
    """
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
