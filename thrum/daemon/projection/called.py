"""What who made an event calls it, as the table of events has it: one text of both."""

from __future__ import annotations

from typing import Final

from thrum import events
from thrum.daemon.projection.facts import Event

LONGEST: Final = 512
"""Characters; longer ones, which no program of ours makes, are not looked up by."""


def text(by: str, id: str) -> str:
    """As it stands in the table: no agent's id holds the character between."""
    return f"{by}\n{id}"


def text_of(event: Event) -> str | None:
    """The same of an event; None where its maker called it nothing."""
    found = events.called(event)
    if found is None or not found.id or len(found.by) + len(found.id) > LONGEST:
        return None
    return text(found.by, found.id)
