"""``peer.configure``: what crosses to a peer, and which of its agents are known here."""

from __future__ import annotations

from typing import Final

import msgspec

from thrum.daemon.peers.methods import check_scope
from thrum.daemon.peers.peer import Peer
from thrum.daemon.peers.service import Peers
from thrum.daemon.rpc.registry import Call, Params, Rights, method
from thrum.errors import ThrumError
from thrum.names import bare, check_agent_name

ADD: Final = "add-agent"
REMOVE: Final = "remove-agent"
SCOPE: Final = "scope"
DONE: Final = {ADD: "added", REMOVE: "removed", SCOPE: "scope"}


class ConfigureParams(Params):
    """Which peer, by its name or daemon id, and what: add-agent or remove-agent with `agent_name`,
    an agent's name there, or a `scope`."""

    peer_name: str = ""
    action: str = ""
    agent_name: str = ""
    scope: str = ""


class Configured(msgspec.Struct, omit_defaults=True):
    """What was done. `agents` are those that are known here by now; none are named: all are.

    `effective_scope` is what crosses in truth, which the peer may narrow.
    """

    ok: bool
    action: str
    agent: str
    scope: str = ""
    effective_scope: str = ""
    agents: list[str] | None = None


@method(
    "peer.configure",
    rights=Rights.CHARGE,
    about="what crosses to a peer",
    errors=("conflict", "not_found"),
)
async def configure(call: Call, params: ConfigureParams) -> Configured:
    """Says of a peer what it is given, or which of its agents are known here; it counts at once.

    As long as no agent is named all of them are.
    """
    action = params.action or (SCOPE if params.scope else "")
    agent = bare(params.agent_name.strip())
    if not params.peer_name or not (agent or action == SCOPE):
        raise ThrumError("invalid_params", "peer_name and agent_name are required")
    if action not in DONE:
        known = f"known are {ADD} and {REMOVE}"
        raise ThrumError("invalid_params", f"unknown action: {action[:80]}", known)
    check_scope(params.scope)
    peers = call.service(Peers)
    peer = _found(peers, params.peer_name)
    if agent:
        _name(peer, action, agent)
    if params.scope:
        peer.scope = params.scope
    peers.configured(peer)
    return Configured(
        True, DONE[action], agent, params.scope, peer.effective, peer.remote_agents or None
    )


def _found(peers: Peers, named: str) -> Peer:
    try:
        return peers.book.find(named)
    except ThrumError as error:
        raise ThrumError("not_found", f"peer not found: {named[:200]}", error.hint) from None


def _name(peer: Peer, action: str, agent: str) -> None:
    """Names an agent of the peer, or does so no more.

    Raises:
        ThrumError: ``invalid_params``, it is no agent's name.
    """
    agent = agent.removeprefix(peer.proxy(""))
    check_agent_name(peer.proxy(agent))
    known = [each for each in peer.remote_agents if each != agent]
    peer.remote_agents = [*known, agent] if action == ADD else known
