"""What the words of a text are: for the index, for what is asked of it, and for marks in answers.

SQLite's ``ascii`` tokenizer parts a text at everything that is ASCII and neither letter nor digit,
and takes all else as it is. Whatever needs knowledge of Unicode (letter case, accents, what parts
words in other scripts) is done here, so the answer is the same with every build of SQLite, and a
text of plain ASCII goes into the index untouched.

Scripts that are written without spaces have one word for each character; what is asked for is then
a phrase of them. Names in code are one word, and their parts are words besides.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final, NamedTuple

HUMP: Final = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
    r"|(?<=[a-z]\d)(?=[A-Z])|(?<=[a-z]\d\d)(?=[A-Z])|(?<=[a-z]\d\d\d)(?=[A-Z])"
)
"""Where a name in code has its joints: ``getUserName``, ``HTTPServer``, ``sha256Sum``."""

BARRIER: Final = "\ue000"
"""A word of no text, between the parts of one name and those of the next."""

PRIVATE: Final = ("\ue000", "\uf8ff")
"""The first and the last character that no text may bring into the index."""

_ASCII_WORD: Final = re.compile(r"[A-Za-z0-9]+")
_RUN: Final = re.compile(r"[^\x00-/:-@\[-`{-\x7f]+")
"""What may be a word: the rest parts words in every script. To say what is none compiles faster."""

# Ideographs, kana, bopomofo, hangul, Yi, and the scripts of South East Asia.
_ALONE: Final = (
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u19e0-\u19ff\u1a20-\u1aaf\u3005-\u3007\u3040-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua9e0-\ua9ff\uaa60-\uaa7f\uac00-\ud7a3\uf900-\ufaff"
    "\U00016fe0-\U00018dff\U0001b000-\U0001b2ff\U00020000-\U0003ffff]"
)


@cache
def _alone() -> re.Pattern[str]:
    """The pattern of those, which takes milliseconds to compile, for the first text with others
    than ASCII."""
    return re.compile(_ALONE)


# Of Latin, Greek and Cyrillic letters; elsewhere such marks make another letter.
_ACCENT: Final = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")


class Spot(NamedTuple):
    """A word of a text as it is looked for, and where it stands there."""

    word: str
    start: int
    end: int


class Indexed(NamedTuple):
    """What goes into the index of a text: its words, and the parts of names in code among them."""

    words: str
    parts: str


def indexed(text: str) -> Indexed:
    """What goes into the index."""
    return Indexed(plain(text), parts(text))


def plain(text: str) -> str:
    """The words of a text, for a tokenizer that parts it at whatever is ASCII and no word."""
    return text if text.isascii() else " ".join(spot.word for spot in spots(text))


def words_of(text: str) -> list[str]:
    """The words of a text, as they are looked for."""
    return [spot.word for spot in spots(text)]


def spots(text: str) -> Iterator[Spot]:
    """The words of a text with their places, in their order."""
    if text.isascii():
        for found in _ASCII_WORD.finditer(text):
            yield Spot(found[0].lower(), *found.span())
        return
    for run in _RUN.finditer(text):
        if run[0].isascii():
            yield Spot(run[0].lower(), *run.span())
            continue
        yield from _spots_of_run(run[0], run.start())


def _spots_of_run(run: str, offset: int) -> Iterator[Spot]:
    """The words of what holds no ASCII character that parts words."""
    start = index = 0
    while index < len(run):
        stands_alone = _alone().match(run, index)
        if _belongs(run[index]) and not stands_alone:
            index += 1
            continue
        yield from _spot(run, start, index, offset)
        start, index = index, index + 1
        while stands_alone and index < len(run) and unicodedata.combining(run[index]):
            index += 1
        if stands_alone:
            yield from _spot(run, start, index, offset)
        start = index
    yield from _spot(run, start, len(run), offset)


def _spot(run: str, start: int, end: int, offset: int) -> Iterator[Spot]:
    for word in _plain(run[start:end]) if start < end else ():
        yield Spot(word, offset + start, offset + end)


@lru_cache(4096)
def _belongs(character: str) -> bool:
    """Whether a character is part of a word."""
    if PRIVATE[0] <= character <= PRIVATE[1]:
        return False
    return unicodedata.category(character)[0] in "LNM"


def _plain(word: str) -> list[str]:
    """A word without letter case and accents; a few characters stand for several words."""
    folded = unicodedata.normalize("NFKD", word.casefold())
    folded = unicodedata.normalize("NFC", _ACCENT.sub("", folded)).casefold()
    parted = "".join(each if _belongs(each) else " " for each in folded)
    return _alone().sub(r" \g<0> ", parted).split()


def parts_of(word: str) -> list[str]:
    """The parts of a name in code, without letter case; none where it has no joint."""
    found = HUMP.split(word)
    return [each.lower() for each in found] if len(found) > 1 else []


def parts(text: str) -> str:
    """The parts of all names in code that the text holds; mostly there are none."""
    if text.islower():
        return ""
    # Nearly all words are of small letters, which is faster to see than that there is no joint.
    found = (parts_of(name) for name in _ASCII_WORD.findall(text) if not name.islower())
    return f" {BARRIER} ".join(" ".join(parts) for parts in found if parts)
