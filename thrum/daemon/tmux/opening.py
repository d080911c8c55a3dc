"""Opening a session for an agent, or for nobody, in a worktree: registered, made, and written down.

Every way to a session comes through here: by command, with a launch, or because somebody speaks to
an agent whose session ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread
from msgspec import Struct

from thrum.daemon.tmux import binding, making, panes, renewing, target
from thrum.daemon.tmux.introducing import introduce
from thrum.daemon.tmux.making import Agent, Wanted
from thrum.daemon.tmux.panes import Pane
from thrum.errors import ThrumError
from thrum.identity import owner
from thrum.identity.files import Identity

if TYPE_CHECKING:
    from thrum.daemon.tmux.service import Tmux


class Asked(Struct, frozen=True):
    """What is asked for.

    Attributes:
        session: the name, which is clean.
        folder: where it stands.
        agent: who is to be registered there; None for whoever is there already, or nobody.
        runtime: the runtime that the agent prefers.
        force: whether what is in the way goes.
    """

    session: str
    folder: Path
    agent: Agent | None = None
    runtime: str = ""
    force: bool = False


async def open_session(tmux: Tmux, asked: Asked) -> tuple[Pane, Identity | None]:
    """Opens a session; its pane, and whose it is.

    Raises:
        ThrumError: ``conflict``, a session is in the way; whatever `introduce` refuses with; as
            `making.make`.
    """
    async with tmux.turn:
        await _make_room(tmux, asked)
        if asked.agent is not None:
            identity: Identity | None = await introduce(
                tmux, asked.agent, asked.folder, runtime=asked.runtime, force=asked.force
            )
        else:
            identity = await to_thread.run_sync(binding.at_home, asked.folder, asked.session)
        wanted = Wanted(asked.session, asked.folder, asked.agent or resident(identity))
        if identity is not None:
            await renewing.end_orphans(identity.name, identity.home)
        # Whoever asked may go away meanwhile; a session is made whole or not at all.
        with anyio.CancelScope(shield=True):
            pane = await making.make(tmux.server, wanted)
            try:
                tied = await _tied(tmux, identity, pane, is_new=asked.agent is not None)
            except ThrumError:
                await making.end(tmux.server, asked.session)
                raise
        return pane, tied


async def reopen(tmux: Tmux, wanted: target.Target) -> Pane:
    """Opens the session again that an identity names and that has ended.

    Raises:
        ThrumError: ``not_found``, no identity names it, or its worktree is gone; as
            `open_session`.
    """
    identity = binding.of_session(await tmux.node.callers.filed(), wanted.session)
    if identity is None or not await to_thread.run_sync(identity.home.is_dir):
        raise ThrumError(
            "not_found",
            f"there is no session {wanted.session}, and no agent that lived in it",
            "`thrum tmux create` makes one, `thrum tmux list` shows those that there are",
        )
    pane, _ = await open_session(tmux, Asked(wanted.session, identity.home))
    return pane


async def renewed(tmux: Tmux, wanted: Wanted, *, if_ended: bool = False) -> Pane | None:
    """The pane of a session of ours, with a shell in it that waits; None if the session has ended.

    Args:
        tmux: where.
        wanted: the session, as it is made.
        if_ended: whether only what has ended already is begun anew.

    Raises:
        ThrumError: as `renewing.renew`.
    """
    async with tmux.turn:
        found = await _ours(tmux, wanted.session)
        if found is None or (if_ended and not found.is_dead):
            return found
        tmux.following.forget(wanted.session)
        await renewing.renew(tmux, found, wanted)
        return await _ours(tmux, wanted.session)


async def _ours(tmux: Tmux, session: str) -> Pane | None:
    """The pane of a session that we made; None if there is none."""
    found = panes.meant(await tmux.server.panes(fresh=True), target.Target(session))
    return found if found is not None and found.is_of(tmux.server.thrum_dir) else None


async def close(tmux: Tmux, session: str) -> bool:
    """Ends a session of ours and has no identity name it any more; whether there was either.

    Raises:
        ThrumError: ``not_allowed``, the session is somebody else's; as `making.end`.
    """
    async with tmux.turn:
        there = panes.in_session(await tmux.server.panes(fresh=True), session)
        if there and not there[0].is_of(tmux.server.thrum_dir):
            text = f"the session {session} is not one of Thrum's"
            raise ThrumError("not_allowed", text, f"`tmux kill-session -t ={session}` ends it")
        named = await _naming(tmux, session)
        if there:
            with anyio.CancelScope(shield=True):
                running = await to_thread.run_sync(renewing.running, there)
                await making.end(tmux.server, session)
                await renewing.end(running)
        tmux.following.forget(session)
        for each in named:
            await renewing.end_orphans(each.name, each.home)
        # Last, so that whoever is killed before leaves one that is still known to be somebody's.
        await _loosen(tmux, named)
        await tmux.ended(session)
        return bool(there or named)


async def _make_room(tmux: Tmux, asked: Asked) -> None:
    """Ends what is in the way, if it may go: what has ended already, and with force what lives."""
    there = await tmux.server.panes(fresh=True)
    ours = [each for each in there if each.is_of(tmux.server.thrum_dir)]
    foreign = [each for each in panes.in_session(there, asked.session) if each not in ours]
    if foreign:
        text = f"there is a session {asked.session} that is not one of Thrum's"
        raise ThrumError("conflict", text, "choose another name")
    same = panes.in_session(ours, asked.session)
    beside = [each for each in ours if each.path == str(asked.folder) and each not in same]
    for pane in (*same, *beside):
        if not asked.force and not pane.is_dead:
            raise _in_the_way(pane, asked)
    for session in dict.fromkeys(each.session for each in (*same, *beside)):
        await _loosen(tmux, await _naming(tmux, session))
        await making.end(tmux.server, session)
        await tmux.ended(session)
    if not same:
        # Of one that ended by itself not everybody may have heard.
        await tmux.ended(asked.session)
    # Of two who name one session, one would be taken for the other.
    elsewhere = [each for each in await _naming(tmux, asked.session) if each.home != asked.folder]
    await _loosen(tmux, elsewhere)


def _in_the_way(pane: Pane, asked: Asked) -> ThrumError:
    if pane.session == asked.session:
        text = f"there is a session {pane.session} already"
    else:
        text = f"the session {pane.session} is open in {asked.folder}"
    look = f"`thrum tmux connect {pane.session}` goes there"
    return ThrumError("conflict", text, f"{look}; --force ends it and makes a new one")


def resident(identity: Identity | None) -> Agent | None:
    """Who lives there, as the file says."""
    if identity is None:
        return None
    return Agent(identity.name, identity.role, identity.module, identity.intent)


async def _tied(
    tmux: Tmux, identity: Identity | None, pane: Pane, *, is_new: bool
) -> Identity | None:
    """The identity with its pane; one whose process runs elsewhere keeps the one it has."""
    if identity is None or (owner.is_alive(identity) and not is_new):
        return identity
    return await to_thread.run_sync(partial(binding.tie, identity, pane.target, tmux.now))


async def _naming(tmux: Tmux, session: str) -> list[Identity]:
    identities = binding.bound(await tmux.node.callers.filed())
    return [each for each in identities if target.parse(each.tmux_session).session == session]


async def _loosen(tmux: Tmux, identities: Iterable[Identity]) -> None:
    for each in identities:
        await to_thread.run_sync(partial(binding.loosen, each, tmux.now))
