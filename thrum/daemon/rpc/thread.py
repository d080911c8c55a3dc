"""``thread.list``: conversations at a glance; `message.page` reads one."""

from __future__ import annotations

import sqlite3
from typing import Annotated

import msgspec

from thrum.daemon.projection.queries import conversations
from thrum.daemon.projection.queries.conversations import LATEST, Summary
from thrum.daemon.projection.queries.stretches import point_of
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method
from thrum.errors import ThrumError

MOST = 100


class ThreadsParams(Params):
    """How many; with `before`, the `last_message_id` of one, those that came to rest earlier."""

    before: str = ""
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 30


class Threads(msgspec.Struct):
    """Threads, the one with the newest message first, and whether there are older ones."""

    threads: list[Summary]
    older: bool


@method("thread.list", rights=Rights.READS, errors=("not_found",), transports=EVERYWHERE)
async def list_threads(call: Call, params: ThreadsParams) -> Threads:
    """Lists threads by their last message, with how much of each the caller has not read."""
    me = call.agent_id

    def ask(db: sqlite3.Connection) -> Threads:
        at = point_of(db, params.before) if params.before else LATEST
        if at is None:
            raise ThrumError("not_found", f"there is no message {params.before}")
        return Threads(*conversations.newest(db, params.limit, me, at))

    return await call.node.store.ask(ask)
