"""What agents are told of their sessions, by the supervisor that the daemon is to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from thrum.daemon import saying

if TYPE_CHECKING:
    from thrum.daemon.node import Node

_MINUTE_NS: Final = 60 * 1_000_000_000


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
    by, message_id = await saying.supervisor(node), node.ids.make("msg")
    await node.store.transact(
        lambda transaction: saying.send_once(
            transaction,
            message_id,
            author=by,
            key=key,
            within_ns=within_ns,
            to=[agent],
            text=text,
        )
    )
