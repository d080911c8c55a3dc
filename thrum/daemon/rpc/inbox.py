"""``inbox.counts``: every number of unread messages that a page shows."""

from __future__ import annotations

import sqlite3

import msgspec

from thrum.daemon.projection.queries.badges import Badges, badges
from thrum.daemon.push import cursor
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method


class Counts(Badges, kw_only=True):
    """The numbers, and the cursor from which pushes and `events.since` keep them true.

    Each is the `total` of `message.list` with `unread`: `inbox` with one's own `for_agent`,
    `mentions` with `mentions`, those of `groups` with the group's `scope`, of `partners` with
    `for_agent` and `author_id`. In `agents` is every other agent's inbox: `unread` is what it has
    not read itself, `unseen` what a person who asks has not. Where nothing is unread there is no
    entry.
    """

    cursor: str


@method("inbox.counts", rights=Rights.READS, transports=EVERYWHERE)
async def counts(call: Call, params: Params) -> Counts:
    """Tells all numbers of unread messages of the caller at once: each is what a list says."""
    me = call.agent_id

    def ask(db: sqlite3.Connection) -> Counts:
        here = str(cursor.present(db))  # first: what happens in between is told once more
        return Counts(**msgspec.structs.asdict(badges(db, me)), cursor=here)

    return await call.node.store.ask(ask)
