"""Whether a person is at the terminal of an agent, who would rather answer there.

Known only of panes of tmux.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from thrum.daemon.tmux import reaching
from thrum.daemon.tmux.service import Tmux
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.tmux.guard import Facts

ATTENDED_S: Final = 120
"""Seconds after a key in a terminal that shows the session in which somebody is there."""


async def is_attended(node: Node, agent_id: str) -> bool | None:
    """Whether a person is at the terminal in which the agent runs; None if nobody can tell."""
    tmux = node.service(Tmux)
    found = await reaching.pane_of(tmux, agent_id)
    if found is None:
        return None
    try:
        return sits_there(await tmux.typist.look(found[1]))
    except ThrumError:
        return None


def sits_there(facts: Facts) -> bool | None:
    """Whether somebody pressed a key a while ago in a terminal that shows the pane's session; None
    if the pane is gone."""
    pane = facts.pane
    if pane is None:
        return None
    here = [each for each in facts.clients if each.session_id == pane.session_id]
    return any(each.idle_s < ATTENDED_S for each in here)
