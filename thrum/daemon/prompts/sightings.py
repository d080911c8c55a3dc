"""What follows from dialogs that are seen on panes: questions begin by them, go on and end.

A runtime whose hook asks has no dialog that anybody else need see, as long as that hook waits. Nor
has one at whose terminal a person sits; that is looked at again when nobody pressed a key for a
while.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from thrum.clock import format_ns, parse
from thrum.daemon.prompts import attendance, dialogs, stuck, times, wording
from thrum.daemon.prompts.dialogs import Dialogs
from thrum.daemon.prompts.prompt import Prompt
from thrum.daemon.tmux import target
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thrum.daemon.notices import PaneQuiet
    from thrum.daemon.prompts.service import Prompts
    from thrum.daemon.tmux.panes import Pane
    from thrum.runtimes.screens.screen import Prompt as Dialog

SOON_S: Final = 5.0
"""Seconds from a hook that hung up, or from keys that could not be typed, to a look at the pane."""

ROOM_S: Final = 60.0
"""Seconds after which a dialog is looked at again for which there was no room."""

RECENT_NS: Final = 360 * 1_000_000_000
"""For so long after a hook asked its dialog may come: longer than any hook waits."""


logger = logging.getLogger("thrum.prompts")


class Sightings:
    """Begins and ends questions by what panes show. On the event loop only.

    Args:
        prompts: whose questions.
    """

    def __init__(self, prompts: Prompts) -> None:
        self._prompts = prompts
        self.dialogs = Dialogs(prompts.node)
        self._quiet: dict[str, PaneQuiet] = {}
        self._again: dict[str, float] = {}
        self._asked: dict[str, Prompt] = {}

    def noted(self, quiet: PaneQuiet) -> None:
        """Takes in what a pane shows; `act` does what follows."""
        self._quiet[quiet.agent] = quiet

    def fell_through(self, prompt: Prompt, now: float) -> None:
        """Notes that a hook has hung up without an answer, so that its dialog may come."""
        self._asked[prompt.agent_id] = prompt
        self.look_again(prompt.agent_id, now + SOON_S)

    def look_again(self, agent_id: str, moment: float) -> None:
        """Has an agent's pane be looked at by that moment, by the clock that only goes forward."""
        self._again[agent_id] = min(moment, self._again.get(agent_id, moment))

    @property
    def next(self) -> float:
        """When something is to be looked at; infinite if nothing is."""
        return min(self._again.values(), default=float("inf"))

    async def act(self, now: float) -> None:
        """Does what follows from what was seen, and looks at what is to be looked at again."""
        while self._quiet:
            agent_id, quiet = self._quiet.popitem()
            await self._tried(agent_id, now, quiet)
        for agent_id in [each for each, due in self._again.items() if due <= now]:
            self._again.pop(agent_id, None)
            await self._tried(agent_id, now)

    async def _tried(self, agent_id: str, now: float, quiet: PaneQuiet | None = None) -> None:
        """Sees what a pane shows or showed; later once more if that fails though tmux is there."""
        from thrum.daemon.tmux.server import Unanswered

        try:
            if quiet is None:
                found = await self.dialogs.look(agent_id)
                quiet = found[1] if found else None
            if quiet is not None:
                await self.see(quiet)
        except ThrumError as error:
            logger.info("what the pane of %s shows is not acted upon: %s", agent_id, error)
            if error.kind != "program" or isinstance(error, Unanswered):
                self.look_again(agent_id, now + SOON_S)

    async def see(self, quiet: PaneQuiet) -> None:
        """Does what follows from what a pane shows.

        Raises:
            ThrumError: as `Book.keep` and `Store.transact`.
        """
        book, asks = self._prompts.book, quiet.screen.prompt
        known = book.of_pane(quiet.session)
        if asks is not None and any(dialogs.is_same(each, quiet) for each in known):
            return
        if asks is None and not quiet.rows:
            return  # nothing is drawn yet
        for each in known:
            book.drop(each.message_id)
        if asks is None:
            self._asked.pop(quiet.agent, None)
            if known:
                await stuck.clear(self._prompts.node, quiet.agent)
        elif not self._prompts.is_held(quiet.agent):
            await self._ask(quiet, asks)

    async def _ask(self, quiet: PaneQuiet, asks: Dialog) -> None:
        node = self._prompts.node
        if await attendance.is_attended(node, quiet.agent) is not False:
            now = node.setting.clock.monotonic()
            self.look_again(quiet.agent, now + attendance.ATTENDED_S)
            return
        found = await self.dialogs.look(quiet.agent)
        if found is None or found[1].screen.prompt != asks:
            return  # it was answered since, or whatever is there by now is looked at in its turn
        if not self._prompts.has_room(quiet.agent):
            self.look_again(quiet.agent, node.setting.clock.monotonic() + ROOM_S)
            return
        before = self._asked.pop(quiet.agent, None)
        prompt = await self._begun(quiet, asks, found[0], before)
        await self._prompts.book.keep(prompt)
        if not prompt.recipients:
            await stuck.mark(node, quiet.agent)
        elif before is None or prompt.message_id != before.message_id:
            await self._tell(prompt, quiet)

    async def _tell(self, prompt: Prompt, quiet: PaneQuiet) -> None:
        """Tells supervisors of a question, which is none as long as they were not told."""
        try:
            await self._prompts.say(prompt, wording.text(prompt, quiet.rows), prompt.message_id)
        except BaseException:
            self._prompts.book.drop(prompt.message_id)
            raise

    async def _begun(
        self, quiet: PaneQuiet, asks: Dialog, pane: Pane, before: Prompt | None
    ) -> Prompt:
        """A question of a dialog; the one of which a hook had asked just now, if there is one."""
        node = self._prompts.node
        now = node.now_ns()
        shown = Prompt(
            message_id="",
            agent_id=quiet.agent,
            runtime=quiet.runtime,
            session=quiet.session,
            pattern=asks.pattern,
            target=pane.target,
            approve_key=dialogs.COMMA.join(asks.approve),
            deny_key=dialogs.COMMA.join(asks.deny) if asks.deny else None,
            pane_hash=dialogs.fingerprint(asks.window),
            details=wording.escaped(" ".join(each.strip() for each in quiet.rows[-wording.ROWS :])),
            first_detected=format_ns(now),
            last_nudge_at=format_ns(now),
            expires_at=format_ns(now + times.EXPIRES_NS),
        )
        if before is not None and before.runtime == quiet.runtime and _is_recent(before, now):
            same = {name: getattr(before, name) for name in ("message_id", "recipients", "tool")}
            return replace(shown, **same, details=before.details)
        to: Sequence[str] = await self._prompts.supervisors(quiet.agent)
        stamp = datetime.fromtimestamp(now / 1e9, UTC).strftime("%Y%m%dT%H%M%S")
        orphan = f"perm_orphan_{target.parse(pane.target).session}_{stamp}"
        made = node.ids.make("msg") if to else orphan
        return replace(shown, message_id=made, recipients=tuple(to))


def _is_recent(prompt: Prompt, now_ns: int) -> bool:
    return now_ns - parse(prompt.first_detected) < RECENT_NS
