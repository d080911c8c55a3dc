"""Peers that have another address by now, and that we have one.

Who has a peer's token may say where it is, within the network where it was; that is looked at here,
for what is believed we call, and show the token to.
"""

from __future__ import annotations

import hmac
import logging
from typing import TYPE_CHECKING, ClassVar

import msgspec

from thrum.daemon.peers import address, nics
from thrum.daemon.peers.peer import Peer
from thrum.daemon.peers.service import Peers
from thrum.daemon.rpc.registry import Call, Params, Rights, Transport, method
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.peers.dialing import PeerLine

logger = logging.getLogger("thrum.peers")


class AddressParams(Params):
    """Where a peer is by now, and the token that says which one."""

    needs: ClassVar = ("peer_token", "new_ip", "new_port")
    peer_token: str = ""
    new_ip: str = ""
    new_port: str = ""


class AddressNoted(msgspec.Struct):
    """It is called there from now on."""

    ok: bool = True


@method(
    "peer.address_changed",
    rights=Rights.CLONE,
    transports=Transport.UNIX | Transport.PEER,
    errors=("not_allowed", "not_found"),
)
async def address_changed(call: Call, params: AddressParams) -> AddressNoted:
    """Hears that a peer is called at another address from now on."""
    peers = call.service(Peers)
    peer = shown(peers, params.peer_token, call.caller.peer)
    if peer is None:
        raise ThrumError("not_found", "unknown peer token")
    new = f"{params.new_ip}:{params.new_port}"
    check(peers, peer, new)
    peers.follow(peer, new)
    return AddressNoted()


def shown(peers: Peers, token: str, caller: str) -> Peer | None:
    """The peer of a token.

    Args:
        peers: who is known.
        token: as it was shown; all are compared, in constant time.
        caller: the daemon id of the peer that calls, which may speak for itself alone; empty if it
            is none that calls.
    """
    found = ""
    for daemon_id, each in peers.book.tokens.items():
        if each and hmac.compare_digest(each.encode(), token.encode()):
            found = daemon_id
    return peers.book.get(found) if found and caller in {"", found} else None


def check(peers: Peers, peer: Peer, new: str) -> None:
    """Whether a peer may be called at the new address from now on.

    Raises:
        ThrumError: as `address.check_change` and `nics.check_neighbour`.
    """
    host, _ = address.split(new)
    is_found_anew = not peer.address or address.is_name(peer.address)
    if is_found_anew and peer.transport == address.NETWORK and peer.address:
        text = f"{peer.name} is known by its machine's name, which is asked for its address"
        raise ThrumError("not_allowed", text)
    old = new if is_found_anew else peer.address
    if peer.transport != address.LOCAL:
        nics.check_neighbour(address.split(old)[0], host, peers.doors.table())
    address.check_change(peer.transport, old, new)


async def tell(peers: Peers, line: PeerLine, peer: Peer) -> None:
    """Tells a peer where it can call us, if that is not where it was told before.

    Raises:
        Unreachable: see `PeerLine.call`.
        ThrumError: ``storage``.
    """
    # Imported here: it brings a client of WebSocket.
    from thrum.daemon.peers.dialing import Refused

    now = peers.own_address(peer.transport)
    if now in {"", peer.told_address}:
        return
    host, port = address.split(now)
    about = {"peer_token": peer.token, "new_ip": host, "new_port": str(port)}
    try:
        await line.call("peer.address_changed", about)
    except Refused as error:
        # It is told once: what it does not take now it does not take in a minute either.
        text = "peer %s does not follow us to %s: %s; there: thrum peer repair NAME --address %s"
        logger.warning(text, peer.name, now, error.said, now)
    peers.book.change(peer, told_address=now)
