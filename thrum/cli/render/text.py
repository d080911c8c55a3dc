"""Text that others wrote, made harmless and fitted into columns.

Widths follow Unicode's East Asian Width (UAX #11) with emoji sequences joined (UTS #51), which is
what current terminals do; combining marks take no column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

# C0 but not newline, DEL, C1 | soft hyphen, Arabic letter mark | marks and overrides of direction |
# line separators | invisible operators and direction isolates | lone surrogates | interlinear
# marks | tag characters, which carry text that no person sees.
UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
# An address or an id with the brackets and quotes before it. Of printable ASCII alone and bounded:
# it may stick out of a frame, where a terminal breaks it, and must look like nothing else there.
_WHOLE: Final = re.compile(
    r"[(<\[{\"'`]{0,3}(?:[A-Za-z][A-Za-z0-9+.-]{1,15}://[!-~]{1,2000}"
    r"|(?<![A-Za-z0-9_])[a-z]{1,5}_[0-9A-Z]{26}(?![A-Za-z0-9_]))"
)
_ZWJ: Final = "\u200d"
_EMOJI: Final = "\ufe0f"


def visible(text: str) -> str:
    """The text with every character that acts on a terminal or hides written as an escape.

    Newlines and tabs stay; all common line ends become newlines.
    """
    if text.isascii() and text.isprintable():
        return text
    return UNSAFE.sub(_spell, text.replace("\r\n", "\n"))


def _spell(found: re.Match[str]) -> str:
    character = found[0]
    if character in "\n\t":
        return character
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def one_line(text: str) -> str:
    """The text on one line: runs of white space become one space."""
    return " ".join(visible(text).split())


NAMED: Final = 4
"""Of many things so many are named."""


def some(names: Sequence[str]) -> str:
    """The first of the names, and how many more there are."""
    shown = ", ".join(names[:NAMED])
    return f"{shown} and {len(names) - NAMED} more" if len(names) > NAMED else shown


def clusters(text: str) -> Iterator[str]:
    """The text in pieces that must stay together: a character with its marks and joined emoji."""
    piece = ""
    joined = False
    for character in text:
        if piece and (joined or character in (_ZWJ, _EMOJI) or _columns(character) == 0):
            piece += character
        else:
            if piece:
                yield piece
            piece = character
        joined = character == _ZWJ
    if piece:
        yield piece


def width(text: str) -> int:
    """How many columns the text takes; it must be one line without control characters."""
    if text.isascii():
        return len(text)
    return sum(_cluster_width(piece) for piece in clusters(text))


def _cluster_width(piece: str) -> int:
    first = _columns(piece[0])
    return 2 if _EMOJI in piece and first == 1 and not piece[0].isalnum() else first


@lru_cache(maxsize=4096)
def _columns(character: str) -> int:
    if character.isascii():
        return 1
    import unicodedata

    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    if "\u1160" <= character <= "\u11ff":
        return 0  # the vowels and finals of a Hangul syllable are drawn over its first letter
    if "\U0001f3fb" <= character <= "\U0001f3ff":
        return 0  # the tone of the emoji before it
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """The text, or its beginning and an ellipsis, in at most so many columns."""
    if width(text) <= columns:
        return text
    out, used = "", 0
    for piece in clusters(text):
        taken = _cluster_width(piece)
        if used + taken > columns - 1:
            break
        out, used = out + piece, used + taken
    return out + "…" if columns > 0 else ""


def cut_start(text: str, columns: int) -> str:
    """The text, or an ellipsis and its end, in at most so many columns."""
    if width(text) <= columns:
        return text
    kept: list[str] = []
    used = 0
    for piece in reversed(list(clusters(text))):
        used += _cluster_width(piece)
        if used > columns - 1:
            break
        kept.append(piece)
    return "…" + "".join(reversed(kept)) if columns > 0 else ""


def cut_middle(text: str, columns: int) -> str:
    """The text, or its beginning, an ellipsis and its end, in at most so many columns."""
    if width(text) <= columns:
        return text
    end = cut_start(text, columns // 2)[1:]
    return cut(text, columns - width(end)) + end


def pad(text: str, columns: int) -> str:
    """The text cut or filled up to exactly so many columns."""
    fitted = cut(text, columns)
    return fitted + " " * (columns - width(fitted))


def wrap(text: str, columns: int) -> list[str]:
    """Escaped text in lines of at most so many columns.

    Line breaks and the spaces that begin a line stay; tabs become four spaces; a word that is too
    long is broken between clusters. Only an address (``https://…``) or an id is never broken, so
    that it can be copied: it has a line to itself, which is longer where that must be.
    """
    lines: list[str] = []
    for line in visible(text).replace("\t", "    ").split("\n"):
        lines += _wrap_line(line.rstrip(), max(columns, 2))
    return lines


def _wrap_line(line: str, columns: int) -> Iterator[str]:
    if width(line) <= columns:
        yield line
        return
    begin = line[: len(line) - len(line.lstrip(" "))]
    # What is left beside the indent must take a wide character, or the line would not fit.
    indent = begin if len(begin) <= min(columns // 2, columns - 2) else ""
    current = ""
    for word in re.findall(r" *[^ ]+", line[len(begin) :]):
        if current and width(indent + current + word) <= columns:
            current += word
            continue
        if current:
            yield indent + current
        *full, current = _break(word.lstrip(" "), columns - len(indent))
        yield from (indent + piece for piece in full)
    yield indent + current


def _break(word: str, columns: int) -> list[str]:
    pieces, piece, used = [], "", 0
    for part, taken in _parts(word):
        if piece and used + taken > columns:
            pieces.append(piece)
            piece, used = "", 0
        piece, used = piece + part, used + taken
    return [*pieces, piece]


def _parts(word: str) -> Iterator[tuple[str, int]]:
    """What a word may be broken between, with the columns of each part."""
    done = 0
    for found in _WHOLE.finditer(word):
        yield from ((each, _cluster_width(each)) for each in clusters(word[done : found.start()]))
        yield found[0], len(found[0])
        done = found.end()
    yield from ((each, _cluster_width(each)) for each in clusters(word[done:]))
