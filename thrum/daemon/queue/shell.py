"""A command in a shell: typed at its prompt, and over when that comes back and says so.

Once the shell waits for a command again (see `front`), has read all of this one, and shows a prompt
at which nothing is typed, the marker is typed (see `marker`). So a command may read what it likes,
run for hours, end in another folder or leave jobs behind; the marker never reaches it.
"""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from typing import ClassVar, Final

import anyio

from thrum.daemon.queue import front as fronts
from thrum.daemon.queue import marker as markers
from thrum.daemon.queue.contract import Done, bounded, demand
from thrum.daemon.queue.marker import Marker
from thrum.daemon.queue.pauses import Pauses
from thrum.daemon.tmux import guard, prompt, screen
from thrum.daemon.tmux.guard import Facts
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.screen import Cursor
from thrum.daemon.tmux.server import Server
from thrum.daemon.tmux.typist import Typist
from thrum.errors import ThrumError

MOST_LINES: Final = 500
"""Lines of an output that are kept, from its end."""

_SHORTEST_S: Final = 0.005
_LONGEST_S: Final = 0.25
_BEGINS_S: Final = 1.0
_LOST_S: Final = 2.0
"""Seconds for which a shell that has read the marker waits again before that is held for lost."""

_STILL_S: Final = 0.01
"""A shell that waits for a command still does a moment later."""


def is_there(pane: Pane) -> bool:
    """Whether a shell is in front in the pane."""
    found = fronts.look(pane)
    return found is not None and found.name in markers.STATUS


