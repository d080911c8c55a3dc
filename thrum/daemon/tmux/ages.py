"""How long ago something was that tmux dates by the wall clock, also where that is set meanwhile.

A date that is known ages by the clock that only goes forward. One that is new and still to come is
of a clock that was set back since then, so all that is known of it is that it was; it counts as of
this moment.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from thrum.clock import NowNs

MOST: Final = 1_000
"""Dates that are kept in mind: those that were asked for last."""

_SECOND_NS: Final = 1_000_000_000


class Ages:
    """The ages of dates that tmux tells.

    Args:
        now_ns: the wall clock, which tmux goes by as well.
        monotonic: the clock that only goes forward.
    """

    def __init__(self, now_ns: NowNs, monotonic: Callable[[], float]) -> None:
        self._now_ns = now_ns
        self.monotonic = monotonic
        self._moments: dict[tuple[str, int], float] = {}

    def of(self, what: str, date_s: int) -> float:
        """Seconds since then.

        Args:
            what: whose date it is.
            date_s: seconds since 1970.
        """
        now, key = self.monotonic(), (what, date_s)
        moment = self._moments.pop(key, None)
        if moment is None:
            moment = now - max(self._now_ns() / _SECOND_NS - date_s, 0.0)
        self._moments[key] = moment  # the last one asked for is the last one to go
        if len(self._moments) > MOST:
            del self._moments[next(iter(self._moments))]
        return now - moment
