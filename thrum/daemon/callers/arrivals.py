"""Where agents were registered a moment ago, before a session or a file says where they live."""

from __future__ import annotations

from typing import Final

LASTS_NS: Final = 60_000_000_000
"""So long a registration waits for its session; whoever was cut off in between loses the name."""


class Arrivals:
    """First registrations of the last minute, each with the worktree that it came from.

    Two worktrees may register one name at the same moment. Both would be told that it is theirs,
    and write a file that says so, if nothing kept the place of the first one.
    """

    def __init__(self) -> None:
        self._places: dict[str, tuple[str, int]] = {}

    def note(self, agent_id: str, worktree: str, now_ns: int) -> None:
        """Keeps where the agent was registered for the first time; empty: nowhere."""
        self._places = {
            each: place for each, place in self._places.items() if now_ns - place[1] < LASTS_NS
        }
        if worktree:
            self._places[agent_id] = (worktree, now_ns)

    def settle(self, agent_id: str) -> None:
        """Forgets the agent: a session says from now on where it lives."""
        self._places.pop(agent_id, None)

    def elsewhere(self, agent_id: str, worktree: str, now_ns: int) -> str:
        """Another worktree than this, in which the agent has just been registered; else empty."""
        place, then = self._places.get(agent_id, ("", 0))
        return place if place != worktree and now_ns - then < LASTS_NS else ""
