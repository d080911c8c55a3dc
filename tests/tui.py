"""A program under tmux that looks like an agent runtime: see ``fixtures/tui/tui.py``."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.tmux import Tmux

PROGRAM: Final = Path(__file__).parents[1] / "fixtures" / "tui" / "tui.py"


@dataclass(frozen=True)
class Tui:
    """One of them.

    Attributes:
        tmux: where.
        pane: in which pane.
        folder: where its files lie.
        look: whose look it has.
    """

    tmux: Tmux
    pane: str
    folder: Path
    look: str = "claude"

    def begin(self) -> None:
        """Begins it in the place of whatever runs in the pane."""
        self.folder.mkdir(exist_ok=True)
        orders = self.folder / "orders"
        if not orders.exists():
            os.mkfifo(orders)
        files = f"{self.look} {self.folder / 'keys'} {orders}"
        self.tmux.do(
            "respawn-pane", "-k", "-t", self.pane, f"exec {sys.executable} {PROGRAM} {files}"
        )

    def order(self, *orders: str) -> None:
        """Has it do things."""
        with (self.folder / "orders").open("w") as pipe:
            pipe.write(" ".join(orders) + "\n")

    @property
    def noted(self) -> list[tuple[str, str]]:
        """What it was given, in which mode; what was said in ``said``."""
        file = self.folder / "keys"
        lines = file.read_text().splitlines() if file.exists() else []
        return [(mode, text) for mode, text in map(json.loads, lines)]

    @property
    def said(self) -> list[str]:
        """The lines that were ended."""
        return [text for mode, text in self.noted if mode == "said"]

    @property
    def elsewhere(self) -> list[tuple[str, str]]:
        """What it was given where nobody should have."""
        return [each for each in self.noted if each[0] not in {"said", "idle"}]

    def shows(self, text: str) -> bool:
        """Whether that stands there."""
        return text in self.tmux.do("capture-pane", "-p", "-t", self.pane)
