"""The questions that wait, in memory and on disk.

A row is the right to answer. What goes from memory counts no more from that moment on; its row goes
with the next `tidy`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from thrum.daemon.prompts import kept
from thrum.daemon.prompts.prompt import Prompt
from thrum.daemon.state import Tables


class Book:
    """Has the questions. On the event loop only.

    Args:
        tables: where they are kept.
        changed: called when there are others than before.
    """

    def __init__(self, tables: Callable[[], Tables], changed: Callable[[], None]) -> None:
        self._tables: Final = tables
        self._changed: Final = changed
        self._gone: set[str] = set()
        self.prompts: dict[str, Prompt] = {}

    async def load(self) -> None:
        """Takes in what a daemon before this one kept, but for what its hooks waited for: they have
        hung up with it.

        Raises:
            ThrumError: as `Tables.ask`.
        """
        self.prompts = await self._tables().ask(kept.load) | self.prompts
        for each in [*self.prompts.values()]:
            if not each.target:
                self.drop(each.message_id)
        self._changed()

    async def keep(self, prompt: Prompt) -> None:
        """Keeps a question, in place of what was kept of it.

        Raises:
            ThrumError: as `Tables.write`.
        """
        await self._tables().write(lambda db: kept.keep(db, prompt))
        self.prompts[prompt.message_id] = prompt
        self._changed()

    async def remind(self, prompt: Prompt) -> bool:
        """Keeps how often was told of a question, unless it was answered or taken away meanwhile;
        whether it is one still.

        Raises:
            ThrumError: as `Tables.write`.
        """
        is_kept = await self._tables().write(lambda db: kept.remind(db, prompt))
        if not is_kept or prompt.message_id not in self.prompts:
            return False
        self.prompts[prompt.message_id] = prompt
        self._changed()
        return True

    async def claim(self, message_id: str, now: str) -> Prompt | None:
        """Takes a question for good, as `kept.claim`; None if nobody waits for its answer.

        Raises:
            ThrumError: as `Tables.write`.
        """
        if message_id not in self.prompts:
            return None
        claimed = await self._tables().write(lambda db: kept.claim(db, message_id, now))
        is_known = self.prompts.pop(message_id, None) is not None
        self._changed()
        return claimed if is_known else None

    def drop(self, message_id: str) -> None:
        """Takes a question away that is none any more."""
        if self.prompts.pop(message_id, None) is not None:
            self._changed()
        self._gone.add(message_id)

    async def tidy(self) -> None:
        """Deletes the rows of what was taken away.

        Raises:
            ThrumError: as `Tables.write`.
        """
        gone, self._gone = self._gone - self.prompts.keys(), set()
        if gone:
            await self._tables().write(lambda db: kept.forget(db, gone))

    def of_pane(self, session: str) -> list[Prompt]:
        """The questions that a session of tmux shows."""
        return [each for each in self.prompts.values() if each.target.partition(":")[0] == session]
