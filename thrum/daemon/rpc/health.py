"""``health``: whether the daemon is well, and who it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from thrum import __version__
from thrum.daemon.peers.address import TAILSCALE
from thrum.daemon.peers.service import Peers
from thrum.daemon.restart.service import THRESHOLD_KEY
from thrum.daemon.rpc.registry import EVERYWHERE, Call, Params, Rights, method
from thrum.daemon.sync.service import SyncService
from thrum.daemon.web.service import Web
from thrum.skew import PROTOCOL

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.service.supervisor import Report
    from thrum.daemon.store import Store


class Identity(msgspec.Struct, omit_defaults=True):
    """The daemon's identity block."""

    daemon_id: str
    repo_name: str
    hostname: str
    repo_path: str
    init_at: str
    git_origin_url: str = ""


class ServiceHealth(msgspec.Struct, omit_defaults=True):
    """How it stands with one service.

    `state` is running, done, starting, broken, stopping or stopped; `why` what is wrong, absent
    when it is well; `crashes` how often it crashed or could not start.
    """

    name: str
    state: str
    since: str = ""
    why: str = ""
    crashes: int = 0


class PeerDoor(msgspec.Struct, omit_defaults=True):
    """Where peers of other machines are let in; `turned_away` counts who was not."""

    transport: str
    address: str
    turned_away: int = 0


class TailnetPeer(msgspec.Struct):
    """A peer in the tailnet."""

    daemon_id: str
    name: str
    last_sync: str


class Tailnet(msgspec.Struct, omit_defaults=True):
    """How it stands with Tailscale, as older programs tell it; `address` is where peers come to."""

    enabled: bool
    hostname: str
    connected_peers: int
    sync_status: str
    peers: list[TailnetPeer] = []
    last_sync: str = ""
    address: str = ""


class Health(msgspec.Struct, omit_defaults=True):
    """How the daemon is.

    `status` is ok, or degraded when something of it does not work; `problems` says what. `held`
    counts the events that the remote refuses, which ``sync.status`` names; `withheld` those that do
    not count here for want of a good signature; `address` is where
    pages are served, absent while they are not, and `believes_claims` says that whoever connects
    there may speak for anybody. `doors` are where peers of other machines come to, and `tailscale`
    is absent without one. With `asks_fullness` something follows from how full sessions are.
    `protocol` is which rules of asking and answering it keeps, see `thrum.skew`.
    """

    status: str
    uptime_ms: int
    version: str
    repo_id: str
    sync_state: str
    local_only: bool
    identity: Identity
    local_only_reason: str = ""
    last_error: str = ""
    problems: list[str] = []
    services: list[ServiceHealth] = []
    held: int = 0
    withheld: int = 0
    address: str = ""
    believes_claims: bool = False
    asks_fullness: bool = False
    doors: list[PeerDoor] = []
    tailscale: Tailnet | None = None
    protocol: int = 0


@method("health", rights=Rights.READS, anonymous=True, transports=EVERYWHERE)
async def health(call: Call, params: Params) -> Health:
    """Says whether the daemon is well, how it syncs and who it is."""
    return describe(call.node)


def describe(node: Node) -> Health:
    """How the daemon is at this moment."""
    status = node.service(SyncService).loop.status()
    about, reports = node.identity, node.reports()
    problems = problems_of(node, reports)
    return Health(
        status="degraded" if problems else "ok",
        uptime_ms=(node.now_ns() - node.started_ns) // 1_000_000,
        version=__version__,
        protocol=PROTOCOL,
        repo_id=node.place.name,
        sync_state=status.sync_state,
        local_only=status.local_only,
        local_only_reason=status.local_only_reason,
        last_error=status.last_error,
        identity=Identity(
            about.daemon_id,
            about.repo_name,
            about.hostname,
            about.repo_path,
            about.init_at,
            about.git_origin_url,
        ),
        problems=problems,
        held=len(status.held),
        withheld=_withheld(node.store),
        address=node.service(Web).address,
        believes_claims=node.service(Web).is_compatible,
        asks_fullness=int(node.config.get(THRESHOLD_KEY)) > 0,
        doors=[
            PeerDoor(each.transport, each.address, each.turned_away)
            for each in node.service(Peers).doors.open.values()
        ],
        tailscale=_tailnet(node),
        services=[
            ServiceHealth(each.name, each.standing.value, each.since, each.why, each.crashes)
            for each in reports
        ],
    )


def _withheld(store: Store) -> int:
    """How many events do not count here; none where all do, which costs no question."""
    if store.gate is None:
        return 0
    asked = "SELECT count(*) FROM events WHERE withheld IS NOT NULL"
    (count,) = store.reader().execute(asked).fetchone()
    return int(count)


def _tailnet(node: Node) -> Tailnet | None:
    """How it stands with Tailscale; None where no peer comes by it, and none is awaited."""
    service = node.service(Peers)
    if not service.doors.is_needed(TAILSCALE):
        return None
    door = service.doors.open.get(TAILSCALE)
    peers = [each for each in service.book if each.transport == TAILSCALE]
    last = max((each.last_sync for each in peers), default="")
    return Tailnet(
        enabled=door is not None,
        hostname=node.identity.hostname,
        connected_peers=sum(service.is_reached(each) for each in peers),
        sync_status="idle" if door else service.doors.trouble.get(TAILSCALE, "starting"),
        peers=[TailnetPeer(each.daemon_id, each.name, each.last_sync) for each in peers],
        last_sync=last,
        address=door.address if door else "",
    )


def problems_of(node: Node, reports: Sequence[Report]) -> list[str]:
    """What does not work, a line each: the journal, the writer, services, their local facts."""
    found = [f"journal: {node.store.log.trouble}" if node.store.log.trouble else ""]
    found.append(f"writer: {node.store.trouble}" if node.store.trouble else "")
    found += [f"local facts of {owner}: {text}" for owner, text in node.state.trouble().items()]
    found += [
        f"service {each.name}: {each.why or each.standing.value}"
        for each in reports
        if not each.is_well
    ]
    return [each for each in found if each]
