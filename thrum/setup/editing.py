"""What becomes of one file's text: our entries put in, or taken out again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from thrum.runtimes import mark
from thrum.runtimes.contract import Block, Entry, Own, Piece
from thrum.setup import json_text, markdown, toml_text

Keys = tuple[str | int, ...]

_BLANK: Final = str.maketrans("", "", " \t\r\n")


class Edited(NamedTuple):
    """A text after the change.

    Attributes:
        text: what the file shall hold; None if there shall be none.
        made: the ways to objects and lists that were not there before.
        left: what is somebody else's and was left, a sentence each.
    """

    text: str | None
    made: tuple[Keys, ...] = ()
    left: tuple[str, ...] = ()


def written(text: str | None, pieces: Sequence[Piece]) -> Edited:
    """The text of a file with the pieces in it, all of which belong to that file.

    Args:
        text: what it holds; None if there is no file.
        pieces: what shall be in it.

    Raises:
        ValueError: it holds something that cannot be read, or stands in the way.
    """
    first = pieces[0]
    if isinstance(first, Own):
        return Edited(first.text)
    if isinstance(first, Block):
        return Edited(markdown.put(text or "", first.text))
    entries = [each for each in pieces if isinstance(each, Entry)]
    if first.syntax == "toml":
        return _toml(text or "", entries)
    start = text if text and text.strip() else json.dumps(dict(first.base)) + "\n"
    return _json(start, entries)


def cleared(text: str, pieces: Sequence[Piece], made: Iterable[Keys] | None) -> Edited:
    """The text of a file without what is ours.

    Args:
        text: what it holds.
        pieces: what setup would write into it today.
        made: the objects and lists that were made for our entries, which go if nothing is left in
            them; where that is not known, all that become empty.

    Raises:
        ValueError: as `written`.
    """
    first = pieces[0]
    if isinstance(first, Own):
        return Edited(None)
    if isinstance(first, Block):
        left = markdown.drop(text)
        return Edited(left or None)
    entries = [each for each in pieces if isinstance(each, Entry)]
    if first.syntax == "toml":
        for entry in entries:
            if mark.is_ours(toml_text.find(text, entry.keys)):
                text = toml_text.drop(text, entry.keys)
        return Edited(text if text.strip() else None)
    text, emptied = _stripped(text, entries, keep=False)
    for key in dict.fromkeys(key for entry in entries for key in entry.answers):
        text = _forgotten(text, key)
    for keys in sorted(emptied if made is None else made, key=len, reverse=True):
        found = json_text.find(text, keys)
        # A remark between the brackets is somebody's reason to have them.
        if keys and found and text[found.start : found.end].translate(_BLANK) in {"{}", "[]"}:
            text = json_text.drop(text, keys)
    return Edited(None if _says_nothing(text, first.base) else text)


def _forgotten(text: str, key: str) -> str:
    """The text without our name in a list, and without the list where nothing else was in it."""
    node = json_text.find(text, (key,))
    names = node.decoded() if node else None
    if node is None or not isinstance(names, list) or mark.PROGRAM not in names:
        return text
    for place in reversed([at for at, name in enumerate(names) if name == mark.PROGRAM]):
        text = json_text.drop(text, (key, place))
    left = json_text.find(text, (key,))
    is_empty = left and text[left.start : left.end].translate(_BLANK) == "[]"
    return json_text.drop(text, (key,)) if is_empty else text


def _says_nothing(text: str, base: Mapping[str, Any]) -> bool:
    """Whether only what every such file holds is left, and nobody wrote a remark there."""
    try:
        return json.loads(text) in ({}, dict(base))
    except ValueError:
        return False


def _toml(text: str, entries: Iterable[Entry]) -> Edited:
    left = []
    for entry in entries:
        found = toml_text.find(text, entry.keys)
        if found == entry.value:
            continue
        if found is not None and not mark.is_ours(found):
            left.append(f"{'.'.join(entry.keys)} is somebody else's")
            continue
        text = toml_text.put(text, entry.keys, entry.value)
    return Edited(text, (), tuple(left))


def _json(text: str, entries: Sequence[Entry]) -> Edited:
    before = json_text.parse(text, entries[0].keys)
    if not isinstance(before.value, dict):
        raise ValueError("it holds no JSON object")
    made = [keys for entry in entries for keys in _missing(text, entry)]
    left = []
    text, _ = _stripped(text, entries, keep=True)
    for entry in entries:
        found = json_text.find(text, entry.keys)
        value = found.decoded() if found else None
        if entry.joins:
            if value is not None and not isinstance(value, list):
                raise ValueError(f"{'.'.join(entry.keys)} is no list")
            if entry.value not in (value or []):
                text = json_text.join(text, entry.keys, entry.value)
        elif found is None or mark.is_ours(value):
            if value != entry.value:
                text = json_text.put(text, entry.keys, entry.value)
        else:
            left.append(f"{'.'.join(entry.keys)} is somebody else's")
    return Edited(text, tuple(dict.fromkeys(made)), tuple(left))


def _missing(text: str, entry: Entry) -> Iterator[Keys]:
    """The ways to the objects, and the list, that have to be made for an entry."""
    last = len(entry.keys) if entry.joins else len(entry.keys) - 1
    for depth in range(1, last + 1):
        if json_text.find(text, entry.keys[:depth]) is None:
            yield entry.keys[:depth]


def _stripped(text: str, entries: Sequence[Entry], *, keep: bool) -> tuple[str, list[Keys]]:
    """The text without what is ours, and the ways to objects and lists that it was taken from.

    Args:
        text: a JSON text.
        entries: what setup would write into it.
        keep: whether entries that stand there as they should stay. Of those that are no element of
            a list nothing goes then, as they are put in place.
    """
    emptied: list[Keys] = []
    wanted = {entry.keys: entry.value for entry in entries if entry.joins}
    doomed: list[Keys] = []
    for above in dict.fromkeys(entry.keys[:-1] for entry in entries if entry.joins):
        node = json_text.find(text, above)
        for event, inner in (node.items if node else {}).items():
            place = (*above, event)
            once = wanted.get(tuple(str(each) for each in place)) if keep else None
            for at in _ours_in(inner.decoded(), once):
                doomed.append((*place, *at))
    if not keep:
        for entry in entries:
            node = None if entry.joins else json_text.find(text, entry.keys)
            if node and mark.is_ours(node.decoded()):
                doomed.append(entry.keys)
    for place in reversed(list(dict.fromkeys(doomed))):
        text = json_text.drop(text, place)
        emptied += [place[:depth] for depth in range(1, len(place))]
    return text, list(dict.fromkeys(emptied))


def _ours_in(elements: Any, once: Any) -> Iterator[Keys]:
    """Where our handlers are in a list of hooks; the first that is as it should be stays."""
    seen = False
    for number, element in enumerate(elements if isinstance(elements, list) else ()):
        if once is not None and element == once and not seen:
            seen = True
            continue
        rest = mark.without_ours(element)
        if rest is None:
            yield (number,)
        elif rest != element:
            for inner, handler in enumerate(element["hooks"]):
                if mark.is_ours(handler):
                    yield (number, "hooks", inner)


def by_file(pieces: Iterable[Piece]) -> dict[Path, list[Piece]]:
    """The pieces of each file, in their order."""
    found: dict[Path, list[Piece]] = {}
    for piece in pieces:
        found.setdefault(piece.path, []).append(piece)
    return found
