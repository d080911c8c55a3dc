"""Hints about what comes after a repository was made ready."""

from __future__ import annotations

from collections.abc import Iterator

from thrum.hints.contract import Asked, Hint, Option


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
