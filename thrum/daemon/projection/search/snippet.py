"""The piece of a text that shows why it was found, with marks on what was asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import msgspec

from thrum.daemon.projection.search.query import Phrase
from thrum.daemon.projection.search.words import parts_of, spots

LENGTH: Final = 160
"""Characters of a snippet, about."""

BEFORE: Final = 40
"""Characters before the first mark."""

READ: Final = 65_536
READ_OF_ANY: Final = 8_192
"""Characters of a text that are looked through for marks; fewer where words take longer to tell
apart. What stands behind them is not marked, and the snippet is the beginning."""

MORE: Final = "…"
_NAME: Final = re.compile("(?<![A-Za-z0-9])[A-Za-z0-9][a-z0-9]*[A-Z][A-Za-z0-9]*")
"""What may be a name in code with a joint: a word with a capital that is not its first letter."""


class Piece(msgspec.Struct, omit_defaults=True):
    """A piece of a snippet; `mark`: it is what was asked for."""

    text: str
    mark: bool = False


def snippet(text: str, phrases: Sequence[Phrase]) -> list[Piece]:
    """The pieces around the first place that was asked for; else of the beginning."""
    marked = marks(text[: READ if text.isascii() else READ_OF_ANY], phrases)
    start = _start(text, max(marked[0][0] - BEFORE, 0)) if marked else 0
    end = min(start + LENGTH, len(text))
    if end < len(text):
        space = text.rfind(" ", start + LENGTH // 2, end)
        end = end if space < 0 else space
    pieces = [Piece(MORE)] if start else []
    at = start
    for begin, stop in marked:
        if begin >= end:
            break
        pieces.append(Piece(text[at:begin]))
        pieces.append(Piece(text[begin:stop], mark=True))
        at = stop
    pieces.append(Piece(text[at:end]))
    if max(at, end) < len(text):
        pieces.append(Piece(MORE))
    return [piece for piece in pieces if piece.text]


def _start(text: str, start: int) -> int:
    """The beginning of a word, near there."""
    space = text.find(" ", start, start + BEFORE // 2) if start else -1
    return space + 1 if space >= 0 else start


def marks(text: str, phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    """Where the phrases stand in the text, joined where they meet."""
    ranges = _marks_of_ascii(text, phrases) if text.isascii() else _marks_of_any(text, phrases)
    if not text.islower():
        ranges += _marks_by_parts(text, phrases)
    return _joined(sorted(ranges))


def _marks_of_ascii(text: str, phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    """The same as of any text, by an expression: nearly all texts are of these characters."""
    ranges: list[tuple[int, int]] = []
    for phrase in phrases:
        if all(map(str.isascii, phrase.words)):
            ranges += [found.span() for found in _expression(phrase).finditer(text)]
    return ranges


@lru_cache(256)
def _expression(phrase: Phrase) -> re.Pattern[str]:
    words = "[^a-z0-9]+".join(phrase.words)
    end = "[a-z0-9]*" if phrase.is_prefix else ""
    return re.compile(f"(?<![a-z0-9]){words}{end}(?![a-z0-9])", re.IGNORECASE | re.ASCII)


def _marks_of_any(text: str, phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    found = list(spots(text))
    words = [spot.word for spot in found]
    return [
        (found[at].start, found[at + len(phrase.words) - 1].end)
        for phrase in phrases
        for at in places(words, phrase.words, is_prefix=phrase.is_prefix)
    ]


def _marks_by_parts(text: str, phrases: Sequence[Phrase]) -> list[tuple[int, int]]:
    """Names in code of which a phrase is a part."""
    wanted = [(each.words, each.is_prefix) for each in phrases]
    wanted += [(each.parts, each.is_prefix) for each in phrases if each.parts]
    ranges = []
    for name in _NAME.finditer(text):
        parts = parts_of(name[0])
        if parts and any(places(parts, words, is_prefix=prefix) for words, prefix in wanted):
            ranges.append(name.span())
    return ranges


def places(words: Sequence[str], wanted: Sequence[str], *, is_prefix: bool) -> list[int]:
    """Where in the words the wanted ones follow each other."""
    size, first, last = len(wanted), wanted[0], wanted[-1]
    found = []
    for at in range(len(words) - size + 1):
        end = words[at + size - 1]
        is_end = end.startswith(last) if is_prefix else end == last
        if is_end and (size == 1 or words[at] == first) and _is_inside(words, wanted, at):
            found.append(at)
    return found


def _is_inside(words: Sequence[str], wanted: Sequence[str], at: int) -> bool:
    return all(words[at + offset] == wanted[offset] for offset in range(len(wanted) - 1))


def _joined(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in ranges:
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found
