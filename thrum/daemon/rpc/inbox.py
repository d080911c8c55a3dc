"""``inbox.counts``: every number of unread messages that a page shows."""

from __future__ import annotations

from thrum.daemon.projection.queries.badges import Badges, badges
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method


@method("inbox.counts", rights=Rights.READS, transports=EVERYWHERE)
async def counts(call: Call, params: Params) -> Badges:
    """Tells all numbers of unread messages of the caller at once: each is what a list says."""
    me = call.agent_id
    return await call.node.store.ask(lambda db: badges(db, me))
