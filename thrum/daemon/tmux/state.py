"""How it stands with a session in which an agent should live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from thrum.daemon.tmux import target
from thrum.daemon.tmux.panes import Pane, meant
from thrum.identity import owner
from thrum.identity.files import Identity

ALIVE: Final = "alive"
STALE: Final = "stale"
DEAD: Final = "dead"


def of(identity: Identity, panes: Iterable[Pane]) -> str:
    """Whether the session is there and what lived in it still does.

    ``dead``: there is no such session, or what ran in its pane has ended. ``stale``: it is there,
    and the agent's own process has ended. Empty for an agent that names no pane.
    """
    if not identity.tmux_session:
        return ""
    pane = meant(panes, target.parse(identity.tmux_session))
    if pane is None or pane.is_dead:
        return DEAD
    gone = identity.agent_pid > 0 and not owner.is_alive(identity)
    return STALE if gone else ALIVE
