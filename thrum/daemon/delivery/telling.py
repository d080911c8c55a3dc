"""Tells of recipients what messages wait for, as far as this clone can know it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from thrum import held
from thrum.clock import format_ns, parse
from thrum.daemon.delivery.service import Delivery
from thrum.daemon.delivery.standing import Known, standing
from thrum.daemon.node import Node
from thrum.daemon.projection.queries.presence import Presence, presence
from thrum.daemon.projection.queries.rows import Recipient
from thrum.daemon.waiting.service import Waiting
from thrum.names import is_person, is_proxy

MOST_AT_ONCE: Final = 32
"""Agents that are looked up on the event loop; more of them off it."""


async def tell(node: Node, recipients: Iterable[Recipient]) -> None:
    """Fills in what the messages wait for with those who neither saw nor read them.

    Raises:
        ThrumError: as `Store.ask`.
    """
    waiting = [each for each in recipients if each.state == held.STORED]
    wanted = {each.agent_id for each in waiting}
    if not wanted:
        return

    def ask(db: sqlite3.Connection) -> dict[str, Presence]:
        return presence(db, wanted)

    store = node.store
    found = ask(store.reader()) if len(wanted) <= MOST_AT_ONCE else await store.ask(ask)
    for each in waiting:
        _tell(each, _known(node, each.agent_id, found.get(each.agent_id)))


def _tell(recipient: Recipient, known: Known) -> None:
    recipient.held, since_ns = standing(known)
    recipient.held_since = format_ns(since_ns) if since_ns else ""


def _known(node: Node, agent_id: str, found: Presence | None) -> Known:
    ours = {"", node.identity.daemon_id}
    if found is None or found.origin_daemon not in ours or is_proxy(agent_id):
        return Known(is_here=False)
    delivery = node.service(Delivery)
    asleep_since = "" if found.is_open else found.ended_at or found.registered_at
    return Known(
        is_person=is_person(agent_id),
        is_listening=node.service(Waiting).listens(agent_id),
        sittings=delivery.sittings(agent_id),
        has_hooks=delivery.has_hooks(agent_id),
        asleep_ns=parse(asleep_since) if asleep_since else 0,
    )
