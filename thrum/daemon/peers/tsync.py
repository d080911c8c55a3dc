"""``tsync.*``: the names by which older programs look at peers and pull from them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, Final

import msgspec

from thrum.daemon.peers import address
from thrum.daemon.peers.methods import ago
from thrum.daemon.peers.peer import DIALER, Peer
from thrum.daemon.peers.service import Peers
from thrum.daemon.rpc.registry import Call, Params, Rights, method
from thrum.errors import ThrumError

PORT: Final = 9100
"""Where older programs listen on a tailnet, unless told otherwise."""
_HOST: Final = re.compile(r"[A-Za-z0-9_.:-]{1,253}")
STAND_IN: Final = "d_"
"""What the id of a daemon begins with that was added by its address and has not told its own."""


class PullNowParams(Params):
    """Which peer, by its name or daemon id; all if none is named."""

    from_: str = msgspec.field(default="", name="from")


class PulledFrom(msgspec.Struct, omit_defaults=True):
    """What came of one peer: events that were new, and those that were here already."""

    peer: str
    applied: int
    skipped: int
    error: str = msgspec.field(default="")


class PulledNow(msgspec.Struct, omit_defaults=True):
    """What came of each; `results` is null where nobody was asked."""

    status: str
    message: str = ""
    results: list[PulledFrom] | msgspec.UnsetType | None = msgspec.UNSET


class KnownPeer(msgspec.Struct):
    """A peer, and how far it was read."""

    daemon_id: str
    name: str
    address: str
    last_sync: str
    last_synced_seq: int


class AddByAddressParams(Params):
    """Where the daemon listens; port 0 is 9100."""

    needs: ClassVar = ("hostname",)
    hostname: str = ""
    port: int = 0


class AddedByAddress(msgspec.Struct):
    """It is known by its address."""

    status: str
    hostname: str


@method("tsync.force", rights=Rights.CLONE, long_poll=True)
async def force(call: Call, params: PullNowParams) -> PulledNow:
    """Pulls from peers now, one after the other, also from those that did not answer."""
    peers, wanted = call.service(Peers), params.from_
    book = sorted(peers.book, key=lambda each: each.name)
    if not book:
        return PulledNow("no_peers", "no peers configured")
    chosen = [each for each in book if wanted in {"", each.name, each.daemon_id}]
    return PulledNow("ok", results=[await _pulled(peers, each) for each in chosen] or None)


async def _pulled(peers: Peers, peer: Peer) -> PulledFrom:
    attendant = peers.attendants.get(peer.daemon_id)
    if attendant is None:
        return PulledFrom(peer.daemon_id, 0, 0, "peers are not attended to just now")
    found = await attendant.look(peer)
    return PulledFrom(peer.daemon_id, found.applied, found.known, attendant.trouble)


@method("tsync.peers.list", rights=Rights.READS, anonymous=True)
async def list_known(call: Call, params: Params) -> Sequence[KnownPeer]:
    """Lists the peers."""
    peers, rows = call.service(Peers), []
    for each in sorted(peers.book, key=lambda each: each.name):
        attendant = peers.attendants.get(each.daemon_id)
        reached = attendant.reached.sequence if attendant else 0
        last = ago(each.last_sync, peers.node.now_ns())
        rows.append(KnownPeer(each.daemon_id, each.name, peers.address_of(each), last, reached))
    return rows


@method("tsync.peers.add", rights=Rights.CHARGE, about="pairing", errors=("conflict",))
async def add(call: Call, params: AddByAddressParams) -> AddedByAddress:
    """Enters a daemon by its address alone, without a token.

    Only daemons of older programs answer to who shows none; with others pair by ``peer.join``.
    """
    if not _HOST.fullmatch(params.hostname):
        raise ThrumError("invalid_params", f"{params.hostname[:200]!r} is no name of a host")
    port = params.port if params.port > 0 else PORT
    host = f"[{params.hostname}]" if ":" in params.hostname else params.hostname
    where = f"{host}:{port}"
    transport = address.inferred(where)
    peers = call.service(Peers)
    daemon_id, name = await _who_is_at(where) or (f"{STAND_IN}{params.hostname}", params.hostname)
    if daemon_id == call.node.identity.daemon_id:
        raise ThrumError("conflict", "that is this daemon itself")
    known = peers.book.get(daemon_id)
    if known is not None:
        raise ThrumError("conflict", f"already paired with {known.name}")
    peers.enter(
        Peer(name=name, address=where, daemon_id=daemon_id, transport=transport, role=DIALER)
    )
    return AddedByAddress("ok", params.hostname)


class _Said(msgspec.Struct):
    daemon_id: str
    name: str = ""


async def _who_is_at(where: str) -> tuple[str, str] | None:
    """Id and name of the daemon that answers there; None if none does."""
    # Imported here: it brings a client of WebSocket.
    from thrum.daemon.peers.dialing import Refused, Unreachable, dialed

    try:
        async with dialed(where) as line:
            raw = await line.call("sync.peer_info", {})
            said = msgspec.json.decode(raw, type=_Said)
    except (Refused, Unreachable, msgspec.DecodeError):
        return None
    return (said.daemon_id, said.name or said.daemon_id) if said.daemon_id else None
