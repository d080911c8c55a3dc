"""Which panes are to be looked at, and when. Pure: words and moments come in, panes come out.

A pane that was written in and then left alone for a moment is looked at once, and not again before
something is written. One in which something moves all the time, such as a spinner beside a
question, is looked at now and then: where all but that is the same twice, it counts as quiet.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

QUIET_S: Final = 2.0
"""Seconds without a word after which a pane is looked at; tmux tells once a second."""

MOVING_S: Final = 10.0
"""Seconds between looks at a pane in which something moves all the time."""


class _Watched(Struct):
    """A pane.

    Attributes:
        word: what tmux said of it last.
        changed: when it said another word.
        began: since when it was not looked at; infinite while there is no need.
        window: what stood there at the last look.
        is_told: whether somebody was told of that.
    """

    word: str
    changed: float
    began: float
    window: str | None = None
    is_told: bool = False

    @property
    def due(self) -> float:
        return (
            min(self.changed + QUIET_S, self.began + MOVING_S)
            if self.began < math.inf
            else math.inf
        )


class Watch:
    """The panes of a server."""

    def __init__(self) -> None:
        self._panes: dict[str, _Watched] = {}

    def __contains__(self, pane_id: str) -> bool:
        return pane_id in self._panes

    def told(self, words: Mapping[str, str], now: float) -> None:
        """Takes what tmux says of all panes; those that it leaves out are gone."""
        self._panes = {id: each for id, each in self._panes.items() if id in words}
        for id, word in words.items():
            known = self._panes.get(id)
            if known is None:
                self._panes[id] = _Watched(word, now, now)
            elif known.word != word:
                known.word, known.changed = word, now
                known.began = min(known.began, now)

    @property
    def next(self) -> float:
        """When a pane is to be looked at next; infinite while nothing is written."""
        return min((each.due for each in self._panes.values()), default=math.inf)

    def due(self, now: float) -> list[str]:
        """The panes that are to be looked at now, the longest waiting first."""
        found = sorted((each.due, id) for id, each in self._panes.items())
        return [id for due, id in found if due <= now]

    def looked(self, pane_id: str, window: str, now: float) -> bool:
        """Notes what stood in a pane; whether that is news.

        Args:
            pane_id: which.
            window: all but what moves by itself.
            now: when the look began.
        """
        pane = self._panes.get(pane_id)
        if pane is None:
            return False
        is_same, pane.window = pane.window == window, window
        is_quiet = pane.changed + QUIET_S <= now
        pane.began = math.inf if is_quiet else now
        is_news = is_quiet or (is_same and not pane.is_told)
        pane.is_told = is_news or (is_same and pane.is_told)
        return is_news

    def left(self, pane_id: str) -> None:
        """Notes that a pane is nobody's, and need not be looked at before it is written in."""
        if pane_id in self._panes:
            self._panes[pane_id].began = math.inf
