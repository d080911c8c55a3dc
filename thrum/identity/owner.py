"""Which process an identity belongs to, and the one way in which that changes.

A file names a process by PID and start time. It is written when an agent registers, when a new
program takes over from one that has ended, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from thrum.clock import parse
from thrum.identity import files, process
from thrum.identity.files import Identity
from thrum.identity.guards import Held
from thrum.identity.process import Process

_BLUR_NS: Final = 2_000_000_000
"""How exactly the start of a process is known, and times that others wrote in whole seconds."""

Look = Callable[[int], Process | None]


def owns(found: Process, identity: Identity) -> bool:
    """Whether the process is the one that the file names."""
    if found.pid != identity.agent_pid:
        return False
    if identity.agent_pid_started:
        return found.started == identity.agent_pid_started
    # Other programs keep no start time. A number that was given out again is seldom a runtime's.
    return process.is_runtime(found)


def may_be(found: Process, noted_at: str) -> bool:
    """Whether a process of a noted number may be the one that was meant: it ran by then.

    For numbers that were noted without a start time. One that began later has got the number of
    another that has ended, as after every start of the machine.

    Args:
        found: the process that has the number now.
        noted_at: the newest time by which the number was noted, RFC 3339; empty if unknown.
    """
    began = process.began_ns(found)
    try:
        return began is None or not noted_at or began <= parse(noted_at) + _BLUR_NS
    except ValueError:
        return True


def nearest(
    chain: Iterable[Process],
    identities: Iterable[Identity],
    counts: Callable[[Identity], bool] = lambda _identity: True,
) -> tuple[list[Identity], list[Process]]:
    """The identities of the nearest process that has any, the newest first.

    With them the processes up to that one; nothing at all if none has any.

    Args:
        chain: a process and its ancestors, nearest first.
        identities: all there are.
        counts: whether an identity that names a process is to be believed.
    """
    owned = [each for each in identities if each.agent_pid]
    passed = []
    for above in chain if owned else ():
        passed.append(above)
        mine = [each for each in owned if owns(above, each) and counts(each)]
        if mine:
            return files.newest_first(mine), passed
    return [], []


def is_alive(identity: Identity, look: Look | None = None) -> bool:
    """Whether the identity's process runs."""
    found = (look or process.look)(identity.agent_pid)
    return found is not None and owns(found, identity)


def held(identity: Identity, ancestors: Iterable[Process], look: Look | None = None) -> Held:
    """How the identity's process stands to a caller with these ancestors (itself included)."""
    pid = identity.agent_pid
    if pid <= 0:
        return Held(identity.name, 0, "free")
    if any(owns(each, identity) for each in ancestors):
        return Held(identity.name, pid, "mine")
    return Held(identity.name, pid, "foreign" if is_alive(identity, look) else "dead")


def successor(
    before: Identity | None, runtime: Process | None, look: Look | None = None
) -> dict[str, object]:
    """The fields that name the process from now on.

    The program that the caller runs under; without one a process that still runs stays, and one
    that has ended goes.
    """
    if runtime:
        return {"agent_pid": runtime.pid, "agent_pid_started": runtime.started}
    if before and is_alive(before, look):
        return {"agent_pid": before.agent_pid, "agent_pid_started": before.agent_pid_started}
    return {"agent_pid": 0, "agent_pid_started": ""}


def reclaim(
    directory: Path, name: str, now: str, runtime: Process, look: Look | None = None
) -> Identity:
    """Gives an identity whose process has ended to the program that the caller runs under.

    Whether it has ended is asked again under the lock: of two that come at once the first one gets
    it, and the identity that is returned says who that was.

    Raises:
        ThrumError: as `files.change`.
    """

    def decide(before: Identity | None) -> dict[str, object]:
        if before is None or is_alive(before, look):
            return {}
        return {**successor(before, runtime, look), "runtime": process.runtime_name(runtime)}

    return files.change(directory, name, now, decide)
