"""Whether a tool's arguments are what it takes, in words that a model can act on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from thrum import suggest
from thrum.mcp.catalogue import Schema, Tool

_KINDS: Final[dict[str, tuple[type, ...]]] = {
    "string": (str,),
    "integer": (int,),
    "boolean": (bool,),
    "object": (dict,),
    "null": (type(None),),
}
_CALLED: Final = {
    "string": "a text",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "an object",
    "null": "null",
}
_MUST_SAY: Final = frozenset({"to", "content", "what"})
"""Arguments of which an empty one is as good as none."""


class Unfit(Exception):
    """The arguments are not what the tool takes; the text says what to change."""


def demand(tool: Tool, given: Mapping[str, Any]) -> None:
    """Checks arguments against what the tool takes.

    Raises:
        Unfit: with everything that is wrong, so that one more call can be right.
    """
    wrong = [*_wrong(tool.takes, given)]
    if wrong:
        shown = ", ".join(_shown(tool.takes, name) for name in tool.takes["properties"])
        raise Unfit(f'validating "arguments": {"; ".join(wrong)}. {tool.name} takes: {shown}')


def _wrong(schema: Schema, given: Mapping[str, Any]) -> Iterator[str]:
    properties: dict[str, Schema] = schema["properties"]
    for name in schema.get("required", ()):
        value = given.get(name)
        if value is None or (name in _MUST_SAY and isinstance(value, str) and not value.strip()):
            yield f"'{name}' is required" + (" and must say something" if name in given else "")
    for name, value in given.items():
        if name not in properties:
            near = suggest.did_you_mean(name, properties)
            yield f"there is no '{name}'" + (f" ({near})" if near else "")
        elif value is not None:  # models write null for what they leave out
            yield from _unlike(name, properties[name], value)


def _unlike(name: str, schema: Schema, value: Any) -> Iterator[str]:
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(_is(kind, value) for kind in kinds):
        wanted = " or ".join(_CALLED[kind] for kind in reversed(kinds))
        yield f"'{name}' must be {wanted}, not {_kind(value)}"
    elif isinstance(value, dict):
        for key, each in value.items():
            if not isinstance(each, str):
                yield f"'{name}.{key}' must be a text, not {_kind(each)}"


def _is(kind: str, value: Any) -> bool:
    # Python's booleans are integers, those of JSON are not; 3.0 is a whole number in JSON.
    if kind == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return "a list"
    if isinstance(value, float):
        return "a number with a fraction"
    return next(_CALLED[kind] for kind in ("boolean", *_KINDS) if _is(kind, value))


def _shown(schema: Schema, name: str) -> str:
    is_needed = name in schema.get("required", ())
    return name if is_needed else f"{name} (optional)"
