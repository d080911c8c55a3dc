"""Launching a runtime in a session: its command is typed where a shell waits for one."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import anyio
from anyio import to_thread

from thrum.daemon.tmux import binding, front, guard, panes, prompt, screen
from thrum.daemon.tmux.guard import Facts
from thrum.daemon.tmux.launch import READY, STARTING, Launch
from thrum.daemon.tmux.panes import Pane
from thrum.errors import ThrumError
from thrum.runtimes import presets
from thrum.runtimes.contract import Moment, Reach

if TYPE_CHECKING:
    from thrum.daemon.tmux.service import Tmux
    from thrum.identity.files import Identity
    from thrum.runtimes.contract import Adapter

USUAL: Final = "claude"
"""The runtime that is launched where nobody names one."""

WATCHDOG_KEY: Final = "restart.silence_watchdog_seconds"

SHELL: Final = "shell"
"""The runtime that is there already, so that nothing is typed."""


_SETTLES_S: Final = 2.0
_BEGINS_S: Final = 1.0
_PAUSE_S: Final = 0.05
"""How long a shell may run what its settings say before it waits for a command; how long it may
take to begin one; and how often that is looked at."""


def at_a_shell(facts: Facts) -> str:
    """The usual guard; and what runs in front is a shell, not a program that would be told the
    command as if somebody had said it."""
    against = guard.usual(facts)
    pane = facts.pane
    if against or pane is None:
        return against
    return "" if front.is_waiting_shell(pane) else f"{pane.command} runs in {pane.target}"


async def launch(tmux: Tmux, pane: Pane, identity: Identity | None, runtime: str) -> Launch:
    """Launches a runtime in a pane, and writes down which; how it goes is followed. One that is
    being launched there already is not launched twice: who asks again, since whoever asked first
    was cut off or is impatient, waits for the same launch.

    Args:
        tmux: for whom.
        pane: where.
        identity: who lives there; None if nobody does.
        runtime: its name, or another name of it. Where none is named, the one that the agent
            prefers, the repository's, the person's, the usual one.

    Raises:
        ThrumError: ``not_found``, there is no such runtime; ``conflict``, something runs there, or
            is half typed; as `Typist.type_line`.
    """
    adapter = await find(tmux, identity, runtime)
    known = None
    while (now := tmux.following.starting(pane)) is not known:
        known = now
        if known and await _has_begun(known, pane) and known.runtime == adapter.name:
            return known
    made = tmux.following.begin(pane, adapter.name, identity.name if identity else "")
    try:
        if adapter.name == SHELL or not adapter.command:
            made.turns(READY)
        else:
            made.is_told = _is_told(adapter)
            made.prompt_s = _prompt_s(tmux, made) if identity else None
            await _demand_empty(tmux, await _settled(tmux, pane))
            await tmux.typist.type_line(pane, shlex.join(adapter.command), may=at_a_shell)
    except BaseException as error:
        tmux.following.fail(made, str(error) or "it was called off")
        raise
    tmux.following.follow(made)
    if identity is not None:
        tie = partial(binding.tie, identity, pane.target, tmux.now, adapter.name)
        await to_thread.run_sync(tie)
    for call in tmux.when_launched:
        await call(made)
    return made


async def _settled(tmux: Tmux, pane: Pane) -> Pane:
    """Waits, for a moment, until a shell has begun: before that tmux is there, and then programs of
    its settings have the keys, and it looks like a script. The pane as it is then.

    Raises:
        ThrumError: as `Server.panes`.
    """
    with anyio.move_on_after(_SETTLES_S):
        while True:
            pane = panes.of_id(await tmux.server.panes(fresh=True), pane.id) or pane
            if not _is_beginning(pane):
                break
            await anyio.sleep(_PAUSE_S)
    return pane


def _is_beginning(pane: Pane) -> bool:
    return front.is_unborn(pane) or (front.is_shell(pane) and not front.is_waiting_shell(pane))


async def _demand_empty(tmux: Tmux, pane: Pane) -> None:
    """Refuses where something shows that a line is half typed: the command would be a part of it.

    A prompt is whatever a shell's settings say, so nothing proves that one is empty; a first one,
    and one that ends as prompts do, is remembered as such.

    Raises:
        ThrumError: ``conflict``; as `Server.ask`.
    """
    if not front.is_waiting_shell(pane):
        return  # which is refused for what it is
    found = await screen.cursor(tmux.server, pane)
    before = await screen.begun(tmux.server, pane, found)
    known, is_first = tmux.prompts.of(pane), await screen.is_first(tmux.server, pane, found)
    if against := prompt.evidence(before, found.behind, known, is_first=is_first):
        text = f"nothing is typed in {pane.target}: {against}"
        raise ThrumError("conflict", text, "end that line there, or take it out, then try again")
    if before.strip() and (is_first or not prompt.against(before, found.behind, known)):
        tmux.prompts.keep(pane, before)


async def _has_begun(made: Launch, pane: Pane) -> bool:
    """Whether what was launched has the keys now; it is waited for until it has been typed, and a
    moment for the shell to begin it."""
    await made.typed.wait()
    with anyio.move_on_after(_BEGINS_S):
        while made.state == STARTING and front.is_waiting_shell(pane):
            await anyio.sleep(_PAUSE_S)
    return made.state == STARTING and not front.is_waiting_shell(pane)


async def find(tmux: Tmux, identity: Identity | None, runtime: str) -> Adapter:
    """The runtime that is launched where that one is named, see `launch`.

    Raises:
        ThrumError: ``not_found``.
    """
    preferred = identity.preferred_runtime if identity else ""
    named = runtime or preferred or str(tmux.node.config.get("runtime.primary"))
    return await to_thread.run_sync(partial(_adapter, tmux, named))


def _is_told(adapter: Adapter) -> bool:
    """Whether a hook tells a runtime what it needs when its session begins."""
    has_hook = any(each.moment is Moment.START for each in adapter.hooks)
    return has_hook and adapter.reaches.get(Moment.START) is Reach.CONTEXT


def _prompt_s(tmux: Tmux, made: Launch) -> float | None:
    """Seconds after which a runtime is asked to prime itself, unless a hook has told it more."""
    patience = int(tmux.node.config.get(WATCHDOG_KEY))
    if patience < 0:
        return None
    return float(patience) if made.is_told else 0.0


def _adapter(tmux: Tmux, runtime: str) -> Adapter:
    """The runtime of that name, one of ours or the person's."""
    known = presets.read(Path(tmux.node.setting.environment.get("HOME", "/")))
    return known.find(runtime or known.default or USUAL)
