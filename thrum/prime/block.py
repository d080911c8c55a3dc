"""New mail as a block of text that a runtime puts in front of its model.

What others wrote stands on lines that begin with ``> ``, cut and without control characters, so
that it can be taken for nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from thrum.cli.render.ids import ShortIds
from thrum.cli.render.text import one_line, visible
from thrum.cli.render.times import ago
from thrum.plurals import counted

MOST: Final = 1_500
"""Characters of a block."""

LEAST: Final = 400
"""What it has in any case, however much else is said."""

FORGED: Final = " (WRONG SIGNATURE: somebody else may have written it)"
_NAME: Final = 64
_SHORTEST: Final = 80
"""Characters of a text that are shown in any case."""


class Letter(NamedTuple):
    """A message that arrived.

    Attributes:
        text: its beginning, or the whole.
        characters: how long it is in truth.
        reply_to: what it answers; empty if nothing.
        is_forged: whether its signature is wrong.
    """

    id: str
    sender: str
    at: str
    text: str
    characters: int
    reply_to: str = ""
    is_forged: bool = False


class Block(NamedTuple):
    """The text, and the ids of the messages that it holds."""

    text: str
    ids: list[str]


def compose(
    agent: str, letters: Sequence[Letter], count: int, now_ns: int, most: int = MOST
) -> Block:
    """The block: as many of the messages as it has room for, and the others as a number.

    Args:
        agent: who gets them.
        letters: the oldest first.
        count: how many there are, also those that are not here.
        now_ns: the clock, for ages.
        most: characters that it may have.
    """
    if not letters:
        return Block("", [])
    short = ShortIds(each.id for each in letters)
    head = f"New mail for @{one_line(agent)[:_NAME]}, unread:\n"
    room = most - len(head) - len(_foot(short(letters[0].id), max(count, len(letters)) + 1))
    parts: list[str] = []
    for letter in letters:
        part, is_whole = _letter(letter, short(letter.id), now_ns, room)
        if parts and not is_whole:
            break
        parts.append(part)
        room -= len(part)
    given = [each.id for each in letters[: len(parts)]]
    more = max(count, len(letters)) - len(given)
    return Block(head + "".join(parts) + _foot(short(given[-1]), more), given)


def _letter(letter: Letter, short: str, now_ns: int, room: int) -> tuple[str, bool]:
    """Who wrote when, and what, in so many characters; and whether that is the whole."""
    age = ago(letter.at, now_ns)
    when = f", {age}{' ago' * age[:1].isdigit()}" if age else ""
    doubt = FORGED if letter.is_forged else ""
    head = f"{short} from @{one_line(letter.sender)[:_NAME]}{when}{doubt}:\n"
    text = visible(letter.text).strip()
    lines = "".join(f"> {line}\n" for line in text.split("\n"))
    if len(head) + len(lines) <= room and letter.characters <= len(letter.text):
        return head + lines, True
    more = f"> [cut; {letter.characters:,} characters: thrum message get {short}]\n"
    left = max(room - len(head) - len(more), _SHORTEST)
    return f"{head}{lines[: left - 1].rstrip()}\n{more}", False


def _foot(short: str, more: int) -> str:
    others = f"{counted(more, 'more message')}: `thrum inbox`. " if more else ""
    return f'{others}To answer: thrum reply {short} "…"\n'
