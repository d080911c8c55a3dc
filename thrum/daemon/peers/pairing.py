"""One pairing: a code that counts once, for a while, and for three tries.

`Pairing` decides and does no I/O. Its end is kept until somebody asks for it, so that who waits
later than the other side joined hears of it all the same.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import anyio

from thrum.daemon.peers.peer import Peer
from thrum.errors import ThrumError

LASTS_S: Final = 300
TRIES: Final = 3


@dataclass
class Pairing:
    """A pairing that is under way, or its end.

    Attributes:
        code: the digits that the other side has to show.
        transport: over which the other side is to come.
        lasts_s: seconds for which the code counts.
        monotonic: the clock by which they are.
        scope: what we give to who comes; empty where kinship decides.
        began: when it began, by that clock.
        peer: who came; None as long as nobody did.
        reason: why it ended without anybody; empty as long as it did not.
        over: set at its end.
    """

    code: str = field(repr=False)
    transport: str
    lasts_s: float
    monotonic: Callable[[], float]
    scope: str = ""
    began: float = 0.0
    peer: Peer | None = None
    reason: str = ""
    over: anyio.Event = field(default_factory=anyio.Event)
    _left: int = TRIES

    def __post_init__(self) -> None:
        self.began = self.monotonic()

    @property
    def age_s(self) -> float:
        """Seconds since it began."""
        return self.monotonic() - self.began

    @property
    def is_open(self) -> bool:
        """Whether somebody can still come."""
        if not self.over.is_set() and self.age_s >= self.lasts_s:
            self.end("the pairing timed out")
        return not self.over.is_set()

    def end(self, reason: str) -> None:
        """Ends it without anybody, if it has not ended."""
        if not self.over.is_set():
            self.reason = reason
            self.over.set()

    def check(self, code: str) -> None:
        """Lets in who shows the code.

        Raises:
            ThrumError: ``not_allowed``, it is another one, or too many tries were made;
                ``not_found``, the time is over.
        """
        if not self.is_open:
            raise ThrumError("not_found", self.reason or "no pairing is under way")
        # All of the time the same number of bytes is compared: how long it takes tells nothing.
        if hmac.compare_digest(code.encode(), self.code.encode()):
            return
        self._left -= 1
        if self._left > 0:
            tries = f"{self._left} attempts remaining" if self._left > 1 else "1 attempt remaining"
            raise ThrumError("not_allowed", f"invalid pairing code ({tries})")
        self.end("too many failed attempts")
        raise ThrumError("not_allowed", self.reason, "run `thrum peer add` again for another code")

    def admit(self, peer: Peer) -> None:
        """Ends it with who came."""
        self.peer = peer
        self.over.set()
