"""Restarting the session of an agent: what was said is kept, and the next one goes on from it.

Nothing is ended before everything is known that the new beginning needs. Then the agent may write
down what is left to do; of what it does not write, the end of its transcript is kept. What ran is
ended, and launched anew in the same session of tmux, with its marks and whoever looks at it. Each
step can be done again: whoever is killed in between leaves what the next one goes on from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

import anyio
from anyio import to_thread

from thrum.daemon.restart import asking, keeping, supervisor
from thrum.daemon.restart.turns import TIMEOUT_KEY
from thrum.daemon.tmux import finding, front, guard, launching, opening, panes, reaching
from thrum.daemon.tmux.making import Wanted
from thrum.daemon.tmux.service import Tmux
from thrum.daemon.tmux.target import Target
from thrum.errors import ThrumError
from thrum.snapshots import layout

if TYPE_CHECKING:
    from thrum.daemon.node import Node
    from thrum.daemon.tmux.launch import Launch
    from thrum.daemon.tmux.panes import Pane
    from thrum.identity.files import Identity
    from thrum.runtimes.contract import Adapter

LONGEST_ASKED_S: Final = 180
"""However long the configuration says: a caller has minutes."""

_PATIENCE_S: Final = 30.0
"""Seconds for somebody to take the hands off the keys of a session whose program was ended."""

_PAUSE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for.

    Attributes:
        session: which session.
        runtime: what is launched; the same again if empty.
        is_forced: whether nobody is asked before.
        by: the agent who asks; empty for a person.
    """

    session: str
    runtime: str = ""
    is_forced: bool = False
    by: str = ""


class Restarted(NamedTuple):
    """What was done.

    Attributes:
        launch: the launch, which may be starting yet.
        lines: how many lines of what was said the new session is shown.
    """

    launch: Launch
    lines: int


async def resident(node: Node, session: str) -> Identity:
    """Who lives in a session.

    Raises:
        ThrumError: ``not_found``, nobody does.
    """
    found = await reaching.resident(node.service(Tmux), session)
    if found is None:
        look = "`thrum tmux list` shows who lives where"
        raise ThrumError("not_found", f"no agent lives in a session {session}", look)
    return found


async def restart(node: Node, asked: Asked) -> Restarted:
    """Restarts the session of an agent.

    Raises:
        ThrumError: ``not_found``, nobody lives there, the worktree is gone, or there is no such
            runtime; ``conflict``, somebody types there; as `opening.reopen` and `launching.launch`.
    """
    tmux, identity = node.service(Tmux), await resident(node, asked.session)
    adapter = await launching.find(tmux, identity, asked.runtime or identity.runtime)
    if not await to_thread.run_sync(identity.home.is_dir):
        text = f"the worktree of {identity.name}, {identity.home}, is gone"
        raise ThrumError("not_found", text, f"thrum agent delete {identity.name}")
    pane = await reached(tmux, asked, identity)
    lines = await keep(node, asked, identity, pane)
    # Whoever asks may live there and go with it; what is ended is begun anew all the same.
    with anyio.CancelScope(shield=True):
        made = await _begin_anew(tmux, asked, identity, adapter)
    return Restarted(made, lines)


async def go_on(node: Node, made: Launch) -> None:
    """Tells an agent whose runtime was launched to go on from what the session before left.

    Raises:
        ThrumError: as `Store.transact`.
    """
    tmux = node.service(Tmux)
    identity = await reaching.resident(tmux, made.session) if made.agent else None
    if identity is None or made.runtime == launching.SHELL:
        return
    if await to_thread.run_sync(keeping.lines, keeping.of(identity)):
        await supervisor.tell(node, identity.name, f"began {identity.name} {made.began_ns}", _WORD)


_WORD: Final = (
    "Your session begins anew. `thrum prime` shows what the one before it left, below"
    f" `# Previous Session Context`: go on from there, with its `{layout.PLAN}` if it has one."
)


async def reached(tmux: Tmux, asked: Asked, identity: Identity) -> Pane | None:
    """Where the agent lives; None if that session has ended.

    Raises:
        ThrumError: ``not_allowed``, the session is somebody else's; ``conflict``.
    """
    there = await tmux.server.panes(fresh=True)
    if not panes.in_session(there, asked.session):
        return None
    wanted = Target(asked.session)
    pane = finding.reachable(there, wanted, [identity], tmux.server.thrum_dir)
    if not pane.is_of(tmux.server.thrum_dir):
        text = f"the session {asked.session} is not one of Thrum's"
        raise ThrumError("not_allowed", text, "end the agent there by hand")
    against = "" if asked.is_forced else guard.attended(await tmux.typist.look(pane))
    if against:
        raise ThrumError("conflict", against, "--force does it all the same")
    return pane


async def keep(node: Node, asked: Asked, identity: Identity, pane: Pane | None) -> int:
    """Has the agent write down what is left to do, and keeps what was said; how many lines the
    next session is shown.

    Raises:
        ThrumError: as `asking.ask`.
    """
    mine = keeping.of(identity)
    has_one = await to_thread.run_sync(mine.path.exists)
    is_itself = asked.by == identity.name
    runs = partial(_runs, node.service(Tmux), pane)
    if not (has_one or is_itself or asked.is_forced) and await runs():
        seconds = min(int(node.config.get(TIMEOUT_KEY)), LONGEST_ASKED_S)
        await asking.ask(node, identity.name, mine, seconds, runs)
    find = partial(keeping.transcript, node, identity)
    save = partial(keeping.save, node, mine, identity.name, layout.EXTERNAL, find)
    return await to_thread.run_sync(save)


async def _runs(tmux: Tmux, pane: Pane | None) -> bool:
    """Whether a program is in front in a pane now."""
    there = await tmux.server.panes(fresh=True) if pane else []
    now = panes.of_id(there, pane.id) if pane else None
    return now is not None and not now.is_dead and not front.is_waiting_shell(now)


async def _begin_anew(tmux: Tmux, asked: Asked, identity: Identity, adapter: Adapter) -> Launch:
    """Ends what runs and launches the runtime.

    Raises:
        ThrumError: as `restart`; what ran may have ended.
    """
    wanted = Wanted(asked.session, identity.home, opening.resident(identity))
    pane = await opening.renewed(tmux, wanted)
    if pane is None:
        pane = await opening.reopen(tmux, Target(asked.session))
    fresh = await resident(tmux.node, asked.session)
    clock = tmux.node.setting.clock
    end = clock.monotonic() + _PATIENCE_S
    while True:
        try:
            return await launching.launch(tmux, pane, fresh, adapter.name)
        except ThrumError as error:
            if error.kind != "conflict" or clock.monotonic() > end:
                raise
        await clock.wait(anyio.Event(), _PAUSE_S)
