"""Which way words went from agent to agent, and when they are back where they were. Pure.

Two who answer each other are a pair. Where more of them pass words on (a tells b, b tells c, c
tells a), none answers the one that spoke to it, and still it goes round. So with each word goes the
way that led to it: who spoke to whom before. A word to somebody who is on the way closes a round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from msgspec import Struct, field

from thrum.daemon.loops.exchange import HOUR_NS

LEAST: Final = 3
"""Agents in a round; two are a pair."""

MOST: Final = 64
"""Agents whose words came to another one, by whichever way; of more, the latest."""

Round = tuple[str, ...]
"""The agents of a round in their order: the one that is spoken to first, who speaks last."""


class Way(Struct, frozen=True):
    """How a word of the first of some agents came to whom the last of them spoke to.

    Attributes:
        agents: each once, in the order in which they spoke.
        heard_ns: when the last one did.
    """

    agents: Round
    heard_ns: int


def key(found: Round) -> str:
    """The key of a round, wherever in it one begins."""
    first = found.index(min(found))
    return " > ".join(found[first:] + found[:first])


class Rounds(Struct):
    """The ways of the last hour, by where they lead to, and there by where they began."""

    ways: dict[str, dict[str, Way]] = field(default_factory=dict)

    def say(self, author: str, others: Iterable[str], now_ns: int) -> list[Round]:
        """Takes in that an agent speaks to others; the rounds that are closed by it.

        What closed a round closes no other one.
        """
        spoken_to = set(others)
        known = [way.agents for way in self._to(author, now_ns)]
        closed = [way for way in known if way[0] in spoken_to and len(way) >= LEAST - 1]
        for other in spoken_to:
            for way in ((), *known):
                if other not in way:
                    self.lead(other, Way((*way, author), now_ns))
        for way in closed:
            del self.ways[author][way[0]]
        return [(*way, author) for way in closed]

    def lead(self, listener: str, way: Way) -> None:
        """Has a way lead to an agent, in place of the one that began with the same agent."""
        ways = self.ways.setdefault(listener, {})
        ways.pop(way.agents[0], None)
        ways[way.agents[0]] = way
        if len(ways) > MOST:
            del ways[next(iter(ways))]

    def forget(self, agents: Iterable[str]) -> None:
        """Forgets what led to those agents, and through them to others."""
        gone = set(agents)
        for agent in gone:
            self.ways.pop(agent, None)
        self._keep(lambda way: gone.isdisjoint(way.agents))

    def pass_time(self, now_ns: int) -> None:
        """Forgets what was said an hour ago."""
        self._keep(lambda way: now_ns - way.heard_ns < HOUR_NS)

    def _keep(self, is_kept: Callable[[Way], bool]) -> None:
        for listener, ways in list(self.ways.items()):
            kept = {began: way for began, way in ways.items() if is_kept(way)}
            if kept:
                self.ways[listener] = kept
            else:
                del self.ways[listener]

    def _to(self, agent: str, now_ns: int) -> list[Way]:
        """The ways that lead to an agent."""
        ways = self.ways.get(agent, {}).values()
        return [way for way in ways if now_ns - way.heard_ns < HOUR_NS]
