"""Those to whom a message goes, as a model is told of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from thrum import held

Row = Mapping[str, Any]

MOST_LATE: Final = 5
"""Who will not see a message soon is named up to so many; more would be a page."""


def late(answer: Row) -> list[str]:
    """Those who will not see the message soon, a line for each, as far as they are few."""
    people = [each for each in answer.get("recipients") or () if isinstance(each, dict)]
    found = [each for each in people if held.is_late(each)]
    if len(found) > MOST_LATE:
        return []
    return [f"@{each.get('agent_id')}: {why(each)}" for each in found]


def named(recipient: Row) -> str:
    """One of them, with what the message waits for there."""
    name = f"@{recipient.get('agent_id')}"
    return f"{name} ({why(recipient)})" if recipient.get("held") else name


def why(recipient: Row) -> str:
    """What the message waits for with somebody."""
    since = str(recipient.get("held_since") or "")[:16].replace("T", " ")
    return held.words(str(recipient["held"]), f"since {since} UTC" if since else "")
