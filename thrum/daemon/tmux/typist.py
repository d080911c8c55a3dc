"""Types into panes: the only one who does, and only where a guard has nothing against it."""

from __future__ import annotations

from typing import Final

from thrum.clock import NowNs
from thrum.daemon.tmux import guard, words
from thrum.daemon.tmux.guard import Facts, Guard
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.server import Server
from thrum.errors import ThrumError

_SECOND_NS: Final = 1_000_000_000
_PIECE: Final = 512
"""Characters that are typed at once."""

_REFUSED: Final = "thrum-refused"


class Typist:
    """Types text and keys. On the event loop only.

    Args:
        server: where.
        now_ns: the clock; tmux's times are compared with it.
    """

    def __init__(self, server: Server, now_ns: NowNs) -> None:
        self._server = server
        self._now_ns = now_ns

    async def look(self, pane: Pane) -> Facts:
        """What is known of a pane now."""
        found = await self._server.panes(fresh=True)
        said = await self._server.ask(guard.QUESTION)
        now = next((each for each in found if each.id == pane.id), None)
        return Facts(
            now,
            guard.clients(said.split("\n")),
            self._server.thrum_dir,
            self._now_ns() / _SECOND_NS,
        )

    async def type(
        self, pane: Pane, text: str, *, keys: tuple[str, ...] = (), may: Guard = guard.usual
    ) -> None:
        """Types a text as it is, then keys by their names (``Enter``).

        The guard is asked before, and what it looks at first once more by tmux itself with each
        piece, so that nobody comes in between.

        Args:
            pane: where.
            text: what; it holds no keys, such as the end of a line.
            keys: what follows.
            may: says what is against it.

        Raises:
            ThrumError: ``conflict``, it may not be typed now, and nothing more of it was;
                ``invalid_params``, the text holds keys; as `Server.run`.
        """
        await self._demand(pane, text, may)
        pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
        for piece in pieces:
            await self._press(pane, ("-l", "--", piece))
        for key in keys:
            await self._press(pane, ("--", key))

    async def type_line(self, pane: Pane, text: str, *, may: Guard = guard.usual) -> None:
        """Types a text with the key that ends a line, in one turn of tmux: whoever is killed
        meanwhile has typed all of it or nothing.

        Raises:
            ThrumError: as `type`; after ``conflict`` nothing of it is typed.
        """
        await self._demand(pane, text, may)
        await self._press(pane, ("-l", "--", text), ("--", "Enter"))

    async def _demand(self, pane: Pane, text: str, may: Guard) -> None:
        if words.has_control(text):
            raise ThrumError("invalid_params", "the text holds keys, such as the end of a line")
        against = may(await self.look(pane))
        if against:
            raise ThrumError("conflict", f"nothing is typed: {against}", "try again later")

    async def _press(self, pane: Pane, *sendings: tuple[str, ...]) -> None:
        """Sends keys, or refuses all of them, by as many commands either way."""
        sent = [words.quoted(("send-keys", "-t", pane.id, *each)) for each in sendings]
        refused = [words.quoted(("display-message", "-p", _REFUSED))] * len(sendings)
        either = (" ; ".join(sent), " ; ".join(refused))
        asked = ("if-shell", "-F", "-t", pane.id, guard.HOLDS, *either)
        said = await self._server.run(asked, most=1 + len(sendings))
        if _REFUSED in said[-1]:
            text = f"nothing more is typed: {pane.target} ended, or went into copy mode"
            raise ThrumError("conflict", text, "try again later")
