"""Ending the sessions of agents after each has saved, in the order in which they are named.

All are asked at once, so that several take no longer than one; then they end one after another.
Whoever asks may live in one of them and go with it: the others end all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from thrum.daemon.tmux import opening, panes, reaching
from thrum.daemon.tmux.service import Tmux
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.restart.restarting import Asked


@dataclass
class Stop:
    """A session that is to end, and what became of it.

    Attributes:
        asked: which.
        agent: who lives there.
        lines: how many lines the next session is shown of what was said.
        is_ended: whether it has ended.
        reason: why it has not.
    """

    asked: Asked
    agent: str = ""
    lines: int = 0
    is_ended: bool = False
    reason: str = ""


async def stop(node: Node, wanted: Sequence[Stop]) -> None:
    """Ends sessions, and notes what became of each."""
    async with anyio.create_task_group() as tasks:
        for each in wanted:
            tasks.start_soon(_save, node, each)
    with anyio.CancelScope(shield=True):
        for each in wanted:
            if not (each.reason or each.is_ended):
                await _end(node, each)


async def _save(node: Node, wanted: Stop) -> None:
    from thrum.daemon.restart import restarting

    tmux, session = node.service(Tmux), wanted.asked.session
    identity = await reaching.resident(tmux, session)
    try:
        if identity is None:
            there = panes.in_session(await tmux.server.panes(fresh=True), session)
            wanted.is_ended = not there  # somebody else has just ended it
            wanted.reason = f"no agent lives in {session}" if there else ""
            return
        wanted.agent = identity.name
        pane = await restarting.reached(tmux, wanted.asked, identity)
        wanted.lines = await restarting.keep(node, wanted.asked, identity, pane)
    except (OSError, ThrumError) as error:  # of one; the others end all the same
        wanted.reason = str(error)


async def _end(node: Node, wanted: Stop) -> None:
    try:
        wanted.is_ended = await opening.close(node.service(Tmux), wanted.asked.session)
    except ThrumError as error:
        wanted.reason = str(error)
