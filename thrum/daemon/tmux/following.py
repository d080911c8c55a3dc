"""Follows launches until it is known how they went.

A runtime whose hook is heard is up, and was told what it needs if that hook tells anything. One
that says nothing of itself is up when nothing is written any more. Who was told nothing is asked to
prime itself, see `priming`. All launches are looked at by one question to tmux, twice in a second,
and nothing is asked while there are none.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import anyio

from thrum.daemon.delivery.service import Delivery
from thrum.daemon.tmux import front, launch, panes
from thrum.daemon.tmux.launch import FAILED, READY, STARTING, Launch, Seen
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.daemon.tmux.panes import Pane
    from thrum.daemon.tmux.service import Tmux

LOOK_S: Final = 0.5
MOST: Final = 1_000
"""Launches that are kept in mind; of more, the latest."""

_LINES: Final = 5

logger = logging.getLogger("thrum.tmux")


class Following:
    """The launches that this daemon made, the latest of each session. On the event loop only.

    Args:
        tmux: whose.
    """

    def __init__(self, tmux: Tmux) -> None:
        self._tmux = tmux
        self._launches: dict[str, Launch] = {}
        self._making: dict[str, Launch] = {}
        self._stirred = anyio.Event()

    def begin(self, pane: Pane, runtime: str, agent: str) -> Launch:
        """A launch that is about to be made; it is followed once it is made, see `follow`, or given
        up, see `fail`.

        Args:
            pane: where.
            runtime: its name.
            agent: who lives there; empty if nobody does.
        """
        node = self._tmux.node
        now, now_ns = node.setting.clock.monotonic(), node.now_ns()
        made = Launch(pane.session, pane.id, runtime, agent, now, now_ns)
        self._making[pane.id] = made
        return made

    def starting(self, pane: Pane) -> Launch | None:
        """The launch that goes on in a pane, from before its command is typed until it is known how
        it went; None if there is none."""
        found = self._making.get(pane.id) or self._launches.get(pane.session)
        goes_on = found is not None and found.pane_id == pane.id and found.state == STARTING
        return found if goes_on else None

    def fail(self, made: Launch, reason: str) -> None:
        """Gives up a launch that could not be made; whoever waits for it hears why."""
        del self._making[made.pane_id]
        made.typed.set()
        made.turns(FAILED, reason)

    def follow(self, made: Launch) -> None:
        """Follows a launch; what was launched before in its session is over."""
        del self._making[made.pane_id]
        made.typed.set()
        self.forget(made.session)
        self._launches[made.session] = made
        while len(self._launches) > MOST:
            self.forget(next(iter(self._launches)))
        self._stirred.set()

    def forget(self, session: str) -> None:
        """Follows what was launched in a session no more."""
        found = self._launches.pop(session, None)
        if found is not None and found.state == STARTING:
            found.turns(FAILED, "the session was ended, or launched in anew")

    def of(self, session: str) -> Launch | None:
        """What was launched last in a session, by this daemon; one that is heard late is up."""
        found = self._launches.get(session)
        if found is not None and found.state == FAILED and self._is_heard(found):
            found.turns(READY)
        return found

    async def run(self) -> None:
        """Looks as long as there is anything to look at."""
        while True:
            self._stirred = anyio.Event()
            while self._open():
                await self.look()
                await self._tmux.node.setting.clock.wait(anyio.Event(), LOOK_S)
            await self._stirred.wait()

    async def look(self) -> None:
        """Looks at every launch of which it is not known how it went."""
        try:
            there = await self._tmux.server.panes(fresh=True)
        except ThrumError as error:
            logger.info("launches are not seen: %s", error)
            self._give_up(str(error))
            return
        for each in self._open():
            await self._look_at(each, panes.of_id(there, each.pane_id))

    def _give_up(self, why: str) -> None:
        """Waits no longer for launches that are not seen for as long as one may take.

        A tmux that is busy for a moment says nothing of them.
        """
        now = self._tmux.node.setting.clock.monotonic()
        for each in self._open():
            if each.state == STARTING and now - each.began >= launch.LONGEST_S:
                each.turns(FAILED, why)

    def _open(self) -> list[Launch]:
        """Those that are starting, those that failed and may yet come up, and those that nobody has
        told anything."""
        now = self._tmux.node.setting.clock.monotonic()
        return [
            each
            for each in self._launches.values()
            if each.state == STARTING
            or (self._may_turn(each) and now - each.began < self._longest_s(each))
        ]

    def _may_turn(self, found: Launch) -> bool:
        """Whether there is more to see or to do once it is known how it went."""
        return found.state == FAILED or (found.prompt_s is not None and not self._is_told(found))

    def _longest_s(self, found: Launch) -> float:
        return launch.STANDS_S if found.is_typed else launch.LONGEST_S

    async def _look_at(self, found: Launch, pane: Pane | None) -> None:
        seen = self._seen(found, pane)
        found.ran = found.ran or (pane is not None and not seen.is_shell)
        state, reason = launch.judge(found, seen)
        if state == FAILED and pane is not None and found.state != FAILED:
            said = await self._last_words(pane)
            reason += f": {said}" if said else ""
        elif state == FAILED:
            reason = found.reason or reason
        elif state == READY and pane is not None and not self._is_told(found):
            state, reason = await self._look_closer(found, pane, seen.age_s)
        if (found.state, state) != (READY, STARTING):  # it is up, whatever it writes afterwards
            found.turns(state, reason)

    async def _look_closer(self, found: Launch, pane: Pane, age_s: float) -> tuple[str, str]:
        """How it stands with a runtime that is up and that no hook has told what it needs."""
        # Imported here: what reads screens is large, and most runtimes are heard.
        from thrum.daemon.tmux import priming, sight
        from thrum.runtimes.screens import table
        from thrum.runtimes.screens.screen import Kind

        try:
            screen = await sight.read(self._tmux.server, pane, found.runtime)
            if screen.kind in sight.ASKS:
                return FAILED, screen.why
            is_drawn = screen.kind is not Kind.UNKNOWN or not table.is_known(found.runtime)
            if not is_drawn and age_s < launch.LONGEST_S and found.state != FAILED:
                return STARTING, found.reason
            if found.prompt_s is None or age_s < found.prompt_s:
                return READY, found.reason
            is_asked = await priming.prime(self._tmux, pane, found.runtime)
        except ThrumError as error:
            return READY, f"it is not asked to run `thrum prime`: {error.message}"
        found.is_typed = not is_asked
        if not is_asked:
            return READY, "it is asked to run `thrum prime`, but that is not sent yet"
        found.prompt_s = None
        why = "no hook of it was heard" if found.is_told else "no hook tells it anything"
        return READY, f"it was asked to run `thrum prime`, for {why}"

    def _seen(self, found: Launch, pane: Pane | None) -> Seen:
        node = self._tmux.node
        quiet = self._tmux.ages.of(pane.id, pane.active_s) if pane else 0.0
        age = node.setting.clock.monotonic() - found.began
        is_shell = pane is not None and front.is_waiting_shell(pane)
        return Seen(pane, is_shell, self._is_heard(found), quiet, age)

    def _is_heard(self, found: Launch) -> bool:
        sittings = self._tmux.node.service(Delivery).sittings(found.agent)
        return any(each.heard_ns >= found.began_ns for each in sittings)

    def _is_told(self, found: Launch) -> bool:
        """Whether a hook has told it what it needs."""
        return found.is_told and self._is_heard(found)

    async def _last_words(self, pane: Pane) -> str:
        try:
            return launch.last_words(await self._tmux.server.capture(pane, _LINES))
        except ThrumError:
            return ""  # it ended just now
