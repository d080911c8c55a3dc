"""Words of the index that no text has: who wrote a message, to whom, and what it is.

So what is asked of these is part of the one question to the index, and costs next to nothing where
it fits no message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

ANY: Final = "\ue010"
"""Of every message."""
REPLY: Final = "\ue011"
STRUCTURED: Final = "\ue012"
EVERYONE: Final = "everyone"
"""As whom a message to everyone is for."""

_FROM: Final = "\ue013"
_TO: Final = "\ue014"
_GROUP: Final = "\ue015"
MOST_KEPT: Final = 1024
"""Names that are kept as they stand in the index: most mail is among few."""

_ODD: Final = re.compile("[\x00-/:-@\\[-`{-\x7f]")


def by(agent_id: str) -> str:
    """Of messages that the agent wrote."""
    return _FROM + _safe(agent_id)


def to(name: str) -> str:
    """Of messages that name an agent or a role as whom they are for."""
    return _TO + _safe(name)


def to_group(name: str) -> str:
    """Of messages to a group."""
    return _GROUP + _safe(name)


@lru_cache(MOST_KEPT)
def _safe(name: str) -> str:
    """A name as one word: what would part it is written with characters of nobody's."""
    name = "".join(each for each in name.casefold() if not "\ue000" <= each <= "\uf8ff")
    return _ODD.sub(lambda found: chr(0xE100 + ord(found[0])), name)


def about(
    author: str,
    mentions: Iterable[str],
    groups: Iterable[str],
    *,
    broadcast: bool,
    reply: bool,
    structured: bool,
) -> str:
    """What the index has of a message besides its text."""
    found = [ANY, by(author)]
    if broadcast:
        found.append(to(EVERYONE))
    # Each once and in one order: the tables keep neither order nor number of what an event names.
    found += sorted({to(name) for name in mentions})
    found += sorted({to_group(name) for name in groups})
    if reply:
        found.append(REPLY)
    if structured:
        found.append(STRUCTURED)
    return " ".join(found)


@lru_cache(MOST_KEPT)  # mostly it is what it was of another message
def about_row(
    author: str, mentions: str, groups: str, broadcast: int, reply: int, structured: int
) -> str:
    """The same of what the tables hold; names as JSON lists."""
    return about(
        author,
        json.loads(mentions),
        json.loads(groups),
        broadcast=bool(broadcast),
        reply=bool(reply),
        structured=bool(structured),
    )
