"""What a pane shows now, as those who read screens take it."""

from __future__ import annotations

from typing import Final

from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.server import Server
from thrum.runtimes.screens import reading
from thrum.runtimes.screens.screen import Kind, Screen

ASKS: Final = frozenset({Kind.GATE, Kind.MENU, Kind.PERMISSION})
"""Screens at which a person has to choose before the runtime goes on."""


async def read(server: Server, pane: Pane, runtime: str) -> Screen:
    """What the screen of a runtime is.

    Raises:
        ThrumError: as `Server.screen`.
    """
    return reading.read(runtime, await server.screen(pane))
