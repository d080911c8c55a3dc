"""Tells of recipients what messages wait for, as far as this clone can know it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Final

from thrum import held
from thrum.clock import format_ns, parse
from thrum.daemon.delivery.service import Delivery
from thrum.daemon.delivery.standing import Known, Standing, standing
from thrum.daemon.loops.service import Loops
from thrum.daemon.node import Node
from thrum.daemon.nudges.service import Nudges
from thrum.daemon.peers.service import Peers
from thrum.daemon.projection.queries.presence import Presence, presence
from thrum.daemon.projection.queries.rows import Recipient
from thrum.daemon.waiting.service import Waiting
from thrum.errors import ThrumError
from thrum.names import is_person, is_proxy

logger = logging.getLogger("thrum.delivery")

MOST_AT_ONCE: Final = 32
"""Agents that are looked up on the event loop; more of them off it."""


def with_lost(
    node: Node, message_id: str, recipients: list[Recipient] | None
) -> list[Recipient] | None:
    """With those of peers who are gone without having seen the message: nothing else tells that it
    was sent to them."""
    known = {each.agent_id for each in recipients or ()}
    lost = node.service(Peers).bridge.returned.of(message_id)
    found = [
        Recipient(agent_id, state=held.STORED, held=each.held, held_since=each.since)
        for agent_id, each in lost.items()
        if agent_id not in known
    ]
    whole = [*(recipients or ()), *found]
    return sorted(whole, key=lambda each: each.agent_id) if found else recipients


async def tell(node: Node, mail: Iterable[tuple[str, Sequence[Recipient] | None]]) -> None:
    """Fills in what messages wait for with those who neither saw nor read them.

    Args:
        node: the daemon.
        mail: ids of messages, each with whom it reached.

    Raises:
        ThrumError: as `Store.ask`.
    """
    waiting = [
        (message_id, each)
        for message_id, recipients in mail
        for each in recipients or ()
        if each.state == held.STORED
    ]
    wanted = frozenset(each.agent_id for _, each in waiting)
    if not wanted:
        return
    if len(wanted) <= MOST_AT_ONCE:
        found = node.store.people(presence, wanted)
    else:
        found = await node.store.ask(lambda db: presence(db, wanted))
    for message_id, each in waiting:
        if is_proxy(each.agent_id):
            _say(each, Standing(*node.service(Peers).standing(message_id, each.agent_id)))
            continue
        _tell(each, known(node, message_id, each.agent_id, found.get(each.agent_id)))


def _tell(recipient: Recipient, of: Known) -> None:
    _say(recipient, standing(of))


def _say(recipient: Recipient, found: Standing) -> None:
    recipient.held, since_ns = found
    recipient.held_since = format_ns(since_ns) if since_ns else ""


def known(node: Node, message_id: str, agent_id: str, found: Presence | None) -> Known:
    """What is known of an agent for which a message may wait; id: empty for one that may come."""
    ours = {"", node.identity.daemon_id}
    if found is None or found.origin_daemon not in ours or is_proxy(agent_id):
        return Known(is_here=False)
    delivery = node.service(Delivery)
    asleep_since = "" if found.is_open else found.ended_at or found.registered_at
    return Known(
        is_person=is_person(agent_id),
        loop_ns=node.service(Loops).kept_from(agent_id, [message_id]).get(message_id, 0),
        is_listening=node.service(Waiting).listens(agent_id),
        is_woken=delivery.wakes(agent_id, message_id),
        is_told=node.service(Nudges).reaches(agent_id),
        sittings=delivery.sittings(agent_id),
        has_hooks=delivery.has_hooks(agent_id),
        asleep_ns=parse(asleep_since) if asleep_since else 0,
    )


async def tell_sender(
    node: Node, author: str, message_id: str, recipients: Sequence[Recipient] | None
) -> None:
    """The same for a message that was just sent; of many recipients nothing is told.

    The message is stored by now, so whatever goes wrong here is no failure of it.
    """
    if not recipients or len(recipients) > MOST_AT_ONCE:
        return
    loops = node.service(Loops)
    if loops.is_strained(author):
        try:
            await node.store.seen()  # else it has not heard of this one
            await loops.catch_up()
        except ThrumError as error:
            logger.warning("what is held back is told as it was known before: %s", error)
    await tell(node, [(message_id, recipients)])
