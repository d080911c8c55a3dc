"""Who may begin, type into or end the session of an agent: whoever may change what is the agent's.

A session of nobody's is everybody's. And since a person who registered nowhere starts agents, too,
whoever sits at a terminal, without an agent's program above, is let in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from thrum.daemon.rpc import rights

if TYPE_CHECKING:
    from thrum.daemon.rpc.registry import Call
    from thrum.identity.files import Identity


def demand(call: Call, identity: Identity | None, what: str) -> None:
    """Refuses whoever may not do that to a session of the agent.

    Args:
        call: by whom.
        identity: of the agent that lives there; None if nobody does.
        what: what was asked for, as the subject of the refusal.

    Raises:
        ThrumError: ``not_allowed``; ``anonymous_caller``.
    """
    caller = call.caller
    if identity is None or (not caller.agent_id and _sits_there(call)):
        call.grant()
        return
    rights.demand_own(call, call.node.store.reader(), identity.name, what)


def _sits_there(call: Call) -> bool:
    return call.caller.pid > 0 and call.node.resolver.is_attended(call.caller.pid)
