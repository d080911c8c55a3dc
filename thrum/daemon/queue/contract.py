"""What can be in front in a pane, as far as commands are given to it."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Ended(Exception):
    """The pane is gone, or what ran there has ended."""


class Done(NamedTuple):
    """How a command ended.

    Attributes:
        output: what it said.
        exit_status: None where nobody says one.
    """

    output: str
    exit_status: int | None


class Taker(Protocol):
    """Whatever takes one command, such as a shell or an agent's runtime."""

    async def against(self) -> str:
        """Why nothing may be typed there now; empty if something may.

        Raises:
            ThrumError: tmux does not answer.
        """
        ...

    async def type(self, text: str) -> None:
        """Types a command, where `against` has found nothing just now.

        Raises:
            ThrumError: ``conflict``, it may not be typed after all, and nothing was; tmux does not
                answer, and it may have been.
        """
        ...

    async def end(self) -> Done:
        """How the command ended, once it has.

        Raises:
            Ended: the pane is gone, or what ran there has ended.
            ThrumError: tmux does not answer.
        """
        ...

    async def output(self) -> str:
        """What the command said so far.

        Raises:
            ThrumError: tmux does not answer.
        """
        ...
