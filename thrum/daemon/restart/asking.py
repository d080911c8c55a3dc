"""Asking an agent to write down what is left to do, before its session ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

import anyio
from anyio import to_thread

from thrum.daemon.delivery.service import Delivery
from thrum.daemon.delivery.sitting import Doing
from thrum.daemon.restart import supervisor
from thrum.snapshots import layout

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.snapshots.shelf import Shelf

LOOK_S: Final = 0.5


def text(path: str, seconds: int) -> str:
    """What the agent is asked."""
    return (
        f"Your session is about to be ended, within {seconds} s. Write down now what the next"
        f" one has to know: `thrum tmux snapshot save` saves what was said, and {path} is the file."
        f" What is left to do belongs there under a line `{layout.PLAN}`, in your own words."
    )


async def ask(
    node: Node, agent: str, mine: Shelf, seconds: int, runs: Callable[[], Awaitable[bool]]
) -> bool:
    """Asks, and waits until it is written and the agent's turn has ended, or the agent has ended by
    itself; whether it is written.

    Args:
        node: the parts of the daemon.
        agent: whom.
        mine: where it is written.
        seconds: for how long one waits.
        runs: whether the agent's program still does.

    Raises:
        ThrumError: as `Store.transact`, and what `runs` raises.
    """
    await supervisor.tell(node, agent, f"ends {agent}", text(str(mine.path), seconds))
    clock = node.setting.clock
    end = clock.monotonic() + seconds
    is_there = await _is_there(mine)
    while clock.monotonic() < end and not (is_there and not _is_busy(node, agent)):
        if not await runs():
            break
        await clock.wait(anyio.Event(), LOOK_S)
        is_there = await _is_there(mine)
    return await _is_there(mine)


async def _is_there(mine: Shelf) -> bool:
    return await to_thread.run_sync(mine.path.exists)


def _is_busy(node: Node, agent: str) -> bool:
    sittings = node.service(Delivery).sittings(agent)
    return bool(sittings) and sittings[-1].doing is Doing.BUSY
