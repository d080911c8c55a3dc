"""``message.outbox``: what the caller sent, and what became of it."""

from __future__ import annotations

from thrum.daemon.delivery import telling
from thrum.daemon.projection.queries import outbox as queries
from thrum.daemon.projection.queries.outbox import OutboxFilter, Sent
from thrum.daemon.rpc.listing import check_skip, window
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method
from thrum.errors import ThrumError
from thrum.names import bare


class OutboxParams(Params):
    """To whom; only what somebody has not read; which page, and `skip` as in `message.list`."""

    to: str = ""
    unread: bool = False
    page_size: int = 10
    page: int = 1
    skip: int = 0


@method(
    "message.outbox",
    rights=Rights.READS,
    anonymous=True,
    errors=("anonymous_caller",),
    transports=EVERYWHERE,
)
async def outbox(call: Call, params: OutboxParams) -> Sent:
    """Lists what the caller sent, with recipients, how far it came there and how many read it."""
    to = bare(params.to.strip()).lower()
    if params.to and not to:
        raise ThrumError("invalid_params", "the filter 'to' names nobody")
    page, page_size = window(params.page, params.page_size)
    check_skip(params.skip, page_size)
    wanted = OutboxFilter(
        author=call.agent_id,
        to=to,
        unread=params.unread,
        page=page,
        page_size=page_size,
        skip=params.skip,
    )
    found = await call.node.store.ask(lambda db: queries.outbox(db, wanted))
    rows = [row for row in found.messages if not row.deleted]
    await telling.tell(call.node, ((row.message_id, row.recipients) for row in rows))
    for row in rows:
        row.recipients = telling.with_lost(call.node, row.message_id, row.recipients)
    return found
