"""What agents are told of their sessions, by the supervisor that the daemon is to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anyio import to_thread

from thrum.daemon.callers import pseudo_agent
from thrum.daemon.callers.person import git_user
from thrum.daemon.saying import send_once

if TYPE_CHECKING:
    from thrum.daemon.node import Node

_MINUTE_NS: Final = 60 * 1_000_000_000


async def author(node: Node) -> str:
    """The id of the supervisor."""
    person, _ = await to_thread.run_sync(git_user, str(node.place.repository))
    return pseudo_agent.supervisor_id(node.config, node.identity, person)


async def tell(node: Node, agent: str, key: str, text: str, *, within_ns: int = _MINUTE_NS) -> None:
    """Sends an agent a notice, unless the same was sent a while ago.

    Args:
        node: the parts of the daemon.
        agent: whom.
        key: what it is about.
        text: what is said.
        within_ns: for how long one that was sent counts.

    Raises:
        ThrumError: as `Store.transact`.
    """
    by, message_id = await author(node), node.ids.make("msg")
    await node.store.transact(
        lambda transaction: send_once(
            transaction,
            message_id,
            author=by,
            key=key,
            within_ns=within_ns,
            to=[agent],
            text=text,
        )
    )
