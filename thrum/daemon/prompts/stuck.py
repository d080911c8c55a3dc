"""An agent whose question nobody answers is stuck, and its identity file says so."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Final

from anyio import to_thread

from thrum.clock import format_ns
from thrum.daemon.notices import Changed
from thrum.daemon.now.state import STUCK
from thrum.errors import ThrumError
from thrum.identity import files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from thrum.daemon.node import Node
    from thrum.identity.files import Identity

_AFTERWARDS: Final = "idle"

logger = logging.getLogger("thrum.prompts")


async def mark(node: Node, agent_id: str) -> None:
    """Notes that nobody answers what the agent asks."""
    await _write(node, agent_id, STUCK)


async def clear(node: Node, agent_id: str) -> None:
    """Notes that it is not stuck any more, where nobody said anything else of it meanwhile."""
    await _write(node, agent_id, _AFTERWARDS, only=STUCK)


async def _write(node: Node, agent_id: str, status: str, only: str = "") -> None:
    identity = await node.callers.named(agent_id)
    if identity is None or (only and identity.agent_status != only):
        return
    now = format_ns(node.now_ns())

    def decide(before: Identity | None) -> Mapping[str, object]:
        if only and (before is None or before.agent_status != only):
            return {}
        return {"agent_status": status, "agent_status_updated_at": now}

    write = partial(files.change, identity.path.parent, agent_id, now, decide)
    try:
        await to_thread.run_sync(write)
    except ThrumError as error:
        logger.info("the status of %s is not written: %s", agent_id, error)
        return
    node.hub.tell([(Changed(agent_id), True)])
