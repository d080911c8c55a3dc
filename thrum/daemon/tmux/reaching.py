"""The pane of a session that is named, for whoever looks into it or types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from thrum.daemon.tmux import binding, finding, opening, panes
from thrum.daemon.tmux.target import Target

if TYPE_CHECKING:
    from thrum.daemon.tmux.panes import Pane
    from thrum.daemon.tmux.service import Tmux
    from thrum.identity.files import Identity


async def resident(tmux: Tmux, session: str) -> Identity | None:
    """Who lives in the session of that name; None if nobody does."""
    return binding.of_session(await tmux.node.callers.filed(), session)


async def reached(tmux: Tmux, wanted: Target) -> Pane:
    """The pane that is meant, as it is now.

    Raises:
        ThrumError: as `finding.reachable` and `Server.panes`.
    """
    return await _reachable(tmux, wanted, await tmux.server.panes(fresh=True))


async def reached_or_made(tmux: Tmux, wanted: Target) -> Pane:
    """The pane that is meant; where its session ended it is made anew for who lived there.

    Raises:
        ThrumError: as `reached` and `opening.reopen`.
    """
    there = await tmux.server.panes(fresh=True)
    if panes.in_session(there, wanted.session):
        return await _reachable(tmux, wanted, there)
    return await opening.reopen(tmux, wanted)


async def _reachable(tmux: Tmux, wanted: Target, there: Sequence[Pane]) -> Pane:
    identities = await tmux.node.callers.filed()
    return finding.reachable(there, wanted, identities, tmux.server.thrum_dir)
