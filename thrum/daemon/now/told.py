"""What pages were told of each agent, so that they are told again only of what differs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Generic, TypeVar

T = TypeVar("T")

REFRESH_S: Final = 60
"""Seconds after which it is told anew what changes though nothing happened."""


class Told(Generic[T]):
    """The last that was told of each agent.

    Args:
        calm: gives the same without what changes though nothing happened.
    """

    def __init__(self, calm: Callable[[T], T]) -> None:
        self._calm = calm
        self._told: dict[str, tuple[T, float]] = {}

    def news(self, now: Mapping[str, T], moment: float) -> Iterator[tuple[str, T | None]]:
        """What is to be told, by agent; None of one of whom nothing is left. It counts as told.

        Args:
            now: how it is.
            moment: seconds, on a clock that is not set.
        """
        for agent_id, each in now.items():
            before, at = self._told.get(agent_id, (None, moment))
            if before is None or self._differs(before, each, moment - at >= REFRESH_S):
                self._told[agent_id] = (each, moment)
                yield agent_id, each
        for agent_id in [each for each in self._told if each not in now]:
            del self._told[agent_id]
            yield agent_id, None

    def _differs(self, before: T, now: T, is_old: bool) -> bool:
        if before == now:
            return False
        return is_old or self._calm(before) != self._calm(now)
