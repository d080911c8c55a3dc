"""Asking Telegram, and our own tables, until there is an answer."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import anyio

from thrum.daemon.service.clock import Clock
from thrum.daemon.telegram.bot_api import Away, Contended, Limited, WrongToken
from thrum.errors import LATER, ThrumError

T = TypeVar("T")

logger = logging.getLogger("thrum.telegram")

LONGEST_PAUSE_S: Final = 60.0
CONTENDED_S: Final = 30.0
WRONG_TOKEN_S: Final = 300.0
ENOUGH: Final = 10
"""Failures in a row after which pauses grow no more."""


class Patience:
    """Tries again after pauses that grow to a minute, and knows why.

    Args:
        clock: lets the pauses pass.

    Attributes:
        troubles: what is wrong, by what was asked for.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.troubles: dict[str, str] = {}

    @property
    def trouble(self) -> str:
        """What is wrong; empty while all is well."""
        return "; ".join(dict.fromkeys(self.troubles.values()))

    async def insist(self, what: str, ask: Callable[[], Awaitable[T]]) -> T:
        """Asks until there is an answer, or it is refused for good.

        Args:
            what: what is asked for, by which its trouble is known.
            ask: asks once.

        Raises:
            RefusedThere: Telegram will not do it.
            ThrumError: it would be refused again.
        """
        failures = 0
        while True:
            try:
                answer = await ask()
            except Limited as error:
                pause, said = float(error.seconds), str(error)
            except Contended as error:
                pause, said = CONTENDED_S, f"{error}: only one program can read a bot"
            except WrongToken as error:
                pause, said = WRONG_TOKEN_S, f"{error}: `thrum telegram configure` takes another"
            except Away as error:
                pause, said = _pause(failures), str(error)
            except ThrumError as error:
                if error.kind not in LATER:
                    raise
                pause, said = _pause(failures), str(error)
            else:
                self.troubles.pop(what, None)
                return answer
            failures += 1
            if self.troubles.get(what) != said:
                logger.warning("%s", said)
            self.troubles[what] = said
            await self._clock.wait(anyio.Event(), pause)


def _pause(failures: int) -> float:
    return min(2.0 ** min(failures, ENOUGH), LONGEST_PAUSE_S)
