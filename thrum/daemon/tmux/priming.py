"""Has a runtime that no hook told anything ask for it itself: a line is typed, once, where it is
known that nothing but the runtime's own empty line gets it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio

from thrum.daemon.tmux import front, guard, sight
from thrum.daemon.tmux.guard import Facts
from thrum.runtimes.screens.screen import Kind

if TYPE_CHECKING:
    from thrum.daemon.tmux.panes import Pane
    from thrum.daemon.tmux.service import Tmux

WORDS: Final = "Run `thrum prime` and go on from what it prints."

_PAUSE_S: Final = 0.3
"""Between the words and the key that sends them: what comes together is taken for pasted."""


def at_a_program(facts: Facts) -> str:
    """The usual guard; and what runs in front is no shell, which would run what is typed."""
    against = guard.usual(facts)
    if against or facts.pane is None:
        return against
    is_shell = front.is_waiting_shell(facts.pane)
    return f"a shell waits in {facts.pane.target}" if is_shell else ""


async def prime(tmux: Tmux, pane: Pane, runtime: str) -> str:
    """Types the line into a pane; why it did not, if it did not.

    Raises:
        ThrumError: as `Typist.type` and `Server.ask`.
    """
    screen = await sight.read(tmux.server, pane, runtime)
    if not screen.is_safe:
        return screen.why
    await tmux.typist.type(pane, WORDS, may=at_a_program)
    await anyio.sleep(_PAUSE_S)
    screen = await sight.read(tmux.server, pane, runtime)
    if screen.kind is not Kind.TYPED:
        return f"what was typed is not sent: {screen.why}"
    await tmux.typist.type(pane, "", keys=("Enter",), may=at_a_program)
    return ""
