"""What is claimed: paths and globs from the repository's root, and keys; which of them overlap.

A path covers itself and everything below it. A glob covers the paths that it matches: ``*``, ``?``
and ``[a-z]`` stay within a name, ``**`` as a whole name stands for any number of names, none as
well. Anything that begins with a word and a colon (``task:auth-42``) is a key, for work that must
have one owner.

Everything is compared in composed form and without regard to case on every system: a clone on a
disk that knows no case must decide as all others do. Whether two globs overlap is whether a path
is there that both match, so their languages are intersected, by names and within names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeVar

from thrum.errors import ThrumError

T = TypeVar("T")

Kind = Literal["path", "key"]

LONGEST: Final = 1024
"""Characters of what is claimed."""
LONGEST_PATH: Final = 4096
"""Characters of a path that is asked about."""
MOST_NAMES: Final = 64
"""Names in a glob."""
MOST_WILD: Final = 24
"""Wildcards in a glob; comparing two takes time that grows with both."""

ROOT: Final = "."
"""The whole repository, as it is written."""
_LAST: Final = 0x10FFFF
_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.+-]+:")
_SHOWN: Final = 60

Ranges = tuple[tuple[int, int], ...]
"""Code points, from the first to the last of each range; sorted and apart."""

_ANY: Final[Ranges] = ((0, _LAST),)


class _Many:
    """Any number of names, or of characters of one."""


MANY: Final = _Many()
Token = Ranges | _Many
Name = str | tuple[Token, ...] | _Many
"""A name as it is, one that stands for several, or any number of them."""


class What(NamedTuple):
    """What is claimed, as it stands in the log: its kind, and the text from the root."""

    kind: Kind
    text: str

    @classmethod
    def of(cls, kind: str, text: str) -> What:
        """What an event or a row says, of which it was looked at that it is one."""
        return cls("key" if kind == "key" else "path", text)


def read(said: str, directory: str = "") -> What:
    """What somebody who stands in a directory means.

    Args:
        said: a path, a glob or a key.
        directory: from the repository's root; paths are told from there.

    Raises:
        ThrumError: ``invalid_params``, it can be none of these; ``too_large``.
    """
    if len(said) > LONGEST or len(directory) > LONGEST:
        raise ThrumError("too_large", f"what is claimed is longer than {LONGEST:,} characters")
    if not said.strip():
        raise ThrumError("invalid_params", "what is claimed is empty", "name a path, glob or key")
    if not said.isprintable() or not directory.isprintable():
        raise ThrumError("invalid_params", f"not printable: {said[:_SHOWN]!r}")
    said = unicodedata.normalize("NFC", said)
    if _KEY.match(said):
        return What("key", said)
    text = _from_root(said, escaped(unicodedata.normalize("NFC", directory)))
    _names(fold(text))
    return What("path", text)


def escaped(path: str) -> str:
    """The path as a pattern that means it and nothing else."""
    return re.sub(r"([\\*?\[\]])", r"\\\1", path)


def literal(path: str) -> What:
    """What a path from the root names, whatever characters are in it."""
    return What("path", escaped(path))


def is_right(what: What) -> bool:
    """Whether the text can have come from `read`, which lines of others need not have."""
    text = f"./{what.text}" if what.kind == "path" else what.text
    try:
        return read(text) == what
    except ThrumError:
        return False


def path(said: str, directory: str = "") -> str:
    """A path from the repository's root, in which no character stands for others.

    Raises:
        ThrumError: ``invalid_params``, it is none, or is outside; ``too_large``.
    """
    if len(said) > LONGEST_PATH or len(directory) > LONGEST_PATH:
        raise ThrumError("too_large", f"a path is longer than {LONGEST_PATH:,} characters")
    return _from_root(unicodedata.normalize("NFC", said), unicodedata.normalize("NFC", directory))


def _from_root(said: str, directory: str) -> str:
    """The path from the repository's root, without detours."""
    if said.startswith(("/", "~/")) or "\0" in said:
        raise ThrumError(
            "invalid_params",
            f"{said[:_SHOWN]!r} is no path in the repository",
            "paths are told from the repository's root or from where you are",
        )
    found: list[str] = []
    for name in (*directory.split("/"), *said.split("/")):
        if name == "..":
            if not found:
                raise ThrumError("invalid_params", f"{said[:_SHOWN]!r} is outside the repository")
            found.pop()
        elif name not in ("", "."):
            found.append(name)
    return "/".join(found) or ROOT


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """The text as it is compared."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def is_glob(text: str) -> bool:
    """Whether it stands for several paths by wildcards."""
    return any(not isinstance(token, str) for token in _tokens(text))


def _tokens(text: str) -> Iterator[str | Token]:
    """The characters of a pattern that mean themselves, and what stands for others.

    Raises:
        ThrumError: ``invalid_params``, it is no pattern.
    """
    index = 0
    while index < len(text):
        char = text[index]
        index += 1
        if char == "\\":
            if index == len(text):
                raise ThrumError("invalid_params", f"{text[:_SHOWN]!r} ends with a backslash")
            yield text[index]
            index += 1
        elif char == "*":
            while text[index : index + 1] == "*":
                index += 1
            yield MANY
        elif char == "?":
            yield _ANY
        elif char == "[":
            ranges, index = _ranges(text, index)
            yield ranges
        else:
            yield char


def _ranges(text: str, index: int) -> tuple[Ranges, int]:
    """The characters between brackets, and where they end."""
    is_not = text[index : index + 1] in ("!", "^")
    begin = index + is_not
    end = text.find("]", begin + 1)
    if end < 0 or "/" in text[begin:end]:
        raise ThrumError(
            "invalid_params",
            f"in {text[:_SHOWN]!r} a bracket is not closed",
            "a bracket that means itself is written \\[",
        )
    inside, found, place = text[begin:end], [], 0
    while place < len(inside):
        first = last = ord(inside[place])
        if inside[place + 1 : place + 2] == "-" and place + 2 < len(inside):
            last = ord(inside[place + 2])
            place += 2
        if first > last:
            raise ThrumError("invalid_params", f"in {text[:_SHOWN]!r} a range is empty")
        found.append((first, last))
        place += 1
    joined = _joined(found)
    return (_others(joined) if is_not else joined), end + 1


def _joined(ranges: list[tuple[int, int]]) -> Ranges:
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return tuple(found)


def _others(ranges: Ranges) -> Ranges:
    """Every character that is in none of these."""
    found, begin = [], 0
    for first, last in ranges:
        if begin < first:
            found.append((begin, first - 1))
        begin = last + 1
    if begin <= _LAST:
        found.append((begin, _LAST))
    return tuple(found)


@lru_cache(maxsize=4096)
def _names(folded: str) -> tuple[Name, ...]:
    """The names of a pattern; a path without wildcards goes on with any number of them.

    Raises:
        ThrumError: ``invalid_params``, it is no pattern, or too much of one.
    """
    if folded == ROOT:
        return (MANY,)
    names: list[Name] = []
    wild = 0
    for part in folded.split("/"):
        tokens = list(_tokens(part))
        count = sum(not isinstance(token, str) for token in tokens)
        wild += count
        if part == "**":
            names.append(MANY)
        elif count:
            names.append(tuple(_ranged(token) for token in tokens))
        else:
            names.append("".join(str(token) for token in tokens))
    if wild > MOST_WILD or (wild and len(names) > MOST_NAMES):
        raise ThrumError(
            "too_large",
            f"a glob has {MOST_WILD} wildcards and {MOST_NAMES} names at most",
            "claim the folder",
        )
    return tuple(names) if wild else (*names, MANY)


def _ranged(token: str | Token) -> Token:
    return ((ord(token), ord(token)),) if isinstance(token, str) else token


@lru_cache(maxsize=4096)
def anchor(what: What) -> str:
    """The folder or path, as it is compared, below which everything is that it covers.

    Of two that overlap, the anchor of one is that of the other or lies below it. Of a key it is the
    key; of what lies anywhere it is empty.
    """
    folded = fold(what.text)
    if what.kind == "key":
        return folded
    found: list[str] = []
    for part in folded.split("/"):
        if part == ROOT or is_glob(part):
            break
        found.append("".join(str(token) for token in _tokens(part)))
    return "/".join(found)


def above(path: str) -> list[str]:
    """An anchor and all anchors above it."""
    found = [path]
    while "/" in path:
        path = path.rpartition("/")[0]
        found.append(path)
    return found if path == "" else [*found, ""]


def overlap(one: What, other: What) -> bool:
    """Whether something is covered by both."""
    if one.kind != other.kind:
        return False
    if one.kind == "key":
        return fold(one.text) == fold(other.text)
    first, second = sorted((fold(one.text), fold(other.text)))
    return first == second or _meet_somewhere(first, second)


def covers(what: What, path: str) -> bool:
    """Whether it covers that path, which is told from the root and has no wildcards."""
    folded = fold(path)
    if what.kind != "path" or anchor(what) not in above(folded):
        return False
    names: tuple[Name, ...] = tuple(folded.split("/"))
    return _meet(_names(fold(what.text)), names, _alike)


@lru_cache(maxsize=65536)
def _meet_somewhere(one: str, other: str) -> bool:
    return _meet(_names(one), _names(other), _alike)


def _alike(one: Name, other: Name) -> bool:
    """Whether a name is matched by both; neither is a `MANY`."""
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    return _meet(_tokens_of(one), _tokens_of(other), _share)


def _tokens_of(name: Name) -> tuple[Token, ...]:
    if isinstance(name, str):
        return tuple(_ranged(char) for char in name)
    return name if isinstance(name, tuple) else (name,)


def _share(one: Token, other: Token) -> bool:
    """Whether a character is in both; neither is a `MANY`."""
    if isinstance(one, _Many) or isinstance(other, _Many):
        return False
    return any(a <= d and c <= b for a, b in one for c, d in other)


Place = tuple[int, int]
"""How far one is in each of two patterns."""


def _step(
    one: Sequence[T], other: Sequence[T], place: Place, agree: Callable[[T, T], bool]
) -> Iterator[Place]:
    """From a place in both the places that something may lead to which both match."""
    i, j = place
    first = one[i] if i < len(one) else None
    second = other[j] if j < len(other) else None
    if isinstance(first, _Many) or isinstance(second, _Many):
        # Where one has any number, it takes what the other has, or is at its end.
        if isinstance(first, _Many) or (first is not None and isinstance(second, _Many)):
            yield i + 1, j
        if isinstance(second, _Many) or (second is not None and isinstance(first, _Many)):
            yield i, j + 1
    elif first is not None and second is not None and agree(first, second):
        yield i + 1, j + 1


def _meet(one: Sequence[T], other: Sequence[T], agree: Callable[[T, T], bool]) -> bool:
    """Whether something is matched by both patterns."""
    end = (len(one), len(other))
    seen: set[Place] = {(0, 0)}
    open_places = [(0, 0)]
    while open_places:
        place = open_places.pop()
        if place == end:
            return True
        for each in _step(one, other, place, agree):
            if each not in seen:
                seen.add(each)
                open_places.append(each)
    return False
