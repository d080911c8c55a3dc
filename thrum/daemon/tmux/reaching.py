"""The pane of a session that is named, for whoever looks into it or types."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread

from thrum.daemon.tmux import binding, finding, opening, panes, target
from thrum.daemon.tmux.making import Wanted
from thrum.daemon.tmux.target import Target

if TYPE_CHECKING:
    from thrum.daemon.tmux.panes import Pane
    from thrum.daemon.tmux.service import Tmux
    from thrum.identity.files import Identity


async def resident(tmux: Tmux, session: str) -> Identity | None:
    """Who lives in the session of that name; None if nobody does."""
    return binding.of_session(await tmux.node.callers.filed(), session)


async def pane_of(
    tmux: Tmux, agent_id: str, *, fresh: bool = False
) -> tuple[Identity, Pane] | None:
    """An agent with the pane in which it runs, whoever made its session; None if it is not known to
    run in one.

    Args:
        tmux: where.
        agent_id: which agent.
        fresh: as for `Server.panes`.

    Raises:
        ThrumError: as `Tmux.seen`.
    """
    identity = await tmux.node.callers.named(agent_id)
    if identity is None or not binding.bound([identity]):
        return None
    pane = panes.meant(await tmux.seen(fresh=fresh), target.parse(identity.tmux_session))
    return (identity, pane) if pane is not None else None


async def home_of(
    tmux: Tmux, agent_id: str, *, fresh: bool = False
) -> tuple[Identity, Pane] | None:
    """The same, where the session is ours and what runs in the pane has not ended."""
    found = await pane_of(tmux, agent_id, fresh=fresh)
    is_ours = found is not None and found[1].is_of(tmux.server.thrum_dir) and not found[1].is_dead
    return found if is_ours else None


async def reached(tmux: Tmux, wanted: Target) -> Pane:
    """The pane that is meant, as it is now.

    Raises:
        ThrumError: as `finding.reachable` and `Server.panes`.
    """
    return await _reachable(tmux, wanted, await tmux.server.panes(fresh=True))


async def reached_or_made(tmux: Tmux, wanted: Target) -> Pane:
    """The pane that is meant; where its session ended, or only its last screen is left, it is made
    anew for who lived there.

    Raises:
        ThrumError: as `reached`, `opening.reopen` and `opening.renewed`.
    """
    there = await tmux.server.panes(fresh=True)
    if not panes.in_session(there, wanted.session):
        return await opening.reopen(tmux, wanted)
    pane = await _reachable(tmux, wanted, there)
    identity = await resident(tmux, wanted.session)
    home = identity.home if identity else Path(pane.path)
    if not (pane.is_dead and pane.is_of(tmux.server.thrum_dir) and await _is_there(home)):
        return pane
    again = Wanted(wanted.session, home, opening.resident(identity))
    return await opening.renewed(tmux, again, if_ended=True) or await opening.reopen(tmux, wanted)


async def _is_there(home: Path) -> bool:
    return await to_thread.run_sync(home.is_dir)


async def _reachable(tmux: Tmux, wanted: Target, there: Sequence[Pane]) -> Pane:
    identities = await tmux.node.callers.filed()
    return finding.reachable(there, wanted, identities, tmux.server.thrum_dir)
