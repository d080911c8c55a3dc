"""The scope of a pair: how much a daemon gives to a peer."""

from __future__ import annotations

from typing import Final

ALL: Final = "all"
"""Every event, byte for byte."""
ADDRESSED: Final = "addressed"
"""Mail to agents of the peer, and what becomes of it: the bridge."""
NONE: Final = "none"

SCOPES: Final = (NONE, ADDRESSED, ALL)
"""From the narrowest to the widest."""


def narrower(one: str, other: str) -> str:
    """The narrower of two scopes; what is none counts as the narrowest."""
    known = [each if each in SCOPES else NONE for each in (one, other)]
    return min(known, key=SCOPES.index)
