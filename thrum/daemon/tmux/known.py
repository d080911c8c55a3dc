"""The prompts of shells that are known to have been empty, by pane."""

from __future__ import annotations

from typing import Final

from thrum.daemon.tmux.panes import Pane

MOST: Final = 64


class KnownPrompts:
    """What stood left of the cursor when nothing was typed there. On the event loop only."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], str] = {}

    def of(self, pane: Pane) -> str:
        """The prompt of the program that a pane began with; empty if none is known."""
        return self._known.get((pane.id, pane.pid), "")

    def keep(self, pane: Pane, prompt: str) -> None:
        """Remembers the prompt that was seen last."""
        self._known[pane.id, pane.pid] = prompt
        if len(self._known) > MOST:
            del self._known[next(iter(self._known))]
