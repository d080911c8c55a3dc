"""``now.list``: what every agent does, at a glance."""

from __future__ import annotations

import msgspec

from thrum.daemon.now.row import Row
from thrum.daemon.now.service import Now
from thrum.daemon.push import cursor
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method


class NowParams(Params):
    """With `include_offline` also agents without an open session."""

    include_offline: bool = True


class Everybody(msgspec.Struct):
    """The agents by id, and the cursor from which pushes and `events.since` keep that true."""

    agents: list[Row]
    cursor: str


@method("now.list", rights=Rights.READS, transports=EVERYWHERE)
async def list_now(call: Call, params: NowParams) -> Everybody:
    """Lists what every agent does, by what one knows it, on what it works and what waits for it."""
    # The cursor first: what happens in between is told once more.
    here = await call.node.store.ask(cursor.present)
    seen = await call.service(Now).look()
    shown = [each for each in seen.rows if params.include_offline or each.session_id]
    return Everybody(shown, str(here))
