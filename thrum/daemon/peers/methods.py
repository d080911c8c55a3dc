"""``peer.*``: who the peers are, and how a daemon becomes one."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Annotated, ClassVar, Final

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
LONGEST_NAME: Final = 64
REPAIR: Final = "repair"
WAYS: Final = (address.LOCAL, address.NETWORK, address.TAILSCALE)


class StartPairingParams(Params):
    """Over what the other side comes, and for how many seconds the code counts; 0 is 300.

    `address` is the one of this machine to which a peer of a network comes. `auth_key` is what
    older programs show; here Tailscale itself says whether it runs.
    `scope` is what it is given: all, addressed or none; empty: all if both are of one repository.
    """

    type: str = ""
    address: str = ""
    auth_key: str = ""
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

    `local_address` is the one of this machine at which a peer of a network calls back; the one that
    leads there if it is left out.
    `scope` as in `peer.start_pairing`.
    """

    type: str = ""
    address: str = ""
    code: str = ""
    repo_path: str = ""
    peer_name: str = ""
    scope: str = ""
    local_address: str = ""


class NamedParams(Params):
    """Which peer, by its name or its daemon id."""

    name: str = ""
    daemon_id: str = ""


class RenameParams(Params):
    """Which peer, by its name or its daemon id, and how it is called from now on."""

    needs: ClassVar = ("name", "new_name")
    name: str = ""
    new_name: str = ""


class PeerRenamed(msgspec.Struct):
    """How it is called."""

    name: str


class PeerRemoved(msgspec.Struct):
    """It is none any more."""

    status: str = "ok"


class PeerRow(msgspec.Struct, omit_defaults=True):
    """A peer; `trouble` says why nothing comes from it, `refused` how many events were none, and
    `effective_scope` what crosses: the narrower of what both sides give."""

    daemon_id: str
    name: str
    address: str
    last_sync: str
    last_synced_seq: int
    reconcile_status: str = msgspec.field(default="")
    trouble: str = ""
    refused: int = 0
    effective_scope: str = ""


class PeerStatus(msgspec.Struct, omit_defaults=True):
    """A peer, and whether it can show that it is one; `node` is its machine's name in a tailnet."""

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
    node: str = ""


@method(
    "peer.start_pairing", rights=Rights.CHARGE, about="pairing", errors=("conflict", "not_allowed")
)
async def start_pairing(call: Call, params: StartPairingParams) -> PairingBegun:
    """Begins a pairing, and tells the peercode that the other side is to be given."""
    if params.type == REPAIR:
        text = "--type repair is not valid for peer add (it mends a peer that is known)"
        raise ThrumError("invalid_params", text, "run `thrum peer repair NAME`")
    way, peers = _demand_type(params.type), call.service(Peers)
    check_scope(params.scope)
    peers.demand_no_pairing()
    where = await own_address(call, way, params.address)
    begun = peers.begin_pairing(way, params.timeout_seconds or LASTS_S, params.scope)
    text = Peercode(call.node.identity.hostname, where, begun.code).text()
    return PairingBegun(text, where, way)


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
    if params.type == REPAIR:
        return await _repaired(call, params)
    way, peers = _demand_type(params.type), call.service(Peers)
    check_scope(params.scope)
    _demand(address=params.address, code=params.code)
    code = peercode.parse(params.code).code if ":" in params.code else params.code
    _check_reach(way, params.address)
    given = params.local_address or _towards(way, params.address)
    own = await own_address(call, way, given)
    try:
        made = await _joined(call, params, way, own, code)
    finally:
        await peers.doors.shut_unneeded()
    return Paired("paired", made.name, made.daemon_id)


async def _repaired(call: Call, params: JoinParams) -> Paired:
    """Calls a peer that is known, and mends what changed since.

    Raises:
        ThrumError: as `Reconciler.repair`; ``not_found``, it is not known; ``conflict``, nothing is
            known by which it could be called.
    """
    if not params.peer_name:
        raise ThrumError("invalid_params", "--type repair requires a peer name")
    peers = call.service(Peers)
    peer = peers.book.find(params.peer_name)
    for there, what in ((peer.token, "token"), (params.address or peer.address, "address")):
        if not there:
            text = f'--type repair: peer "{peer.name}" has no stored {what}'
            raise ThrumError("conflict", text, "remove it, and pair anew")
    if params.address:
        _check_reach(peer.transport, params.address)
    await peers.reconciler.repair(peer, params.address)
    peers.has_moved(peer)
    return Paired("paired", peer.name, peer.daemon_id, peer.address)


