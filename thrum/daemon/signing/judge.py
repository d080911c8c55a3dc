"""What signatures say of messages, looked at when they are shown and remembered while it holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from thrum.daemon.signing.ring import VERIFIED, Finding, Ring, State
from thrum.daemon.signing.said import Signed

MOST_KEPT: Final = 10_000

_GRAVITY: Final = {State.VERIFIED: 0, State.UNSIGNED: 1, State.WRONG: 2}


class Judge:
    """Judges by one ring; another ring is another judge."""

    def __init__(self, ring: Ring) -> None:
        self.ring = ring
        self._found: dict[tuple[str, int], Finding] = {}

    def knows(self, signed: Iterable[Signed]) -> bool:
        """Whether all of these were judged before, so that it takes no time to say of them."""
        return all(_place(each) in self._found for each in signed)

    def of(self, signed: Signed) -> Finding:
        """What the signature of one event says."""
        place = _place(signed)
        found = self._found.get(place)
        if found is None:
            if len(self._found) >= MOST_KEPT:
                self._found.clear()
            found = self.ring.judge(signed.event, signed.line.encode())
            self._found[place] = found
        return found

    def together(self, signed: Iterable[Signed]) -> dict[str, Finding]:
        """For each thing that events are about, the gravest that is found of one of them."""
        found: dict[str, Finding] = {}
        for each in signed:
            one, other = found.get(each.about, VERIFIED), self.of(each)
            found[each.about] = max(one, other, key=lambda finding: _GRAVITY[finding.state])
        return found


def _place(signed: Signed) -> tuple[str, int]:
    """What is remembered of: an event with that line. The line of an id may change by a purge."""
    return signed.event_id, hash(signed.line)
