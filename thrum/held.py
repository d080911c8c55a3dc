"""How far a message came with a recipient and why it waits there, as tokens and in words.

The daemon gives the tokens, command line and MCP server say them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

STORED: Final = "stored"
"""It is on disk, and was not put before the recipient yet."""

OFFERED: Final = "offered"
"""It was put before the recipient's model, who has not said that it read it."""

READ: Final = "read"

HOOK: Final = "hook"
MCP: Final = "mcp"
PANE: Final = "pane"
WAYS: Final = (HOOK, MCP, PANE)
"""By what a message is put before a recipient."""

LONGEST_WAY: Final = 20
"""Characters; newer programs may have other ways."""

TURN: Final = "turn"
PERSON: Final = "person"
LEAVE: Final = "leave"
ASLEEP: Final = "asleep"
LOOKS: Final = "looks"
LOOP: Final = "loop"
LINE: Final = "line"
PEER: Final = "peer"
CLOSED: Final = "closed"
UNKNOWN: Final = "unknown"
LARGE: Final = "large"
REFUSED: Final = "refused"
RETURNED: Final = frozenset({UNKNOWN, LARGE, REFUSED})
"""A peer did not take it: it waits for nothing, and does not arrive."""

_WORDS: Final = {
    TURN: "busy{}, gets it at the next step of its turn",
    PERSON: "idle{} and cannot be woken, gets it when its person speaks to it",
    LEAVE: "asking for leave{}, gets it when it was answered",
    ASLEEP: "asleep{}, gets it when it begins a session",
    LOOKS: "gets it when it looks for mail",
    LINE: "idle{}, gets it by a line in its pane within a minute",
    PEER: "behind a peer that does not answer{}, gets it when that does",
    CLOSED: "behind a peer with which nothing is exchanged{}, see `thrum peer status`",
    UNKNOWN: "will not be read: the peer has nobody of that name",
    LARGE: "did not arrive: it is longer than the peer takes",
    REFUSED: "did not arrive: the peer did not take it",
    LOOP: "held back{} by the guard against loops, see `thrum loops`",
}

SOON: Final = frozenset({TURN, LOOKS, LINE})
"""Reasons that nobody need be told of who did not ask: it is seen soon, or nobody knows."""


def words(held: str, since: str) -> str:
    """Why it waits; the token itself where a newer daemon has reasons that nobody knows here.

    Args:
        held: the token.
        since: for how long, as in ``for 3m``; may be empty.
    """
    return _WORDS.get(held, f"{held}{{}}").replace("{}", f" {since}" if since else "")


def is_late(recipient: Mapping[str, Any]) -> bool:
    """Whether the recipient will not see it soon, as far as anybody here knows."""
    return bool(recipient.get("held")) and recipient.get("held") not in SOON


def stage(recipient: Mapping[str, Any]) -> str:
    """How far it came; older daemons give only the times, and none before it arrived."""
    if recipient.get("state"):
        return str(recipient["state"])
    if recipient.get("read_at"):
        return READ
    if recipient.get("seen_at"):
        return OFFERED
    return STORED if recipient.get("delivered_at") else "on its way"
