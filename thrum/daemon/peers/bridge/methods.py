"""What a peer asks of whom it may write to."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from thrum import held
from thrum.daemon.delivery import telling
from thrum.daemon.peers.bridge import letters, proxies
from thrum.daemon.peers.bridge.awaited import MOST, Awaited, Waiting
from thrum.daemon.peers.bridge.proxies import Offered
from thrum.daemon.peers.bridge.translating import derived
from thrum.daemon.peers.scope import NONE
from thrum.daemon.peers.service import Peers
from thrum.daemon.peers.serving import calling
from thrum.daemon.projection.queries.rows import Recipient, recipients
from thrum.daemon.rpc.registry import Call, Params, Rights, Transport, method


class StandingParams(Params):
    """Which messages of the peer's."""

    messages: list[Awaited] = msgspec.field(default_factory=list)


class WaitingThere(msgspec.Struct):
    """What those that are here, and were not seen, wait for."""

    waiting: list[Waiting]


class Roster(msgspec.Struct):
    """Whom a peer may write to; `roster` as in `sync.pull`."""

    agents: list[Offered]
    roster: str


@method("peer.agents", rights=Rights.READS, transports=Transport.PEER, errors=("not_allowed",))
async def agents(call: Call, params: Params) -> Roster:
    """Tells a peer who is here, for agents of it to write to; not who stands for others."""
    peer = calling(call)
    if peer.effective == NONE:
        return Roster([], "")
    found = await call.node.store.ask(lambda db: proxies.offered(db, peer))
    return Roster(found, proxies.digest(found))


@method("peer.standing", rights=Rights.READS, transports=Transport.PEER, errors=("not_allowed",))
async def standing(call: Call, params: StandingParams) -> WaitingThere:
    """Tells a peer what mail of its agents waits for here; of 100 messages at most."""
    peer = calling(call)
    here = {derived(each.remote): each.message_id for each in params.messages[:MOST]}
    refused = call.service(Peers).bridge.refused

    def ask(db: sqlite3.Connection) -> list[tuple[str, Sequence[Recipient]]]:
        return [
            (local_id, recipients(db, local_id, author))
            for local_id, author in letters.authors(db, list(here)).items()
            if author.startswith(peer.proxy(""))
        ]

    if peer.effective == NONE:
        return WaitingThere([])
    found = await call.node.store.ask(ask)
    await telling.tell(call.node, found)

    def tell(db: sqlite3.Connection) -> list[Waiting]:
        return [
            Waiting(here[local_id], letters.spoken(db, each.agent_id), each.held, each.held_since)
            for local_id, whom in found
            for each in whom
            if each.state == held.STORED and each.held
        ]

    returned = [
        Waiting(message_id, agent, each.held, each.since)
        for local_id, message_id in here.items()
        for agent, each in refused.of(local_id).items()
    ]
    return WaitingThere([*returned, *await call.node.store.ask(tell)])
