"""When something was written in panes, as tmux tells it unasked, once a second at most. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from thrum.daemon.tmux.control import Notice

NAME: Final = "thrum-written"
"""Of the subscription."""

Told = Callable[[Mapping[str, str]], None]
"""Is told of every pane of sessions that a Thrum made a word that changes when it was written in,
or when copy mode began or ended."""


def untold(_active: Mapping[str, str]) -> None:
    """Nobody wants to know."""


def of(notice: Notice) -> Mapping[str, str] | None:
    """What a notice of that subscription says; None for others."""
    if notice.name != "subscription-changed" or not notice.rest.startswith(f"{NAME} ".encode()):
        return None
    said = notice.rest.decode(errors="replace").partition(" : ")[2]
    return {pane: word for pane, _, word in (each.partition("=") for each in said.split()) if word}
