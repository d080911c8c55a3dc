"""A peer that became another daemon: its id has changed, and its token says that it is the same."""

from __future__ import annotations

from typing import ClassVar

from thrum.daemon.peers import introduction, moving
from thrum.daemon.peers.introduction import OfItselfParams, Repaired
from thrum.daemon.peers.service import Peers
from thrum.daemon.rpc.registry import Call, Rights, Transport, method
from thrum.errors import ThrumError


class RepairParams(OfItselfParams):
    """The token of the pair, and who shows it by now; what is empty stays as it was."""

    needs: ClassVar = ("token", "daemon_id")
    token: str = ""


@method(
    "peer.repair",
    rights=Rights.CLONE,
    transports=Transport.PEER,
    errors=("conflict", "not_allowed", "not_found"),
)
async def repair(call: Call, params: RepairParams) -> Repaired:
    """Hears who a peer is by now, and tells who we are; name and token stay as they were."""
    peers = call.service(Peers)
    peer = moving.shown(peers, params.token, call.caller.peer)
    if peer is None:
        raise ThrumError("not_found", "peer.repair: no matching peer")
    if params.address and params.address != peer.address:
        moving.check(peers, peer, params.address)
    found = params.repo_name, params.hostname, params.repo_path, params.git_origin_url
    await peers.renew(peer, **said(params.daemon_id, params.address, *found))
    if params.address:
        peers.has_moved(peer)
    return introduction.repaired(call.node.identity)


def said(
    daemon_id: str, where: str, repo: str, host: str, path: str, origin: str
) -> dict[str, str]:
    """What changes of a peer by what it says of itself; what it does not say stays."""
    found = {
        "daemon_id": daemon_id,
        "address": where,
        "remote_repo_name": repo,
        "remote_hostname": host,
        "remote_repo_path": path,
        "remote_git_origin_url": origin,
    }
    return {"reconcile_status": ""} | {name: value for name, value in found.items() if value}
