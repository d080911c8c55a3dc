"""A code that somebody is told and says elsewhere: it counts once, for a while, for three tries.

It decides and does no I/O. Its end is kept, so that who waits for it later hears of it all the
same.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Final, Generic, TypeVar

import anyio

LASTS_S: Final = 300
TRIES: Final = 3

T = TypeVar("T")


@dataclass(kw_only=True)
class OneTimeCode(Generic[T]):
    """A code that is waited for, or its end.

    Attributes:
        code: what has to be said.
        monotonic: the clock.
        lasts_s: seconds for which it counts.
        found: who said it; None as long as nobody did.
        reason: why it ended without anybody; empty as long as it did not.
        over: set at its end.
        late: what is said where its time is over.
    """

    code: str = field(repr=False)
    monotonic: Callable[[], float]
    lasts_s: float = LASTS_S
    found: T | None = None
    reason: str = ""
    over: anyio.Event = field(default_factory=anyio.Event)
    _left: int = TRIES
    _began: float = 0.0

    late: ClassVar = "the code timed out"

    def __post_init__(self) -> None:
        self._began = self.monotonic()

    @property
    def age_s(self) -> float:
        """Seconds since it began."""
        return self.monotonic() - self._began

    @property
    def left_s(self) -> float:
        """Seconds for which it still counts."""
        return max(self.lasts_s - self.age_s, 0.0)

    @property
    def is_open(self) -> bool:
        """Whether it still counts."""
        if not self.over.is_set() and not self.left_s:
            self.end(self.late)
        return not self.over.is_set()

    def end(self, reason: str) -> None:
        """Ends it without anybody, if it has not ended."""
        if not self.over.is_set():
            self.reason = reason
            self.over.set()

    def is_said(self, said: str) -> bool:
        """Whether that is the code; it always takes as long, and so tells nothing by that."""
        return hmac.compare_digest(said.encode(), self.code.encode())

    def miss(self, reason: str) -> int:
        """Another code was said: how many tries are left; after the last one it ends."""
        self._left -= 1
        if self._left <= 0:
            self.end(reason)
        return max(self._left, 0)

    def settle(self, found: T) -> None:
        """Ends it with who said it."""
        self.found = found
        self.over.set()
