"""A command for an agent: said in its runtime's own line, and over when nothing moves any more.

No runtime says when a turn is over in a way that all have. So it is, once its line is empty again
and nothing was written in its window for a while; a question in between is no end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import anyio

from thrum.daemon.queue import marker, shell
from thrum.daemon.queue.command import Command
from thrum.daemon.queue.contract import Done, Ended, bounded, demand
from thrum.daemon.tmux import gate, guard, panes, screen
from thrum.daemon.tmux.ages import Ages
from thrum.daemon.tmux.guard import Facts
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.screen import Cursor
from thrum.daemon.tmux.server import Server
from thrum.daemon.tmux.typist import Typist
from thrum.errors import ThrumError
from thrum.runtimes.screens import reading
from thrum.runtimes.screens.screen import Kind

_LOOK_S: Final = 0.5
_MOST_ROWS: Final = 500
_SHOWN: Final = 200
"""Characters of a text that is shown as it is."""

_COMPLETES: Final = ("/", "@", "$", "!")
"""How texts begin below which runtimes open a list."""


@dataclass
class Runtime:
    """The runtime of one pane, for one command. On the event loop only.

    Args:
        server: where it is.
        typist: types.
        pane: its pane.
        name: which runtime it is.
        command: what is said; one that was sent before and waits again may stand in its line.
        ages: says how long ago something was written in its window.
    """

    interrupting: ClassVar = "Escape"

    server: Server
    typist: Typist
    pane: Pane
    name: str
    command: Command
    ages: Ages
    _begun: Cursor | None = None
    _typed: float = 0.0

    async def against(self) -> str:
        """See `Taker`."""
        facts = await self.typist.look(self.pane, sees=True)
        stands = bool(self.command.sent_at) and self._is_in_line(facts)
        against = guard.usual(facts) if stands else gate.free(self.name)(facts)
        return f"{self.name}: {against}" if against else ""

    async def is_typed(self) -> bool:
        """See `Taker`."""
        return self._is_in_line(await self.typist.look(self.pane, sees=True))

    async def type(self, text: str) -> None:
        """See `Taker`."""
        self._begun = await screen.cursor(self.server, self.pane)
        self._typed = self.ages.monotonic()
        stands, may = self._stands_against, gate.free(self.name)
        if not await self.typist.say(self.pane, text, may=may, stands=stands):
            text = f"it may stand in the line of {self.pane.target}, and was not ended there"
            raise ThrumError("program", text)
        self._typed = self.ages.monotonic()

    async def begun(self) -> None:
        """See `Taker`; here nothing is lost."""

    async def end(self) -> Done:
        """See `Taker`."""
        while True:
            done = await self._done()
            # Looked at last: another program in its place would be as quiet.
            await demand(self.server, self.pane)
            if shell.is_there(self.pane):
                raise Ended
            if done is not None:
                return done
            await anyio.sleep(_LOOK_S)

    async def output(self) -> str:
        """See `Taker`."""
        if self._begun is None:
            return ""
        now = await screen.cursor(self.server, self.pane)
        begin = min(max(self._begun.row - now.history, -_MOST_ROWS), 0)
        rows = await screen.rows(self.server, self.pane, begin)
        return bounded(marker.output(rows, rows, self.command.text, None, "", ""))

    def _is_in_line(self, facts: Facts) -> bool:
        """Whether the command is seen to stand in the line, and nothing else."""
        if facts.shown is None:
            return False
        found = reading.read(self.name, facts.shown)
        return found.kind is Kind.TYPED and _bare(found.line) == _bare(self.command.text)

    def _stands_against(self, facts: Facts) -> str:
        """Why the line may not be ended: not all of the text stands there, or more does."""
        against, text = guard.usual(facts), self.command.text
        if against or facts.shown is None:
            return against or "nobody has looked"
        found = reading.read(self.name, facts.shown)
        if found.kind is Kind.TYPED:
            # What is long is shown as a paste by some, and by none as it is.
            is_whole = len(text) > _SHOWN or self._is_in_line(facts)
            return "" if is_whole else "something else stands in the line"
        is_list = found.kind in {Kind.MENU, Kind.UNKNOWN}
        return "" if is_list and text.lstrip().startswith(_COMPLETES) else found.why

    async def _done(self) -> Done | None:
        """How it ended, if nothing moves there any more."""
        is_over = await self._is_quiet() and not await self._on_screen()
        return Done(await self.output(), None) if is_over else None

    async def _is_quiet(self) -> bool:
        """Whether nothing was written in its window for a while, since the command was typed."""
        there = await self.server.panes(fresh=True)
        pane = panes.of_id(there, self.pane.id)
        if pane is None:
            return False
        written_s = self.ages.of(pane.id, pane.active_s)
        return min(written_s, self.ages.monotonic() - self._typed) >= self.command.silence_ms / 1000

    async def _on_screen(self) -> str:
        found = reading.read(self.name, await self.server.screen(self.pane))
        return "" if found.is_safe else found.why


def _bare(text: str) -> str:
    """A text without blanks, since a terminal breaks lines where it likes."""
    return "".join(text.split())
