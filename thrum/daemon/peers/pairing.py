"""One pairing: the code that the other side has to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from thrum.daemon.one_time_code import OneTimeCode
from thrum.daemon.peers.peer import Peer
from thrum.errors import ThrumError


@dataclass(kw_only=True)
class Pairing(OneTimeCode[Peer]):
    """A pairing that is under way, or its end.

    Attributes:
        transport: over which the other side is to come.
        scope: what we give to who comes; empty where kinship decides.
    """

    transport: str
    scope: str = ""

    late: ClassVar = "the pairing timed out"

    def check(self, code: str) -> None:
        """Lets in who shows the code.

        Raises:
            ThrumError: ``not_allowed``, it is another one, or too many tries were made;
                ``not_found``, the time is over.
        """
        if not self.is_open:
            raise ThrumError("not_found", self.reason or "no pairing is under way")
        if self.is_said(code):
            return
        left = self.miss("too many failed attempts")
        if left:
            tries = f"{left} attempts remaining" if left > 1 else "1 attempt remaining"
            raise ThrumError("not_allowed", f"invalid pairing code ({tries})")
        raise ThrumError("not_allowed", self.reason, "run `thrum peer add` again for another code")