async def _joined(call: Call, params: JoinParams, way: str, own: str, code: str) -> Peer:
    """Goes there with the code, and enters who is there.

    Raises:
        ThrumError: as `joining.introduced`; ``conflict``, it is this very daemon.
    """
    # Imported here: it brings a client of WebSocket.
    from thrum.daemon.peers import joining

    peers, who = call.service(Peers), call.node.identity
    roots = await peers.own_roots()
    found = await joining.introduced(who, own, params.address, code, roots, params.scope)
    peers.demand_other(found.daemon_id)
    made = Peer(
        name=params.peer_name or introduction.called(found.repo_name, found.name, found.daemon_id),
        address=params.address,
        daemon_id=found.daemon_id,
        token=found.token,
        transport=way,
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
    return made


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
                node=peers.node_of(each),
            )
        )
    return rows


@method(
    "peer.rename",
    rights=Rights.CHARGE,
    about="renaming a peer",
    errors=("conflict", "not_found"),
)
async def rename(call: Call, params: RenameParams) -> PeerRenamed:
    """Calls a peer otherwise; how its agents are called stays."""
    book, new = call.service(Peers).book, params.new_name.strip()
    if not (new and new.isprintable() and len(new) <= LONGEST_NAME):
        text = f"a peer's name is one line of up to {LONGEST_NAME} characters"
        raise ThrumError("invalid_params", text)
    peer = book.find(params.name)
    other = next((each for each in book if new in {each.name, each.daemon_id}), peer)
    if other is not peer:
        raise ThrumError("conflict", f'there is a peer "{new}" already')
    book.change(peer, name=new)
    return PeerRenamed(new)


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
        last_sync=ago(peer.last_sync, peers.node.now_ns()),
        last_synced_seq=attendant.reached.sequence if attendant else 0,
        reconcile_status=peer.reconcile_status,
        trouble=attendant.trouble if attendant else "",
        refused=attendant.refused if attendant else 0,
        effective_scope=peer.effective,
    )


def ago(moment: str, now_ns: int) -> str:
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


def _demand_type(given: str) -> str:
    """The way that is meant.

    Raises:
        ThrumError: ``invalid_params``, it is not known.
    """
    way = given or address.LOCAL
    if way not in WAYS:
        text = f'unknown peer type "{given[:200]}"'
        raise ThrumError("invalid_params", text, f"known are {', '.join(WAYS)}")
    return way


def _check_reach(way: str, where: str) -> None:
    """Refuses an address that is not reached that way.

    Raises:
        ThrumError: ``invalid_params``.
    """
    found = address.inferred(where)
    if found != way and not (way == address.TAILSCALE and address.is_name(where)):
        text = f"{where[:200]} is not reached over {way}"
        raise ThrumError("invalid_params", text, f"say --type {found}")


def _towards(way: str, where: str) -> str:
    """Our address on the way to a peer of a network; empty if no way leads there."""
    if way != address.NETWORK or address.is_name(where):
        return ""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(address.split(where))  # which sends nothing
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def _demand(**given: str) -> None:
    for name, value in given.items():
        if not value:
            raise ThrumError("invalid_params", f"{name} is required")


async def own_address(call: Call, way: str, given: str = "") -> str:
    """Where peers call us; for those of other machines it is served from now on.

    Raises:
        ThrumError: ``conflict``, nothing is served; as `Doors.network` and `Doors.tailnet`.
    """
    doors = call.service(Peers).doors
    if way == address.NETWORK:
        return (await doors.network(given)).address
    if way == address.TAILSCALE:
        return (await doors.tailnet()).address
    listening = call.service(Web).listening
    if listening is None:
        raise ThrumError("conflict", "this daemon serves no WebSocket", "see `thrum daemon status`")
    return f"127.0.0.1:{listening.port}"
