"""Texts that are too long for one message of Telegram, as several. Pure.

They are split where a reader would pause: at a paragraph, else a line, else a word. What belongs
together within a line stays together where it fits, and a fence that is cut is closed and opened
again.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from thrum.daemon.telegram.markup import SPAN, Fence, fence_after

LIMIT: Final = 4096
"""Units of UTF-16 that a message may have."""
MOST: Final = 10
"""Messages that one text becomes at most."""

_JOINER: Final = "\u200d"
_BREAKS: Final = ("\n\n", "\n", " ")


def units(text: str) -> int:
    """Units of UTF-16: characters beyond the first plane are two."""
    return len(text) + sum(each > "\uffff" for each in text)


def pieces(text: str, limit: int = LIMIT, most: int = MOST, rest: str = "") -> list[str]:
    """A text in pieces, each no longer than the limit.

    Args:
        text: what is said.
        limit: units that a piece may have; at least 64.
        most: pieces at most.
        rest: what stands for all that is left then.
    """
    found: list[str] = []
    fence: Fence | None = None
    while True:
        opening = f"{fence.opening}\n" if fence else ""
        if units(opening) + units(text) <= limit:
            return [*found, opening + text] if text.strip() or not found else found
        is_last = len(found) == most - 1
        room = limit - units(opening) - (units(rest) + 2 if is_last else 0)
        cut = _cut(text, room, fence)
        piece, text = text[:cut], _after(text[cut:], fence)
        fence = _fence_at_end(piece, fence)
        piece = opening + piece + (f"\n{fence.marks}" if fence else "")
        found.append(piece)
        if is_last:
            found[-1] += f"\n\n{rest}" if rest else ""
            return found


def _cut(text: str, room: int, fence: Fence | None) -> int:
    """Where the next piece ends: as late as a good place allows, and never at its beginning."""
    # Closing a fence takes a line; what is not known before the cut is made is reserved for.
    most = _fitting(text, room - _longest_closing(text[:room], fence))
    for mark in _BREAKS:
        at = text.rfind(mark, most // 2, most + 1)
        if at > 0 and _whole(text, at, most) == at:
            return at
    return _whole(text, most, most)


def _longest_closing(text: str, fence: Fence | None) -> int:
    """Units of the longest line that may have to be added to close a fence."""
    longest = len(fence.marks) if fence else 0
    now = fence
    for line in text.split("\n"):
        now = fence_after(line, now)
        longest = max(longest, len(now.marks) if now else 0)
    return longest + 1 if longest else 0


def _fitting(text: str, room: int) -> int:
    """How many characters fit in."""
    used = 0
    for at, each in enumerate(text):
        used += 2 if each > "\uffff" else 1
        if used > room:
            return at
    return len(text)


def _whole(text: str, cut: int, most: int) -> int:
    """The cut, moved forward to where it takes nothing apart, if there is such a place."""
    line = text.rfind("\n", 0, cut) + 1
    end = text.find("\n", cut)
    within = text[line : end if end >= 0 else min(len(text), most * 2)]
    for found in SPAN.finditer(within):
        if found.start() < cut - line < found.end():
            cut = line + found.start() if line + found.start() > 0 else cut
            break
    at = cut
    while at > 1 and at < len(text) and _clings(text, at):
        at -= 1
    return at if at > 1 else cut


def _clings(text: str, at: int) -> bool:
    """Whether a character is shown as one with that before it."""
    each = text[at]
    return bool(unicodedata.combining(each)) or each == _JOINER or text[at - 1] == _JOINER


def _after(text: str, fence: Fence | None) -> str:
    """What comes after a cut, without the break that was made."""
    if text.startswith("\n"):
        return text[1:].lstrip("\n") if fence is None else text[1:]
    return text.removeprefix(" ")


def _fence_at_end(piece: str, fence: Fence | None) -> Fence | None:
    for line in piece.split("\n"):
        fence = fence_after(line, fence)
    return fence
