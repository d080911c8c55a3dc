"""Hints about what comes after a repository was made ready."""

from __future__ import annotations

from collections.abc import Iterator

from thrum.hints.contract import Asked, Hint, Option
from thrum.plurals import listed

CONNECT = "init.connect-agents"


def next_quickstart(asked: Asked) -> Iterator[Hint]:
    """Nobody is registered yet in a repository that was just made ready."""
    if asked.is_done and asked.result.get("fresh") and not asked.state.has_agents():
        yield Hint(
            "init.next-quickstart",
            "info",
            "no agent is registered here yet",
            (
                Option("register", "thrum quickstart NAME --role ROLE --module MODULE"),
                Option("team", "thrum team"),
            ),
        )


def connect_agents(asked: Asked) -> Iterator[Hint]:
    """Agent programs are here and know nothing of it, and no files for them were asked for."""
    if not asked.is_done or "setup" in asked.result:
        return
    found = asked.state.unconnected()
    if found:
        yield Hint(CONNECT, "info", f"`thrum setup` connects {listed(found)} to Thrum")
