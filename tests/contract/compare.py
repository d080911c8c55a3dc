"""What an answer here lacks, has otherwise or should have left out, beside a recorded one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

TELLTALE: Final = (
    "message_id",
    "session_id",
    "group_id",
    "member_value",
    "agent_id",
    "name",
    "sha",
    "path",
)
"""By which of its fields an element of a list is told from the others."""

WORDS: Final = {"kind", "source", "format", "type", "member_type", "status", "deleted"}
"""Fields whose values programs branch on: of the same thing they are the same."""


def kind_of(value: Any) -> str:
    """The JSON type; whole numbers are told from others."""
    return {type(None): "null", bool: "boolean", int: "integer"}.get(
        type(value), type(value).__name__
    )


def identity(value: Any) -> str:
    """What an element of a list is told by; of two things that are one it is the same."""
    if isinstance(value, dict):
        found = [str(value[key]) for key in TELLTALE if key in value]
        return found[0] if found else repr(sorted(value.items(), key=str))
    return repr(value)


def is_empty(value: Any) -> bool:
    """Whether it is what is left out; false says something."""
    return value is not False and value in (None, "", [], {}, 0)


def differences(theirs: Any, ours: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Where the answers differ, and how; more fields are welcome, values may differ."""
    if kind_of(theirs) != kind_of(ours):
        yield path, f"{kind_of(ours)} where {kind_of(theirs)} is recorded"
    elif isinstance(theirs, dict):
        yield from _of_fields(theirs, ours, path)
    elif isinstance(theirs, list):
        yield from _of_elements(theirs, ours, path)
    elif path.rpartition(".")[2] in WORDS and theirs != ours and "<" not in str(theirs):
        yield path, f"{ours!r} where {theirs!r} is recorded"


def _of_fields(
    theirs: dict[str, Any], ours: dict[str, Any], path: str
) -> Iterator[tuple[str, str]]:
    for key, value in theirs.items():
        if key in ours:
            yield from differences(value, ours[key], f"{path}.{key}")
        else:
            yield f"{path}.{key}", "missing"
    for key in ours.keys() - theirs.keys():
        if is_empty(ours[key]):
            yield f"{path}.{key}", "empty and not left out"


def _of_elements(
    theirs: Sequence[Any], ours: Sequence[Any], path: str
) -> Iterator[tuple[str, str]]:
    if bool(theirs) != bool(ours):
        yield f"{path}[]", "none where some are recorded" if theirs else "some where none are"
        return
    there = {identity(each): each for each in theirs}
    here = {identity(each): each for each in ours}
    common = [each for each in there if each in here]
    if common != [each for each in here if each in there]:
        yield f"{path}[]", "in another order"
    for each in common:
        yield from differences(there[each], here[each], f"{path}[]")
    # What is only here is like all that is there.
    for each in here.keys() - there.keys():
        yield from _beside(list(there.values()), here[each], f"{path}[]")


def _beside(theirs: Sequence[Any], ours: Any, path: str) -> Iterator[tuple[str, str]]:
    """Where an element is unlike every recorded one of its list."""
    kinds = {kind_of(each) for each in theirs}
    if kind_of(ours) not in kinds:
        yield path, f"{kind_of(ours)} where {kinds} are recorded"
    elif isinstance(ours, dict):
        for key in set.intersection(*(set(each) for each in theirs)):
            if key not in ours:
                yield f"{path}.{key}", "missing"
        for key, value in ours.items():
            values = [each[key] for each in theirs if key in each]
            if values and kind_of(value) not in {kind_of(each) for each in values}:
                yield f"{path}.{key}", f"{kind_of(value)} where others are recorded"
            if is_empty(value) and len(values) < len(theirs):
                yield f"{path}.{key}", "empty and not left out"
