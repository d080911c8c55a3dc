"""Types into panes: the only one who does, and only where a guard has nothing against it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import anyio

from thrum.daemon.tmux import guard, panes, words
from thrum.daemon.tmux.ages import Ages
from thrum.daemon.tmux.guard import Facts, Guard
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.server import Server
from thrum.errors import ThrumError

_PIECE: Final = 512
"""Characters that are typed at once."""

_REFUSED: Final = "thrum-refused"
_UNSEEN_S: Final = 30.0
"""Seconds for which what was typed may yet come to stand there: a program that only begins draws
its line before it reads its keys."""

_ANSWERS: Final = 3
_LOOKS: Final = 15
_PAUSE_S: Final = 0.2
"""So often it is looked whether what was typed stands there, and how long is waited before each
look: what follows sooner some programs take for a part of a paste, the end of the line as well."""


class Typist:
    """Types text and keys. On the event loop only.

    Args:
        server: where.
        ages: says how long ago a person's keys were.
    """

    def __init__(self, server: Server, ages: Ages) -> None:
        self._server = server
        self._ages = ages
        self._saying: set[str] = set()
        self._unseen: dict[str, float] = {}

    async def look(self, pane: Pane, *, sees: bool = False) -> Facts:
        """What is known of a pane now.

        Args:
            pane: which.
            sees: whether its screen is looked at as well.
        """
        found = await self._server.panes(fresh=True)
        said = await self._server.ask(guard.QUESTION)
        now = panes.of_id(found, pane.id)
        if now is not None and now.session != pane.session:
            now = None  # of another server: each counts its panes from the beginning
        return Facts(
            now,
            guard.looking(guard.clients(said.split("\n"), self._ages.of), now, found),
            self._server.thrum_dir,
            await self._server.screen(now) if sees and now else None,
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
        _demand_text(text)
        _demand(may(await self.look(pane)))
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
        _demand_text(text)
        _demand(may(await self.look(pane)))
        await self._press(pane, ("-l", "--", text), ("--", "Enter"))

    async def say(self, pane: Pane, text: str, *, may: Guard, stands: Guard) -> bool:
        """Says something in the line of a program, with the screen before one's eyes.

        The text is typed at once and nothing else; the key that ends the line only when it is seen
        to stand there. Both are pressed only where nothing was written since it was looked. One
        thing is said at a time in a pane, and nothing is typed where another text may yet appear.

        Args:
            pane: where.
            text: what; short, so that it is one piece.
            may: says what is against typing it.
            stands: says what is against ending the line; what stands there already is not typed.

        Returns:
            Whether the line was ended. Where it was not, what was typed stands there, if the pane
            does.

        Raises:
            ThrumError: as `type`.
        """
        _demand_text(text)
        _demand("something else is being said there" if pane.id in self._saying else "")
        self._saying.add(pane.id)
        try:
            facts = await self.look(pane, sees=True)
            if stands(facts):
                _demand(may(facts) or self._unseen_in(pane))
                seen = facts.pane or pane
                await self._press(seen, ("-l", "--", text), holds=guard.holds(facts))
                self._unseen[pane.id] = self._ages.monotonic() + _UNSEEN_S
            return await self._sent(pane, stands)
        finally:
            self._saying.discard(pane.id)

    async def answer(self, pane: Pane, keys: Sequence[str], *, may: Guard) -> None:
        """Presses keys as an answer to what stands on the screen: all in one turn of tmux, and only
        where nothing was written since it was looked.

        Args:
            pane: where.
            keys: which, by their names.
            may: says what is against it; it is asked with the screen.

        Raises:
            ThrumError: ``conflict``, none of them may be pressed now; as `Server.run`.
        """
        for left in reversed(range(_ANSWERS)):
            facts = await self.look(pane, sees=True)
            _demand(may(facts))
            try:
                pressed = (("--", key) for key in keys)
                await self._press(facts.pane or pane, *pressed, holds=guard.holds(facts))
            except ThrumError as error:
                # Something beside the question may move all the time.
                if error.kind != "conflict" or not left:
                    raise
            else:
                return

    async def _sent(self, pane: Pane, stands: Guard) -> bool:
        """Looks for a while whether a text stands there, and ends the line; whether it did."""
        for _ in range(_LOOKS):
            await anyio.sleep(_PAUSE_S)
            facts = await self.look(pane, sees=True)
            if facts.pane is None:
                self._unseen.pop(pane.id, None)
                return False
            if stands(facts):
                continue
            self._unseen.pop(pane.id, None)
            if await self._ends(facts):
                return True
        return False

    def _unseen_in(self, pane: Pane) -> str:
        """Whether a text was typed in a pane that nobody has seen there, and may yet appear."""
        if self._ages.monotonic() < self._unseen.get(pane.id, 0.0):
            return "what was typed before is not seen yet"
        self._unseen.pop(pane.id, None)
        return ""

    async def _ends(self, facts: Facts) -> bool:
        """Ends the line; False where something came in between."""
        try:
            if facts.pane is not None:
                await self._press(facts.pane, ("--", "Enter"), holds=guard.holds(facts))
        except ThrumError as error:
            if error.kind != "conflict":
                raise
            return False
        return facts.pane is not None

    async def _press(
        self, pane: Pane, *sendings: tuple[str, ...], holds: str = guard.HOLDS
    ) -> None:
        """Sends keys, or refuses all of them, by as many commands either way."""
        sent = [words.quoted(("send-keys", "-t", pane.id, *each)) for each in sendings]
        refused = [words.quoted(("display-message", "-p", _REFUSED))] * len(sendings)
        either = (" ; ".join(sent), " ; ".join(refused))
        # When a key was pressed is asked of the session that was looked at, not of any other.
        at = pane.id if holds == guard.HOLDS else pane.exact
        asked = ("if-shell", "-F", "-t", at, holds, *either)
        said = await self._server.run(asked, most=1 + len(sendings))
        if _REFUSED in said[-1]:
            text = f"nothing more is typed: {pane.target} ended, went into copy mode, or moved"
            raise ThrumError("conflict", text, "try again later")


def _demand_text(text: str) -> None:
    """Refuses what would be a key.

    Raises:
        ThrumError: ``invalid_params``.
    """
    if words.has_control(text):
        raise ThrumError("invalid_params", "the text holds keys, such as the end of a line")


def _demand(against: str) -> None:
    """Refuses to type if something is against it.

    Raises:
        ThrumError: ``conflict``.
    """
    if against:
        raise ThrumError("conflict", f"nothing is typed: {against}", "try again later")
