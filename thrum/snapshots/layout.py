"""The text of a snapshot: whose it is, what was said last, and where to find what is older."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from thrum.plurals import counted
from thrum.runtimes.contract import Turn

SELF: Final = "self-initiated"
EXTERNAL: Final = "external"
THRESHOLD: Final = "context-threshold"
COMPACTION: Final = "compaction"
"""Why a snapshot was saved."""

PLAN: Final = "## Resume Plan"
"""What an agent that writes its own says under it what is left to do."""

USER: Final = "=== USER ==="
ASSISTANT: Final = "=== ASSISTANT ==="
_MARKERS: Final = {"user": USER, "assistant": ASSISTANT}
_OURS: Final = frozenset({PLAN, USER, ASSISTANT})

LONGEST_LINE: Final = 4_000
"""Characters of a line that are kept."""

MOST_BYTES: Final = 512 * 1024
"""Of a whole conversation; whoever shows it reads no more than twice as much."""

_OLDER: Final = """\
For older context:

- `git log --oneline -20`, `git status`, `git diff`
- `thrum inbox --unread`, `thrum sent`, `thrum overview`
"""


class Heading(Struct, frozen=True):
    """What stands above the conversation.

    Attributes:
        agent: whose it is.
        session: the runtime's own id of the session; empty if nobody knows it.
        saved: when, with the zone of whoever saved it.
        reason: one of those above, or another word.
    """

    agent: str
    session: str
    saved: datetime
    reason: str


def compose(heading: Heading, turns: Sequence[Turn], most: int, *, is_whole: bool) -> str:
    """The file: heading, at most so many lines of the conversation, and where to look further.

    Args:
        heading: what stands above.
        turns: what was said, the oldest first.
        most: lines.
        is_whole: whether nothing was said before these.
    """
    about = (
        f"# Restart Snapshot — {heading.agent}\n\n"
        f"**Session:** {_word(heading.session)}\n"
        f"**Saved:** {heading.saved.isoformat(timespec='seconds')}\n"
        f"**Reason:** {_word(heading.reason)}\n\n"
    )
    return f"{about}{_conversation(turns, most, is_whole=is_whole)}\n\n---\n\n{_OLDER}"


def spoken(turns: Sequence[Turn]) -> list[str]:
    """The lines of a conversation, with a marker above each turn."""
    lines: list[str] = []
    for turn in turns:
        lines += [""] * bool(lines)
        lines.append(_MARKERS[turn.who])
        lines += [_harmless(line) for line in turn.text.splitlines()]
    return lines


def _conversation(turns: Sequence[Turn], most: int, *, is_whole: bool) -> str:
    lines = spoken(turns)
    kept = _last(lines, most)
    if len(kept) == len(lines) and is_whole:
        return "\n".join(lines)
    if len(kept) < len(lines) and USER in kept:
        kept = kept[kept.index(USER) :]
    note = f"[Earlier conversation was cut: the last {counted(len(kept), 'line')} are kept]"
    return "\n".join([note, "", *kept])


def _last(lines: list[str], most: int) -> list[str]:
    """The last lines, so many at most, and of so many bytes."""
    room, first = MOST_BYTES, len(lines)
    while first and len(lines) - first < most:
        room -= len(lines[first - 1].encode()) + 1
        if room < 0:
            break
        first -= 1
    return lines[first:]


def _harmless(line: str) -> str:
    """A line of what somebody said: no marker of ours, no endless one, and text in any case.

    Whoever speaks of a plan has written none: the snapshot would be taken for one.
    """
    cut = line[:LONGEST_LINE] + " … [cut]" if len(line) > LONGEST_LINE else line
    text = cut.encode(errors="replace").decode()
    return f" {text}" if text in _OURS else text


def _word(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)[:200]
