"""One table of ours in a TOML text: put at its end, taken out again, and nothing else changed.

A table under its own header may stand at the end of any TOML text, so no line of others is touched
and their layout needs no understanding. What comes out is read again and must say what was meant;
where it does not (a table within a line, a header inside of a text) the file is left alone.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, Final

_HEADER: Final = re.compile(r"^[ \t]*\[", re.MULTILINE)
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")


def decode(text: str) -> dict[str, Any]:
    """What the text says.

    Raises:
        ValueError: it is no TOML; the message names the line.
    """
    return tomllib.loads(text)


def find(text: str, keys: Sequence[str]) -> Any:
    """The value at the end of the way, None where there is none.

    Raises:
        ValueError: as `decode`.
    """
    found: Any = decode(text)
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def put(text: str, keys: Sequence[str], value: Mapping[str, Any]) -> str:
    """The text with the table at its end, where it had one or not.

    Args:
        text: what stands in the file.
        keys: the way to the table.
        value: texts, numbers, truths, and lists of these.

    Raises:
        ValueError: as `decode`, or the table cannot be put there.
    """
    wanted = _with(decode(text), keys, value)
    if find(text, keys) is not None:
        text = drop(text, keys)
    newline = "\r\n" if "\r\n" in text else "\n"
    gap = "" if not text else newline if text.endswith("\n") else 2 * newline
    lines = [f"[{_name(keys)}]", *(f"{_key(key)} = {_spelled(value[key])}" for key in value)]
    after = text + gap + "".join(line + newline for line in lines)
    _demand(after, (wanted,), keys)
    return after


def drop(text: str, keys: Sequence[str]) -> str:
    """The text without the table and the empty line before it.

    Raises:
        ValueError: as `decode`, or it stands there in a way that cannot be taken out.
        KeyError: there is none.
    """
    before = decode(text)
    if find(text, keys) is None:
        raise KeyError(keys[-1])
    name = r"[ \t]*\.[ \t]*".join(_spellings(key) for key in keys)
    header = rf"^[ \t]*\[[ \t]*{name}[ \t]*(?:\.[^\]\n]*)?\][^\n]*$"
    mine = re.compile(header, re.MULTILINE)
    after = text
    # From the end, where we put it: what looks like it before may stand in a text of many lines.
    for found in reversed(list(mine.finditer(text))):
        following = _HEADER.search(after, found.end())
        start, end = found.start(), following.start() if following else len(after)
        newline = "\r\n" if after[:start].endswith("\r\n") else "\n"
        if after[:start].endswith(2 * newline) and not following:
            start -= len(newline)
        after = after[:start] + after[end:]
        if _is_gone(after, keys):
            break
    _demand(after, (_without(before, keys), _without(before, keys, keep=True)), keys)
    return after


def _is_gone(text: str, keys: Sequence[str]) -> bool:
    try:
        return find(text, keys) is None
    except ValueError:
        return False


def _demand(text: str, wanted: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> None:
    """Refuses a text that says nothing of what was meant."""
    try:
        is_meant = decode(text) in wanted
    except ValueError:
        is_meant = False
    if not is_meant:
        raise ValueError(f"the table {_name(keys)} stands in a way that cannot be changed safely")


def _name(keys: Sequence[str]) -> str:
    return ".".join(_key(key) for key in keys)


def _spellings(key: str) -> str:
    """A pattern for a key, in quotes or without them."""
    return rf"(?:{re.escape(key)}|{re.escape(_spelled(key))}|'{re.escape(key)}')"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _spelled(key)


def _spelled(value: Any) -> str:
    """A value in TOML: JSON spells texts, numbers, truths and lists of them the same way."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _with(before: Mapping[str, Any], keys: Sequence[str], value: Any) -> dict[str, Any]:
    if not keys:
        return dict(value)
    inner = before.get(keys[0], {})
    if not isinstance(inner, Mapping):
        raise ValueError(f"{keys[0]} is no table")
    return {**before, keys[0]: _with(inner, keys[1:], value)}


def _without(
    before: Mapping[str, Any], keys: Sequence[str], *, keep: bool = False
) -> dict[str, Any]:
    """What is left without the table, and without tables that had nothing else in them.

    Args:
        before: what the text says.
        keys: the way to the table.
        keep: whether these are kept, as those with a header of their own are.
    """
    inner = _without(before[keys[0]], keys[1:], keep=keep) if len(keys) > 1 else {}
    rest = {key: value for key, value in before.items() if key != keys[0]}
    return {**before, keys[0]: inner} if inner or (keep and len(keys) > 1) else rest
