"""``peer.*``: who the peers are, and how a daemon becomes one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

import anyio
import msgspec

from thrum.clock import parse
from thrum.daemon.peers import address, introduction, peercode
from thrum.daemon.peers.pairing import LASTS_S
from thrum.daemon.peers.peer import DIALER, Peer
from thrum.daemon.peers.peercode import Peercode
from thrum.daemon.peers.scope import SCOPES
from thrum.daemon.peers.service import Peers
from thrum.daemon.rpc.registry import Call, Params, Rights, method
from thrum.daemon.web.service import Web
from thrum.errors import ThrumError

SECOND_NS: Final = 1_000_000_000
DAY_S: Final = 24 * 3600
JOIN_S: Final = 8.0


class StartPairingParams(Params):
    """Over what the other side comes, and for how many seconds the code counts; 0 is 300.

    `scope` is what it is given: all, addressed or none; empty: all if both are of one repository.
    """

    type: str = ""
    address: str = ""
    timeout_seconds: Annotated[int, msgspec.Meta(ge=0, le=LASTS_S)] = 0
    scope: str = ""


class PairingBegun(msgspec.Struct, omit_defaults=True):
    """The whole peercode, where the other side comes to, and over what."""

    code: str
    address: str = ""
    transport: str = ""


class Paired(msgspec.Struct, omit_defaults=True):
    """Who is a peer now."""

    status: str
    peer_name: str
    peer_daemon_id: str
    peer_address: str = ""


class JoinParams(Params):
    """Where the other side is, and its code; `peer_name` is what it is called here.

    `scope` as in `peer.start_pairing`.
    """

    type: str = ""
    address: str = ""
    code: str = ""
    repo_path: str = ""
    peer_name: str = ""
    scope: str = ""


class NamedParams(Params):
    """Which peer, by its name or its daemon id."""

    name: str = ""
    daemon_id: str = ""


class PeerRemoved(msgspec.Struct):
    """It is none any more."""

    status: str = "ok"


class PeerRow(msgspec.Struct, omit_defaults=True):
    """A peer; `trouble` says why nothing comes from it, `refused` how many events were none."""

    daemon_id: str
    name: str
    address: str
    last_sync: str
    last_synced_seq: int
    reconcile_status: str = msgspec.field(default="")
    trouble: str = ""
    refused: int = 0


class PeerStatus(msgspec.Struct, omit_defaults=True):
    """A peer, and whether it can show that it is one."""

    daemon_id: str
    name: str
    address: str
    has_token: bool
    paired_at: str
    last_sync: str
    last_synced_seq: int
    transport: str = ""
    scope: str = ""
    their_scope: str = ""
    effective_scope: str = ""
    proxy_prefix: str = ""
    remote_agents: list[str] | None = None
    trouble: str = ""


@method(
    "peer.start_pairing", rights=Rights.CHARGE, about="pairing", errors=("conflict", "not_allowed")
)
async def start_pairing(call: Call, params: StartPairingParams) -> PairingBegun:
    """Begins a pairing, and tells the peercode that the other side is to be given."""
    _demand_type(params.type)
    check_scope(params.scope)
    where = _own_address(call)
    who = call.node.identity
    lasts_s = params.timeout_seconds or LASTS_S
    begun = call.service(Peers).begin_pairing(address.LOCAL, lasts_s, params.scope)
    return PairingBegun(Peercode(who.hostname, where, begun.code).text(), where, address.LOCAL)


@method(
    "peer.wait_pairing",
    rights=Rights.CHARGE,
    about="pairing",
    long_poll=True,
    errors=("not_allowed", "not_found", "timed_out"),
)
async def wait_pairing(call: Call, params: Params) -> Paired:
    """Waits for the end of the pairing under way; tells of one that has ended meanwhile, once."""
    peers = call.service(Peers)
    pairing = peers.pairing
    if pairing is None:
        raise ThrumError("not_found", "no active pairing session", "run `thrum peer add`")
    left = max(pairing.lasts_s - pairing.age_s, 0.0)
    with anyio.move_on_after(left):
        await pairing.over.wait()
    if not pairing.is_open and peers.pairing is pairing:
        peers.pairing = None
    if pairing.peer is None:
        kind = "timed_out" if "timed out" in pairing.reason else "not_allowed"
        raise ThrumError(kind, pairing.reason or "the pairing timed out")
    peer = pairing.peer
    return Paired("paired", peer.name, peer.daemon_id, peer.address)


@method(
    "peer.join",
    rights=Rights.CHARGE,
    about="pairing",
    errors=("conflict", "not_allowed", "not_found"),
)
async def join(call: Call, params: JoinParams) -> Paired:
    """Pairs with the daemon whose peercode that is."""
    _demand_type(params.type)
    check_scope(params.scope)
    _demand(address=params.address, code=params.code)
    code = peercode.parse(params.code).code if ":" in params.code else params.code
    peers = call.service(Peers)
    if address.inferred(params.address) != address.LOCAL:
        raise ThrumError("invalid_params", f"{params.address[:200]} is not of this machine")
    # Imported here: it brings a client of WebSocket.
    from thrum.daemon.peers import joining

    roots, who = await peers.own_roots(), call.node.identity
    found = await joining.introduced(
        who, _own_address(call), params.address, code, roots, params.scope
    )
    if found.daemon_id == call.node.identity.daemon_id:
        raise ThrumError("conflict", "that is this daemon itself")
    made = Peer(
        name=params.peer_name or introduction.called(found.repo_name, found.name, found.daemon_id),
        address=params.address,
        daemon_id=found.daemon_id,
        token=found.token,
        transport=address.LOCAL,
        repo_path=params.repo_path,
        role=DIALER,
        remote_repo_name=found.repo_name,
        remote_hostname=found.hostname,
        remote_repo_path=found.repo_path,
        remote_git_origin_url=found.git_origin_url,
        scope=peers.scope_for(params.scope, found.git_origin_url, roots, found.roots),
        their_scope=found.scope,
    )
    peers.enter(made)
    return Paired("paired", made.name, made.daemon_id)


@method("peer.list", rights=Rights.READS, anonymous=True)
async def list_peers(call: Call, params: Params) -> Sequence[PeerRow]:
    """Lists the peers."""
    peers = call.service(Peers)
    return [_listed(peers, each) for each in sorted(peers.book, key=lambda each: each.name)]


@method("peer.status", rights=Rights.READS, anonymous=True)
async def status(call: Call, params: Params) -> Sequence[PeerStatus]:
    """Lists the peers with what is known of them."""
    peers = call.service(Peers)
    rows = []
    for each in sorted(peers.book, key=lambda each: each.name):
        told = _listed(peers, each)
        rows.append(
            PeerStatus(
                daemon_id=each.daemon_id,
                name=each.name,
                address=told.address,
                has_token=bool(each.token),
                paired_at=each.paired_at,
                last_sync=told.last_sync,
                last_synced_seq=told.last_synced_seq,
                transport=each.transport,
                scope=each.scope,
                their_scope=each.their_scope,
                effective_scope=each.effective,
                proxy_prefix=each.proxy_prefix,
                remote_agents=each.remote_agents or None,
                trouble=told.trouble,
            )
        )
    return rows


@method("peer.remove", rights=Rights.CHARGE, about="ending a pairing", errors=("not_found",))
async def remove(call: Call, params: NamedParams) -> PeerRemoved:
    """Ends a pairing at this side: nothing crosses any more, in either direction."""
    named = params.name or params.daemon_id
    if not named:
        raise ThrumError("invalid_params", "name or daemon_id is required")
    peers = call.service(Peers)
    await peers.remove(peers.book.find(named))
    return PeerRemoved()


def _listed(peers: Peers, peer: Peer) -> PeerRow:
    attendant = peers.attendants.get(peer.daemon_id)
    return PeerRow(
        daemon_id=peer.daemon_id,
        name=peer.name,
        address=peers.address_of(peer),
        last_sync=_ago(peer.last_sync, peers.node.now_ns()),
        last_synced_seq=attendant.reached.sequence if attendant else 0,
        reconcile_status=peer.reconcile_status,
        trouble=attendant.trouble if attendant else "",
        refused=attendant.refused if attendant else 0,
    )


def _ago(moment: str, now_ns: int) -> str:
    """How long ago that was, as older programs say it; the moment itself after a day."""
    if not moment:
        return "never"
    seconds = max(now_ns - parse(moment), 0) // SECOND_NS
    if seconds >= DAY_S:
        return moment[:16].replace("T", " ")
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    text = f"{hours}h{minutes}m{seconds}s" if hours else f"{minutes}m{seconds}s"
    return f"{text if hours or minutes else f'{seconds}s'} ago"


def check_scope(given: str) -> None:
    """Refuses a scope that there is not.

    Raises:
        ThrumError: ``invalid_params``.
    """
    if given and given not in SCOPES:
        text = f"unknown scope {given[:200]!r}"
        raise ThrumError("invalid_params", text, f"known are {', '.join(SCOPES)}")


def _demand_type(given: str) -> None:
    """Refuses a way that is not known.

    Raises:
        ThrumError: ``invalid_params``.
    """
    if given not in {"", address.LOCAL}:
        text = f'unknown peer type "{given[:200]}"'
        raise ThrumError("invalid_params", text, f"known is {address.LOCAL}")


def _demand(**given: str) -> None:
    for name, value in given.items():
        if not value:
            raise ThrumError("invalid_params", f"{name} is required")


def _own_address(call: Call) -> str:
    """Where peers on this machine call us.

    Raises:
        ThrumError: ``conflict``, nothing is served.
    """
    listening = call.service(Web).listening
    if listening is None:
        raise ThrumError("conflict", "this daemon serves no WebSocket", "see `thrum daemon status`")
    return f"127.0.0.1:{listening.port}"
