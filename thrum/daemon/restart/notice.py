"""What an agent is told when the context of its session is nearly full."""

from __future__ import annotations

from typing import Final

from thrum.daemon.delivery.given import Seat

HOUR_NS: Final = 3600 * 1_000_000_000
"""For so long it is told only once."""


def key(seat: Seat) -> str:
    """What the notice is about."""
    return f"context {seat.agent_id} {seat.runtime} {seat.session}"


def text(used: float, path: str, lines: int) -> str:
    """What is said.

    Args:
        used: percent of the context.
        path: where the snapshot is, or was to be put.
        lines: how many it has; 0 if none could be saved.
    """
    saved = (
        f"What was said last is saved in {path}, which the next session is shown."
        if lines
        else f"What was said could not be saved; {path} is where the next session looks for it."
    )
    return (
        f"The context of this session is {used:.0f} percent full. {saved} What is left to do"
        " belongs there under a line `## Resume Plan`, in your own words: nothing else outlasts a"
        " restart or a compaction whole."
    )
