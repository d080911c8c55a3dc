"""Hints about those to whom something is sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from thrum.held import is_late
from thrum.hints.contract import Asked, Hint, Option

STALE_S: Final = 30 * 60
_HOUR_S: Final = 3_600
_DAY_S: Final = 24 * _HOUR_S


def stale(asked: Asked) -> Iterator[Hint]:
    """Agents of this clone that were not seen for half an hour and may be idle."""
    told = {each.get("agent_id") for each in asked.result.get("recipients") or () if is_late(each)}
    for agent in asked.args.get("to") or ():
        if agent in told:
            continue  # the answer says better why it will not be seen soon
        unseen = asked.state.unseen_s(agent)
        if unseen is None or unseen <= STALE_S:
            continue
        yield Hint(
            "send.recipient-stale",
            "info",
            f"@{agent} was last seen {_span(unseen)} ago and may be idle",
            (
                Option("look", f"thrum ping @{agent}"),
                Option("others", "thrum team"),
            ),
        )


def _span(seconds: float) -> str:
    if seconds < _HOUR_S:
        return f"{seconds // 60:.0f}m"
    if seconds < _DAY_S:
        return f"{seconds // _HOUR_S:.0f}h"
    return f"{seconds // _DAY_S:.0f}d"
