"""The part of YAML that ``.thrum/config.yaml`` may use.

Read are blank lines, comments, one ``---`` before everything, ``key: value``, and ``key:`` with
deeper-indented lines below it. A value is ``true``, ``false``, ``null`` (or ``~``, or nothing), a
whole number, a text in quotes, or a plain text. Lists, flow style, anchors, tags, block texts and
tabs are refused with their line number rather than misread.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NamedTuple

_ENTRY = re.compile(r"( *)([A-Za-z0-9_.-]+):(?:\s+(.*))?")
_QUOTED = re.compile(r"""('(?:[^']|'')*'|"(?:[^"\\]|\\.)*")\s*(?:\s#.*)?""")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_NOT_PLAIN: Final = tuple("-?:,[]{}#&*!|>'\"%@`")


class _Level(NamedTuple):
    """A mapping that lines are added to, and the indentation of its keys."""

    indent: int
    mapping: dict[str, Any]


def parse(text: str) -> dict[str, Any]:
    """The document as nested mappings.

    Raises:
        ValueError: a line is outside the part of YAML that is read; the text names the line.
    """
    root: dict[str, Any] = {}
    levels = [_Level(0, root)]
    opened: dict[str, Any] | None = None
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        bare = line.strip()
        if not bare or bare.startswith("#") or (bare == "---" and not root):
            continue
        entry = _ENTRY.fullmatch(line.rstrip())
        if entry is None:
            raise ValueError(f"line {number} is more than `key: value`")
        levels = _levels(len(entry[1]), levels, opened, number)
        mapping, name, rest = levels[-1].mapping, entry[2], entry[3] or ""
        if name in mapping:
            raise ValueError(f"line {number} gives {name!r} a second time")
        opened = None
        mapping[name] = _scalar(rest, number)
        if mapping[name] is None:
            mapping[name] = opened = {}
    return _closed(root)


def _levels(
    indent: int, levels: list[_Level], opened: dict[str, Any] | None, number: int
) -> list[_Level]:
    """The mappings that are open for a line of this indentation, its own one last."""
    if indent > levels[-1].indent and opened is not None:
        return [*levels, _Level(indent, opened)]
    kept = [level for level in levels if level.indent <= indent]
    if kept[-1].indent != indent:
        raise ValueError(f"line {number} is indented like no line above it")
    return kept


def _scalar(rest: str, number: int) -> Any:
    quoted = _QUOTED.fullmatch(rest)
    if quoted and rest[0] == "'":
        return quoted[1][1:-1].replace("''", "'")
    if quoted:
        try:
            return json.loads(quoted[1])
        except ValueError:
            raise ValueError(f"line {number} has an escape that is not read here") from None
    plain = re.sub(r"(?:^|\s)#.*$", "", rest).strip()
    if plain in _WORDS:
        return _WORDS[plain]
    if _INTEGER.fullmatch(plain):
        return int(plain)
    if plain.startswith(_NOT_PLAIN) or ": " in plain or plain.endswith(":"):
        raise ValueError(f"line {number} is more than `key: value`; a text may need quotes")
    return plain


def _closed(mapping: dict[str, Any]) -> dict[str, Any]:
    """The mapping, where a key with nothing below it holds null."""
    return {
        name: (_closed(value) or None) if isinstance(value, dict) else value
        for name, value in mapping.items()
    }
