"""Lines: their canonical bytes, their keys, and a file of them in normal form.

The canonical bytes are those that the oldest node in the field writes back after a merge: keys
sorted, no spaces, raw UTF-8, but ``<``, ``>``, ``&``, U+2028 and U+2029 as ``\\u`` escapes, the
default of Go's ``encoding/json``. Other bytes would make such a node commit for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from gitstore.format import Format

DEEPEST: Final = 200
"""How deep objects and lists of a line may be nested."""
_STEPS: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_ESCAPES: Final = (
    (b"<", b"\\u003c"),
    (b">", b"\\u003e"),
    (b"&", b"\\u0026"),
    ("\u2028".encode(), b"\\u2028"),
    ("\u2029".encode(), b"\\u2029"),
)


def canonical(value: object) -> bytes:
    """A JSON-able value (a mapping or a msgspec struct) as the bytes that stand in the log.

    Raises:
        ValueError: the value holds text that is no Unicode (a lone surrogate).
    """
    data = msgspec.json.encode(value, order="sorted")
    for raw, escaped in _ESCAPES:
        # These characters can stand only inside strings, so replacing bytes is safe.
        if raw in data:
            data = data.replace(raw, escaped)
    return data


class Line(NamedTuple):
    """One line of the log.

    Attributes:
        path: the file it stands in, or the shard it is bound for while it is in the journal.
        offset: its first byte in that file; -1 in the journal.
        raw: its bytes without the newline.
    """

    path: str
    offset: int
    raw: bytes


def printable(path: str) -> str:
    """A path for people and databases: bytes that are no UTF-8 as ``\\xff``."""
    return path.encode(errors="surrogateescape").decode(errors="backslashreplace")


class Keys(NamedTuple):
    """What a merge needs to know of a line; `id` is empty when the line has none."""

    id: str
    order: str


class Reader:
    """Reads the keys of lines of one format."""

    def __init__(self, format: Format) -> None:
        names = {"id": format.id_key, "order": format.order_key}
        keys = msgspec.defstruct("_Keys", [(name, str, "") for name in names], rename=names)
        row = msgspec.defstruct("_Row", [(key, str, "") for key in format.row_keys])
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(keys)
        self._rows: msgspec.json.Decoder[Any] = msgspec.json.Decoder(row)
        self._row_keys = format.row_keys

    def keys(self, raw: bytes) -> Keys:
        """The line's keys; both empty when it is no object with a usable id."""
        if is_too_deep(raw):
            return Keys("", "")
        try:
            found = self._decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Keys("", "")
        return Keys(found.id, found.order) if found.id else Keys("", "")

    def row_order(self, raw: bytes) -> str:
        """The moment of a row without id, or nothing."""
        if is_too_deep(raw):
            return ""
        try:
            found = self._rows.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return ""
        return next((v for key in self._row_keys if (v := getattr(found, key))), "")


def is_object(raw: bytes) -> bool:
    """Whether a line is a JSON object, with an id or without."""
    if is_too_deep(raw):
        return False
    try:
        return isinstance(msgspec.json.decode(raw, type=dict[str, msgspec.Raw]), dict)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def is_too_deep(raw: bytes) -> bool:
    """Whether a line is nested deeper than `DEEPEST`, and so means nothing to anybody.

    A decoder gives up where the stack happens to end. Replicas that decided by that would not
    agree on which lines have an id, so the bound is counted here and lies far below.
    """
    if len(raw) <= 2 * DEEPEST or raw.count(b"[") + raw.count(b"{") <= DEEPEST:
        return False
    depth = 0
    for step in _STEPS.finditer(raw):
        if step[0] in (b"[", b"{"):
            depth += 1
            if depth > DEEPEST:
                return True
        elif step[0] in (b"]", b"}"):
            depth -= 1
    return False


def split(data: bytes) -> Iterable[tuple[int, bytes]]:
    """Offset and bytes of every line that is not empty; the last may lack its newline."""
    start = 0
    for raw in data.split(b"\n"):
        if raw:
            yield start, raw
        start += len(raw) + 1


def numbered(data: bytes) -> Iterable[tuple[int, bytes]]:
    """Number, counted from 1, and bytes of every line that is not empty."""
    return ((number, raw) for number, raw in enumerate(data.split(b"\n"), 1) if raw)


def new_lines(path: str, old: bytes, new: bytes) -> Iterable[Line]:
    """The lines of a file's new version that its old version lacks."""
    if new.startswith(old) and (not old or old.endswith(b"\n")):
        for offset, raw in split(new[len(old) :]):
            yield Line(path, len(old) + offset, raw)
        return
    known = {raw for _, raw in split(old)}
    for offset, raw in split(new):
        if raw not in known:
            yield Line(path, offset, raw)


class Conflict(Struct, frozen=True):
    """Two lines claim one id; `kept` stands, `dropped` is gone from the file."""

    path: str
    id: str
    kept: bytes
    dropped: bytes


def normal(
    path: str, sides: Iterable[bytes], reader: Reader, conflicts: list[Conflict] | None = None
) -> bytes:
    """The union of files of lines, in the one form that every replica computes alike.

    Lines are keyed by id; of two lines with one id the smaller by (order, bytes) stands. They are
    sorted by (order, id). Lines without an id are keyed by their bytes and stand at the end,
    sorted. Each is ended by a newline.
    """
    by_id: dict[str, tuple[str, bytes]] = {}
    loose: set[bytes] = set()
    for data in sides:
        for _, raw in split(data):
            id, order = reader.keys(raw)
            if not id:
                loose.add(raw)
                continue
            new = (order, raw)
            old = by_id.setdefault(id, new)
            if old == new:
                continue
            by_id[id] = min(old, new)
            if conflicts is not None:
                conflicts.append(Conflict(path, id, min(old, new)[1], max(old, new)[1]))
    ordered = sorted((order, id, raw) for id, (order, raw) in by_id.items())
    lines = [raw for _, _, raw in ordered] + sorted(loose)
    return b"".join(raw + b"\n" for raw in lines)


def normal_rows(sides: Iterable[bytes], reader: Reader) -> bytes:
    """The union of whole rows, sorted by (moment, bytes)."""
    rows = {raw for data in sides for _, raw in split(data)}
    return b"".join(raw + b"\n" for raw in sorted(rows, key=lambda r: (reader.row_order(r), r)))


def newer(one: bytes, other: bytes, reader: Reader) -> bytes:
    """The JSON object with the later moment; of equal ones the larger bytes."""
    return max(one, other, key=lambda data: (reader.row_order(data), data))


def whole_lines(data: bytes, reader: Reader) -> bytes:
    """The file up to its last whole line, which may lack its newline if it can be read."""
    kept = without_end(data, reader)
    return kept if not kept or kept.endswith(b"\n") else kept + b"\n"


def without_end(data: bytes, reader: Reader) -> bytes:
    """The file without an end that is no line; an end that can be read is one."""
    cut = data.rfind(b"\n") + 1
    return data if reader.keys(data[cut:]).id else data[:cut]