@dataclass
class Shell:
    """The shell of one pane, for one command. On the event loop only.

    Args:
        server: where it is.
        typist: types.
        pane: its pane.
        known: its prompt when it was empty the last time; empty if that is not known.
    """

    interrupting: ClassVar = "C-c"

    server: Server
    typist: Typist
    pane: Pane
    known: str = ""
    _text: str = ""
    _begun: Cursor | None = None
    _pid: int = 0
    _due: int = -1
    _mark: Marker | None = None
    _is_same: bool = True

    async def against(self) -> str:
        """Why nothing may be typed there now; empty if something may.

        Raises:
            ThrumError: as `Server.ask`.
        """
        at_prompt = self._at_prompt(await self.typist.look(self.pane))
        return at_prompt or await self._on_screen() or await self._half_typed()

    async def _half_typed(self) -> str:
        """What shows that a line is half typed that ends as prompts do.

        Only before a command: behind it, what it wrote may stand left of the prompt.
        """
        found = await screen.cursor(self.server, self.pane)
        before = await screen.begun(self.server, self.pane, found)
        return prompt.evidence(before, found.behind, self.known)

    async def is_typed(self) -> bool:
        """See `Taker`; what a shell is told is typed and ended at once."""
        return False

    async def type(self, text: str) -> None:
        """Types a command, where `against` has found nothing just now.

        Raises:
            ThrumError: ``conflict``, it may not be typed after all, and nothing was; as
                `Typist.type_line`.
        """
        self._begun = await screen.cursor(self.server, self.pane)
        seen = fronts.look(self.pane)
        self._text = text
        if seen is not None:
            self._pid = seen.pid
            self._due = seen.read + len(text.encode()) + 1 if seen.read >= 0 else -1
        await self.typist.type_line(self.pane, text, may=self._at_prompt)

    async def begun(self) -> None:
        """See `Taker`.

        A program that a shell has only just made is not in front yet, or still deaf as its shell.
        """
        with anyio.move_on_after(_BEGINS_S):
            while self._pid and not self._has_begun():
                await anyio.sleep(_SHORTEST_S)

    async def end(self) -> Done:
        """How the command ended, once it has.

        Raises:
            Ended: the pane is gone, or what ran there has ended.
            ThrumError: as `Server.ask`.
        """
        pauses = Pauses(_SHORTEST_S, _LONGEST_S)
        while not (await self._is_back() and await self._ask_for_status()):
            await pauses.pause()
            await demand(self.server, self.pane)
        status = await self._said()
        return Done(await self.output(), status)

    async def output(self) -> str:
        """What the command said so far, from its end if it is much.

        Raises:
            ThrumError: as `Server.ask`.
        """
        if self._begun is None:
            return ""
        now = await screen.cursor(self.server, self.pane)
        begin = max(self._begun.row - now.history, -MOST_LINES)
        since = await screen.rows(self.server, self.pane, begin)
        shown = await screen.rows(self.server, self.pane, -MOST_LINES)
        before = self._begun.before
        after = before if self._is_same else ""
        return bounded(markers.output(since, shown, self._text, self._mark, before, after))

    async def _is_back(self) -> bool:
        """Whether the shell is at an empty prompt again, after it has read the command."""
        seen = fronts.look(self.pane)
        if seen is None or not self._waits(seen):
            return False
        await anyio.sleep(_STILL_S)
        if fronts.look(self.pane) != seen:
            return False
        return not await self._on_screen()

    def _has_begun(self) -> bool:
        seen = fronts.look(self.pane)
        if seen is None or seen.pid == self._pid:
            return seen is None or self._waits(seen)
        return seen.name not in markers.STATUS

    def _waits(self, seen: fronts.Front) -> bool:
        has_read = seen.pid != self._pid or self._due < 0 or seen.read >= self._due
        return seen.name in markers.STATUS and has_read and fronts.waits_for_command(seen)

    async def _ask_for_status(self) -> bool:
        """Has the shell say how the command ended; whether that could be typed."""
        seen = fronts.look(self.pane)
        if seen is None or seen.name not in markers.STATUS:
            return False
        self._mark = markers.marker(seen.name, secrets.token_hex(8))
        self._is_same = seen.pid == self._pid
        self.known = (await screen.cursor(self.server, self.pane)).before
        try:
            await self.typist.type_line(self.pane, self._mark.line, may=self._at_prompt)
        except ThrumError as error:
            if error.kind != "conflict":
                raise
            self._mark = None
        if self._mark is not None:
            self._pid = seen.pid
            self._due = seen.read + len(self._mark.line) + 1 if seen.read >= 0 else -1
        return self._mark is not None

    async def _said(self) -> int | None:
        """The exit status, once it is said; None where its word is lost: a prompt that clears the
        screen has wiped it out, or nothing could print it."""
        pauses = Pauses(_SHORTEST_S, _LONGEST_S)
        back = math.inf
        while (status := await self._status()) is None:
            now, seen = anyio.current_time(), fronts.look(self.pane)
            is_back = self._due >= 0 and seen is not None and self._waits(seen)
            back = min(back, now) if is_back else math.inf
            if now - back >= _LOST_S:
                break
            await pauses.pause()
            await demand(self.server, self.pane)
        return status

    async def _status(self) -> int | None:
        """The exit status, once it is said."""
        shown = await self.server.capture(self.pane, MOST_LINES)
        return markers.status(shown, self._mark.word) if self._mark else None

    def _at_prompt(self, facts: Facts) -> str:
        against = guard.usual(facts)
        if against or facts.pane is None:
            return against
        seen = fronts.look(facts.pane)
        if seen is None or seen.name not in markers.STATUS:
            return f"{facts.pane.command} runs in {facts.pane.target}"
        return "" if fronts.waits_for_command(seen) else "its shell is at work"

    async def _on_screen(self) -> str:
        """What the line under the cursor has against it."""
        found = await screen.cursor(self.server, self.pane)
        if self._begun is not None and self._due < 0 and found == self._begun:
            return "nothing has been read yet"
        known = self._begun.before if self._begun is not None else self.known
        before = found.before
        if before != known:
            before = await screen.begun(self.server, self.pane, found)
        return prompt.against(before, found.behind, known)
