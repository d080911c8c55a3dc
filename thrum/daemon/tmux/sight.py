"""What a pane shows now, as those who read screens take it."""

from __future__ import annotations

from typing import Final

from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.server import Server
from thrum.runtimes.screens import reading
from thrum.runtimes.screens.screen import Kind, Screen
from thrum.runtimes.screens.shown import Cursor, Shown

ASKS: Final = frozenset({Kind.GATE, Kind.MENU, Kind.PERMISSION})
"""Screens at which a person has to choose before the runtime goes on."""


async def shown(server: Server, pane: Pane) -> Shown:
    """What stands in a pane, row by row as it is shown, and where the cursor is.

    Raises:
        ThrumError: as `Server.ask`.
    """
    where = await server.ask(("display-message", "-p", "-t", pane.id, "#{cursor_y} #{cursor_x}"))
    row, _, column = where.partition(" ")
    cursor = Cursor(int(row), int(column)) if row.isdigit() and column.isdigit() else None
    return Shown.of(await server.ask(("capture-pane", "-p", "-t", pane.id)), cursor)


async def read(server: Server, pane: Pane, runtime: str) -> Screen:
    """What the screen of a runtime is.

    Raises:
        ThrumError: as `Server.ask`.
    """
    return reading.read(runtime, await shown(server, pane))
