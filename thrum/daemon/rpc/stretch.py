"""``message.page``: messages in the order of time, from one of them on, in both directions."""

from __future__ import annotations

import sqlite3
from typing import Annotated

import msgspec

from thrum.daemon.delivery import telling
from thrum.daemon.projection.queries import stretches
from thrum.daemon.projection.queries.stretches import Point, Source, Stretch
from thrum.daemon.rpc.listing import as_id, check_inbox
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method
from thrum.daemon.signing.service import Signing
from thrum.errors import ThrumError
from thrum.names import bare

MOST = 100


class PageParams(Params):
    """Which messages, and next to which one of them.

    At most one of these says which: `thread_id`; `partner`, with whom `of` writes, both ways;
    `group`; `author_id`; `inbox`, of `of`, with `unread` only what it has not read; `mentions`, of
    `of`. Without any it is all. `of` is the caller, where nothing else is said.

    With `before`, the id of a message, come the newest ones that are older than it, with `after`
    the oldest ones that are newer, and without either the newest of all.
    """

    thread_id: str = ""
    partner: str = ""
    group: str = ""
    author_id: str = ""
    inbox: bool = False
    unread: bool = False
    mentions: bool = False
    of: str = ""
    before: str = ""
    after: str = ""
    include_deleted: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=MOST)] = 50


@method(
    "message.page",
    rights=Rights.READS,
    speaks_for=("of",),
    errors=("not_allowed", "not_found"),
    transports=EVERYWHERE,
)
async def page(call: Call, params: PageParams) -> Stretch:
    """Lists messages next to one, with whom they reached and how far they came there.

    What comes meanwhile moves nothing, so it is for those who scroll.
    """
    if params.before and params.after:
        raise ThrumError("invalid_params", "before and after are for one of two directions")
    sources, me = _sources(call, params), call.agent_id

    def ask(db: sqlite3.Connection) -> Stretch:
        return stretches.stretch(
            db,
            sources,
            params.limit,
            me,
            before=_point(db, params.before),
            after=_point(db, params.after),
            include_deleted=params.include_deleted,
        )

    found = await call.node.store.ask(ask)
    rows = [row for row in found.messages if not row.deleted]
    await telling.tell(call.node, ((row.message_id, row.recipients) for row in rows))
    await call.service(Signing).mark(found.messages)
    return found


def _point(db: sqlite3.Connection, message_id: str) -> Point | None:
    found = stretches.point_of(db, message_id) if message_id else None
    if message_id and found is None:
        raise ThrumError("not_found", f"there is no message {message_id}")
    return found


def _sources(call: Call, params: PageParams) -> list[Source]:
    """Where the messages lie.

    Raises:
        ThrumError: ``invalid_params``, two things are asked for; ``not_allowed``; ``moved``.
    """
    check_inbox(call, params.of)
    of = as_id(call, params.of) or call.agent_id
    asked = {
        "thread_id": stretches.of_thread(params.thread_id),
        "partner": stretches.between(of, as_id(call, params.partner)),
        "group": stretches.bearing("scope", "group", params.group),
        "author_id": stretches.by(as_id(call, params.author_id)),
        "inbox": stretches.inbox(of, unread=params.unread),
        "mentions": stretches.bearing("ref", "mention", bare(of)),
    }
    chosen = [name for name in asked if getattr(params, name)]
    if len(chosen) > 1:
        raise ThrumError("invalid_params", f"{chosen[0]} and {chosen[1]} do not go together")
    if params.unread and not params.inbox:
        raise ThrumError("invalid_params", "unread goes with inbox")
    return asked[chosen[0]] if chosen else stretches.everything()
