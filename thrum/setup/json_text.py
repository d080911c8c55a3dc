"""Changing one value in a JSON text and nothing else.

Comments, order, spelling of numbers, spaces and line ends stay, because only the characters of the
value are put in or taken out. Comments and a comma before a closing bracket are allowed, as several
runtimes allow them in their settings.

What `put` and `join` write, `drop` takes out again: the text is the same as before, except for
what stood between the brackets of an empty object or list.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from json import decoder
from typing import Any, Final

DEEPEST: Final = 200
"""Objects and lists within each other, beyond which a text is left alone."""

_SCAN: Final = vars(decoder)["scanstring"]
"""The text between two quotes, by the standard library's own reading; it is in no interface."""


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


_READ: Final[Callable[[str, int], tuple[Any, int]]] = vars(
    decoder.JSONDecoder(strict=False, parse_constant=_refuse)
)["scan_once"]
"""A value and where it ends, some ten times as fast as what is below; it knows no comments."""

_BLANK: Final = re.compile(r"(?:[ \t\r\n]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_SCALAR: Final = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null")
_COMMENT: Final = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_LINE_END: Final = re.compile(r"[ \t]*\r?\n")
_INDENTED: Final = re.compile(r"\n([ \t]+)\S")

Keys = Sequence[str | int]
"""The way to a value: keys of objects and positions in lists."""


@dataclass(slots=True)
class Node:
    """A value in the text.

    Attributes:
        start, end: where its characters stand.
        value: what it is; for objects and lists whose items are known an empty one.
        items: what is in it, by key or position; of two equal keys the last. They are known on the
            way that was asked for and at its end.
        firsts: where each of the items begins, its key included.
        ends: where they end, also those whose key comes again.
    """

    start: int
    end: int
    value: Any
    items: dict[str | int, Node] = field(default_factory=dict)
    firsts: dict[str | int, int] = field(default_factory=dict)
    ends: list[int] = field(default_factory=list)

    def decoded(self) -> Any:
        """The value with all that is in it."""
        if not self.items:
            return self.value
        if isinstance(self.value, dict):
            return {key: item.decoded() for key, item in self.items.items()}
        if isinstance(self.value, list):
            return [item.decoded() for item in self.items.values()]
        return self.value


def parse(text: str, way: Keys = ()) -> Node:
    """The only value of a text.

    Args:
        text: what stands in the file.
        way: which objects and lists in it are looked into; of all others the value is enough. A
            program's settings may have many megabytes of which ours is one line.

    Raises:
        ValueError: it is no JSON; the message names the line.
    """
    start = _skip(text, 0)
    node = _value(text, start, 0, way)
    rest = _skip(text, node.end)
    if rest != len(text):
        raise _wrong(text, rest, "something follows the value")
    return node


def decode(text: str) -> Any:
    """The value of a text as Python has it.

    Raises:
        ValueError: as `parse`.
    """
    return parse(text).decoded()


def find(text: str, keys: Keys) -> Node | None:
    """The value at the end of the way, None where there is none.

    Raises:
        ValueError: as `parse`.
    """
    node: Node | None = parse(text, keys)
    for key in keys:
        node = node.items.get(key) if node else None
    return node


def put(text: str, keys: Sequence[str], value: Any) -> str:
    """The text with the value at the end of the way; objects on the way are made.

    Raises:
        ValueError: as `parse`, or something else than an object is in the way.
    """
    node = parse(text, keys)
    for depth, key in enumerate(keys):
        if not isinstance(node.value, dict):
            raise ValueError(f"{'.'.join(keys[:depth]) or 'the text'} is no object")
        inner = node.items.get(key)
        if inner is None:
            return _insert(text, node, _nested(keys[depth + 1 :], value), key)
        node = inner
    return text[: node.start] + _spelled(text, node, value) + text[node.end :]


