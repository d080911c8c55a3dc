"""Whether a person is at the terminal of an agent, who would rather answer there.

Known only of panes of tmux.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anyio import to_thread

from thrum.daemon.tmux import panes, target
from thrum.daemon.tmux.service import Tmux
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.tmux.guard import Facts
    from thrum.daemon.tmux.panes import Pane

ATTENDED_S: Final = 120
"""Seconds after a key in a terminal that shows the session in which somebody is there."""


async def is_attended(node: Node, agent_id: str) -> bool | None:
    """Whether a person is at the terminal in which the agent runs; None if nobody can tell."""
    pane = await pane_of(node, agent_id)
    if pane is None:
        return None
    try:
        return sits_there(await node.service(Tmux).typist.look(pane))
    except ThrumError:
        return None


async def pane_of(node: Node, agent_id: str) -> Pane | None:
    """The pane in which the agent runs; None if it is not known to run in one."""
    identities = await to_thread.run_sync(node.callers.identities.by_name)
    identity = identities.get(agent_id)
    if identity is None or not identity.tmux_session:
        return None
    return panes.meant(await node.service(Tmux).seen(), target.parse(identity.tmux_session))


def sits_there(facts: Facts) -> bool | None:
    """Whether somebody pressed a key a while ago in a terminal that shows the pane's session; None
    if the pane is gone."""
    pane = facts.pane
    if pane is None:
        return None
    here = [each for each in facts.clients if each.session_id == pane.session_id]
    return any(facts.now_s - each.active_s < ATTENDED_S for each in here)
