"""A session that begins: the agent of its worktree is at work again, and this program is it.

By the rules of `thrum quickstart`: a name that a running program bears is never taken.
"""

from __future__ import annotations

import re
from typing import Final

from thrum import config, names
from thrum.cli.context import Context
from thrum.cli.steps import registering
from thrum.cli.steps.registering import Wanted
from thrum.errors import ThrumError
from thrum.identity import owner, process
from thrum.identity.files import Identity
from thrum.identity.process import Process

AUTO: Final = "auto"
ROLE: Final = "implementer"
"""What an agent is of which nobody has said anything."""

ENDED: Final = "session_end"
"""Why a session ends whose runtime said so."""

BEGIN_S: Final = 3.0
"""Seconds that a session's begin may take where the daemon answers and somebody registers."""

_TRIES: Final = 9
"""Names that are tried for an agent that nobody has named."""

_TAKEN: Final = frozenset({"name_taken", "not_allowed", "conflict"})


def join(context: Context) -> str:
    """Registers whoever begins a session here, or has its agent go on; the name, empty if nobody.

    Nothing is done outside of an agent's program, where the agent is at work already, and where
    several live of which none is meant.

    Raises:
        ThrumError: a guard or the daemon refuses, or it is away.
    """
    if context.program is None:
        return ""
    runtime, here = process.runtime_of(context.ancestors), context.evidence.here
    if not here:
        return _newcomer(context, context.program) if _is_wanted(context) else ""
    mine = _mine(context, here, runtime)
    if mine is None:
        _refuse_to_be(here)
        return ""
    # Asked in any case: a daemon that answers is worth waiting for.
    sessions = _sessions(context, mine.name)
    if not (_is_at_work(runtime, mine) and sessions):
        context.prolong(BEGIN_S)
        registering.begin(context, Wanted(mine.name, mine.role, mine.module))
        context.forget_identity()
    return mine.name


def _refuse_to_be(here: tuple[Identity, ...]) -> None:
    """Says who the program is not, where the only one it could be is at work in another.

    Raises:
        ThrumError: ``identity``.
    """
    if len(here) == 1:
        other = here[0]
        raise ThrumError(
            "identity",
            f"nobody: @{other.name} is at work here in another program, process {other.agent_pid}",
            "a worktree of its own has an agent of its own",
        )


def leave(context: Context) -> bool:
    """Ends the session of this program's agent; whether there was one.

    Raises:
        ThrumError: the daemon refuses, is away, or does not answer in time.
    """
    runtime = process.runtime_of(context.ancestors)
    mine = _mine(context, context.evidence.here, runtime) if context.program else None
    if mine is None or not _is_at_work(runtime, mine):
        return False
    sessions = _sessions(context, mine.name)
    for each in sessions:
        about = {"session_id": each, "reason": ENDED, "caller_agent_id": mine.name}
        context.call("session.end", about)
    return bool(sessions)


def _is_at_work(runtime: Process | None, mine: Identity) -> bool:
    """Whether the agent is the program's; below a server of several sessions it has none."""
    return owner.owns(runtime, mine) if runtime else not mine.agent_pid


def _mine(context: Context, here: tuple[Identity, ...], runtime: Process | None) -> Identity | None:
    """The agent of the worktree that the program is or may become."""
    named = context.env.get("THRUM_NAME", "")
    if named:
        return next((each for each in here if each.name == named), None)
    own = next((each for each in here if runtime and owner.owns(runtime, each)), None)
    free = [each for each in here if not owner.is_alive(each)]
    return own or (free[0] if len(here) == len(free) == 1 else None)


def _sessions(context: Context, name: str) -> list[str]:
    answer = context.call("session.list", {"agent_id": name, "active_only": True})
    return [str(each.get("session_id")) for each in answer.get("sessions") or ()]


def _is_wanted(context: Context) -> bool:
    return bool(config.load(context.place.config, context.env).get("prime.register") == AUTO)


def _newcomer(context: Context, runtime: Process) -> str:
    """Registers an agent that is named after worktree and runtime; of two alike the second has 2.

    Raises:
        ThrumError: as `registering.begin`.
    """
    _sessions(context, "")  # a daemon that answers is worth waiting for
    context.prolong(BEGIN_S)
    place = _word((context.toplevel or context.place.root).name) or "agent"
    program = _word(process.runtime_name(runtime))
    stem = f"{place}_{program}"[: names.LONGEST - 2] if program else place
    for number in range(1, _TRIES + 1):
        name = stem if number == 1 else f"{stem}_{number}"
        try:
            registering.begin(context, Wanted(name, ROLE, place))
        except ThrumError as error:
            if error.kind not in _TAKEN or number == _TRIES:
                raise
            continue
        context.forget_identity()
        return name
    return ""


def _word(text: str) -> str:
    """The text as it may stand in a name."""
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40]
