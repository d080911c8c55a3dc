"""Ending all that runs in a pane, so that a shell waits there again.

A program that does not mind that its terminal is gone would go on beside the one that takes its
place, as the same agent. So whatever belongs to the pane's terminal session is waited for, and
ended. What has gone into a session of its own is not of it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
from anyio import to_thread

from thrum.daemon.tmux import making
from thrum.identity import process

if TYPE_CHECKING:
    from thrum.daemon.tmux.making import Wanted
    from thrum.daemon.tmux.panes import Pane
    from thrum.daemon.tmux.service import Tmux
    from thrum.identity.process import Process

PATIENCE_S: Final = 5.0
"""Seconds for a program to end by itself, and as many again when it was told to."""

LOOK_S: Final = 0.1


async def renew(tmux: Tmux, pane: Pane, wanted: Wanted) -> None:
    """Ends what runs in a pane and has a shell wait there; the session stays as it is.

    Args:
        tmux: for whom.
        pane: which.
        wanted: the session, as it is made.

    Raises:
        ThrumError: as `making.renew`.
    """
    before = await to_thread.run_sync(running, [pane])
    await making.renew(tmux.server, pane, wanted)
    await end(before)


def running(panes: Collection[Pane]) -> list[Process]:
    """The processes of the terminal sessions of those panes."""
    # The number of a program that has ended may be another's by now, with a session of its own.
    return of({each.pid for each in panes if not (each.is_dead and process.alive(each.pid))})


def of(leaders: Collection[int]) -> list[Process]:
    """The processes of the terminal sessions of those leaders."""
    import psutil

    found = []
    for pid in psutil.pids():
        with suppress(OSError):
            if os.getsid(pid) in leaders and (seen := process.look(pid)):
                found.append(seen)
    return found


async def end_orphans(name: str, home: Path) -> None:
    """Ends what is left of the sessions in which an agent lived: of a server that was killed, the
    programs that do not mind the end of their terminal."""
    await end(await to_thread.run_sync(_orphans, name, home))


def _orphans(name: str, home: Path) -> list[Process]:
    """Processes that were given that agent's name and home, and whose terminal session has lost
    its leader."""
    import psutil

    found = []
    for pid in psutil.pids():
        with suppress(OSError):
            leader = os.getsid(pid)
            if leader in {pid, 0} or process.alive(leader):
                continue
            given = process.environment(pid)
            is_ours = (given.get("THRUM_AGENT_ID"), given.get("THRUM_HOME")) == (name, str(home))
            if is_ours and (seen := process.look(pid)):
                found.append(seen)
    return found


async def end(before: Sequence[Process]) -> None:
    """Waits until they are gone, and has those end that stay."""
    for number in (0, signal.SIGTERM, signal.SIGKILL):
        if number:
            await to_thread.run_sync(_tell, before, number)
        with anyio.move_on_after(PATIENCE_S):
            while await to_thread.run_sync(_left, before):
                await anyio.sleep(LOOK_S)
            return


def _left(before: Sequence[Process]) -> list[Process]:
    return [each for each in before if process.alive(each.pid, each.started)]


def _tell(before: Sequence[Process], number: int) -> None:
    for each in _left(before):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(each.pid, number)