def join(text: str, keys: Sequence[str], value: Any) -> str:
    """The text with the value as the last element of a list, which is made where there is none.

    Raises:
        ValueError: as `put`, or there is no list at the end of the way.
    """
    node = find(text, keys)
    if node is None:
        return put(text, keys, [value])
    if not isinstance(node.value, list):
        raise ValueError(f"{'.'.join(keys)} is no list")
    return _insert(text, node, value)


def drop(text: str, keys: Keys) -> str:
    """The text without the value at the end of the way.

    Raises:
        ValueError: as `parse`.
        KeyError: there is none.
    """
    above, key = find(text, keys[:-1]), keys[-1]
    if above is None or key not in above.items:
        raise KeyError(key)
    first, last = above.firsts[key], above.items[key].end
    before = [end for end in above.ends if end <= first]
    behind = _skip(text, last)
    if text[behind] == ",":
        # The comma before it, or the opening bracket, goes on to what follows.
        start = _opened(text, above, before)
        return text[:start] + _kept(text, start, first, behind + 1) + text[behind + 1 :]
    if not before:
        start, closing = above.start + 1, above.end - 1
        kept = _kept(text, start, first, last)
        # What is left of an empty one is its brackets, unless somebody wrote a remark there.
        rest = kept + text[last:closing]
        return text[:start] + (rest if rest.strip() else "") + text[closing:]
    comma = text.index(",", _skip(text, max(before)))
    return text[:comma] + _kept(text, comma + 1, first, last) + text[last:]


def _kept(text: str, start: int, stop: int, place: int) -> str:
    """The comments between two places, fit to be followed by what stands at a third one."""
    kept = text[start : _content_end(text, start, stop)]
    comments = _COMMENT.findall(kept)
    if comments and comments[-1].startswith("//") and not _LINE_END.match(text, place):
        kept += "\r\n" if "\r\n" in text else "\n"
    return kept


def _opened(text: str, above: Node, before: list[int]) -> int:
    """Where the space before an item begins: behind the comma or the opening bracket."""
    return text.index(",", _skip(text, max(before))) + 1 if before else above.start + 1


def _content_end(text: str, start: int, stop: int) -> int:
    """Where the last comment between two places ends; the first place if there is none."""
    between = text[start:stop].rstrip(" \t\r\n")
    return start + len(between)


def _insert(text: str, above: Node, value: Any, key: str | None = None) -> str:
    """Puts an item behind the last one of an object or a list."""
    newline = "\r\n" if "\r\n" in text else "\n"
    closing = above.end - 1
    outer = _indent_at(text, above.start)
    lines = "\n" in text[above.start : above.end] or not above.items
    inner = _inner_indent(text, above, outer)
    spelled = _dump(text, value, inner if lines and _has_lines(text) else None, newline)
    item = spelled if key is None else f"{json.dumps(key, ensure_ascii=False)}: {spelled}"
    if not above.items:
        kept = text[above.start + 1 : closing].rstrip()
        if not _has_lines(text):
            return text[: above.start + 1] + kept + item + text[closing:]
        return (
            text[: above.start + 1]
            + kept
            + newline
            + inner
            + item
            + newline
            + outer
            + text[closing:]
        )
    last = above.ends[-1]
    behind = _skip(text, last)
    trailing = text[behind] == ","
    place = _content_end(text, behind + 1 if trailing else last, closing)
    space = newline + inner if lines else " "
    if trailing:
        return text[:place] + space + item + "," + text[place:]
    return text[:last] + "," + text[last:place] + space + item + text[place:]


def _has_lines(text: str) -> bool:
    """Whether the text is laid out in lines; an empty one is, so that people can read it."""
    stripped = text.strip()
    return "\n" in stripped or len(stripped) <= 2


def _indent_at(text: str, place: int) -> str:
    """The spaces before the first character of a line."""
    begin = text.rfind("\n", 0, place) + 1
    line = text[begin:place]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _inner_indent(text: str, above: Node, outer: str) -> str:
    """The spaces before what is in an object or a list."""
    if above.firsts:
        first = min(above.firsts.values())
        if text[text.rfind("\n", 0, first) + 1 : first].strip(" \t") == "":
            return _indent_at(text, first)
    return outer + _unit(text)


