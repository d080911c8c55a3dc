"""Mail that came and of which nothing is known yet but that: for whom, since when. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from msgspec import Struct, field

MOST: Final = 10_000
"""Messages of one agent that are kept in mind; the oldest of more need no word of their own."""


class Waiting(Struct):
    """An agent's mail.

    Attributes:
        came: the ids, with the moments at which they came.
        at: when it is to be looked at; infinite while only something that happens can change it.
    """

    came: dict[str, float] = field(default_factory=dict)
    at: float = math.inf


class Backlog:
    """Of every agent for whom word may be typed.

    Args:
        after_s: seconds that whatever else brings mail has.
    """

    def __init__(self, after_s: float) -> None:
        self.after_s = after_s
        self._agents: dict[str, Waiting] = {}

    def add(self, agent_id: str, message_ids: Iterable[str], now: float) -> None:
        """Notes that messages came, unless that is known."""
        waiting = self._agents.setdefault(agent_id, Waiting())
        fresh = [each for each in message_ids if each not in waiting.came]
        waiting.came |= dict.fromkeys(fresh, now)
        while len(waiting.came) > MOST:
            del waiting.came[next(iter(waiting.came))]
        if fresh:
            waiting.at = min(waiting.at, now + self.after_s)

    def stir(self, agent_id: str, now: float) -> None:
        """Notes that something happened: what is old enough is looked at now."""
        waiting = self._agents.get(agent_id)
        if waiting is not None and waiting.came:
            waiting.at = max(min(waiting.came.values()) + self.after_s, now)

    def wait(self, agent_id: str, until: float) -> None:
        """Notes when it is worth to look again."""
        if agent_id in self._agents:
            self._agents[agent_id].at = until

    def keep(self, agent_id: str, message_ids: Iterable[str]) -> None:
        """Notes that of all that is known of an agent these alone need a word still."""
        wanted, waiting = set(message_ids), self._agents.get(agent_id)
        if waiting is not None:
            waiting.came = {id: came for id, came in waiting.came.items() if id in wanted}
            if not waiting.came:
                del self._agents[agent_id]

    def oldest(self, agent_id: str) -> float:
        """When the first of an agent's mail came; infinite where there is none."""
        waiting = self._agents.get(agent_id)
        return min(waiting.came.values(), default=math.inf) if waiting else math.inf

    def due(self, now: float) -> list[str]:
        """The agents whose mail is to be looked at now."""
        return [id for id, each in self._agents.items() if each.at <= now]

    @property
    def next(self) -> float:
        """When the next one is due; infinite if none is."""
        return min((each.at for each in self._agents.values()), default=math.inf)
