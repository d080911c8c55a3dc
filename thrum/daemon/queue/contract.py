"""What can be in front in a pane, as far as commands are given to it."""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from thrum.daemon.queue import front as fronts
from thrum.daemon.tmux import panes
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.server import Server
from thrum.identity import process

MOST_BYTES: Final = 64 << 10
"""What is kept of an output, from its end."""


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

    @property
    def interrupting(self) -> str:
        """The key that interrupts a command."""
        ...

    async def against(self) -> str:
        """Why nothing may be typed there now; empty if something may.

        Raises:
            ThrumError: tmux does not answer.
        """
        ...

    async def is_typed(self) -> bool:
        """Whether the command stands there, whole and not ended, for whoever began to say it was
        killed meanwhile.

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

    async def begun(self) -> None:
        """Waits a moment until the command runs, so that what interrupts it is not lost."""
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


async def demand(server: Server, pane: Pane) -> None:
    """Looks whether what ran in a pane still does.

    Raises:
        Ended: it does not.
    """
    if process.look(pane.pid) is None:
        raise Ended
    if fronts.look(pane) is not None:
        return
    if panes.of_id(await server.panes(fresh=True), pane.id) is None:
        raise Ended


def bounded(output: str) -> str:
    """The end of an output that is too long, from a line's beginning."""
    data = output.encode()
    if len(data) <= MOST_BYTES:
        return output
    end = data[-MOST_BYTES:].decode(errors="ignore")
    return end.partition("\n")[2] or end