def _unit(text: str) -> str:
    """What a text is indented by, one step."""
    found = _INDENTED.search(text)
    return found[1] if found else "  "


def _spelled(text: str, node: Node, value: Any) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = _has_lines(text)
    return _dump(text, value, _indent_at(text, node.start) if lines else None, newline)


def _dump(text: str, value: Any, indent: str | None, newline: str) -> str:
    if indent is None:
        return json.dumps(value, ensure_ascii=False)
    spelled = json.dumps(value, ensure_ascii=False, indent=_unit(text))
    return spelled.replace("\n", newline + indent)


def _nested(keys: Sequence[str], value: Any) -> Any:
    for key in reversed(keys):
        value = {key: value}
    return value


def _skip(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place


def _value(text: str, start: int, depth: int, way: Keys) -> Node:
    """The value that begins at a place, its items one by one."""
    if depth > DEEPEST:
        raise _wrong(text, start, "it is nested too deeply")
    opening = text[start : start + 1]
    if opening == "{":
        return _object(text, start, depth, way)
    if opening == "[":
        return _list(text, start, depth, way)
    if opening == '"':
        said, end = _string(text, start)
        return Node(start, end, said)
    found = _SCALAR.match(text, start)
    if found is None:
        raise _wrong(text, start, "a value is missing")
    return Node(start, found.end(), json.loads(found[0]))


def _inner(text: str, start: int, depth: int, way: Keys, key: str | int) -> Node:
    """An item: one by one on the way, as a whole beside it."""
    if way and way[0] == key:
        return _value(text, start, depth + 1, way[1:])
    try:
        value, end = _READ(text, start)
    except (StopIteration, ValueError, RecursionError):
        return _value(text, start, depth + 1, ())
    return Node(start, end, value)


def _object(text: str, start: int, depth: int, way: Keys) -> Node:
    node = Node(start, start, {})
    place = _skip(text, start + 1)
    while text[place : place + 1] != "}":
        if text[place : place + 1] != '"':
            raise _wrong(text, place, "a key in double quotes is missing")
        key, behind = _string(text, place)
        colon = _skip(text, behind)
        if text[colon : colon + 1] != ":":
            raise _wrong(text, colon, "a colon is missing")
        node.firsts[key] = place
        place = _keep(node, key, _inner(text, _skip(text, colon + 1), depth, way, key))
        place = _next(text, place, "}")
    node.end = place + 1
    return node


def _list(text: str, start: int, depth: int, way: Keys) -> Node:
    node = Node(start, start, [])
    place = _skip(text, start + 1)
    while text[place : place + 1] != "]":
        number = len(node.items)
        node.firsts[number] = place
        place = _keep(node, number, _inner(text, place, depth, way, number))
        place = _next(text, place, "]")
    node.end = place + 1
    return node


def _keep(node: Node, key: str | int, item: Node) -> int:
    """Adds an item to an object or a list; where it ends."""
    node.items[key] = item
    node.ends.append(item.end)
    return item.end


def _next(text: str, place: int, closing: str) -> int:
    """Where the next item or the closing bracket stands."""
    place = _skip(text, place)
    found = text[place : place + 1]
    if found == ",":
        return _skip(text, place + 1)
    if found != closing:
        raise _wrong(text, place, f"a comma or {closing} is missing")
    return place


def _string(text: str, start: int) -> tuple[str, int]:
    try:
        # Control characters in strings are let pass; nobody's file is refused for them.
        said, end = _SCAN(text, start + 1, False)
    except ValueError as error:
        raise _wrong(text, start, "a text does not end") from error
    return str(said), int(end)


def _wrong(text: str, place: int, what: str) -> ValueError:
    return ValueError(f"line {text.count(chr(10), 0, place) + 1}: {what}")
