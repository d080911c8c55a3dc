"""Recorded screens: ``fixtures/panes/RUNTIME/VERSION/NAME.txt``.

The first row says where the cursor is, and the others are the screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thrum.runtimes.screens.shown import Cursor, Shown

PANES: Final = Path(__file__).parents[1] / "fixtures" / "panes"


@dataclass(frozen=True)
class Pane:
    """One of them.

    Attributes:
        runtime: whose.
        version: of the runtime.
        name: what it shows: ``idle-first``.
        shown: the screen.
    """

    runtime: str
    version: str
    name: str
    shown: Shown

    @property
    def path(self) -> Path:
        """Where it lies."""
        return PANES / self.runtime / self.version / f"{self.name}.txt"

    @property
    def id(self) -> str:
        """How tests call it."""
        return f"{self.runtime}-{self.version}-{self.name}"

    def write(self) -> None:
        """Writes it."""
        cursor = self.shown.cursor or Cursor(-1, -1)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(f"cursor {cursor.row} {cursor.column}\n{self.shown.text}\n")


def every() -> list[Pane]:
    """All of them, in their order."""
    return [_pane(path) for path in sorted(PANES.glob("*/*/*.txt"))]


def _pane(path: Path) -> Pane:
    first, _, text = path.read_text().partition("\n")
    row, column = map(int, first.removeprefix("cursor ").split())
    runtime, version = path.parts[-3:-1]
    return Pane(runtime, version, path.stem, Shown.of(text, Cursor(row, column)))


def named(runtime: str, name: str) -> Pane:
    """The one of that name of a runtime's newest version."""
    return [each for each in every() if (each.runtime, each.name) == (runtime, name)][-1]


def drawn(pane: Pane) -> str:
    """What a program prints to have a terminal show it."""
    rows = "\r\n".join(pane.shown.rows)
    cursor = pane.shown.cursor or Cursor(0, 0)
    return f"\x1b[2J\x1b[H{rows}\x1b[{cursor.row + 1};{cursor.column + 1}H"
