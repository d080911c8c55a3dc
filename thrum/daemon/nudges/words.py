"""What is typed: how many messages there are and of whom, never what they say. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

MOST_NAMES: Final = 3
LONGEST_NAME: Final = 60
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_:.-]")
_OURS: Final = re.compile(
    r"(?:Newmessagefrom|\d+newmessagesfrom)"
    r"@[A-Za-z0-9_:.-]{1,60}(?:,@[A-Za-z0-9_:.-]{1,60}){0,2}(?:and\d+more)?"
    r"--run`thruminbox--unread`toread"
)
_ENDING: Final = "-- run `thrum inbox --unread` to read"


def nudge(senders: Sequence[str]) -> str:
    """The text for messages of these senders, one each, the oldest first."""
    count, names = len(senders), list(dict.fromkeys(map(_name, senders)))
    if count == 1:
        return f"New message from {names[0]} {_ENDING}"
    named = ", ".join(names[:MOST_NAMES])
    more = len(names) - MOST_NAMES
    others = f" and {more} more" if more > 0 else ""
    return f"{count} new messages from {named}{others} {_ENDING}"


def _name(sender: str) -> str:
    """A name that came from anywhere, as letters alone: nothing in it is a key or a quote."""
    return "@" + (_UNFIT.sub("", sender)[:LONGEST_NAME] or "somebody")


def is_nudge(line: str) -> bool:
    """Whether a line holds such a text and nothing else, wherever it is broken."""
    return _OURS.fullmatch("".join(line.split())) is not None
