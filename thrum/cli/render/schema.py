"""JSON schemas as text, for people who read what a method takes and gives."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

PLACE: Final = "#/components/schemas/"


def type_text(schema: Mapping[str, Any]) -> str:
    """A schema in a few characters: ``[agent.Row]``, ``integer or null``."""
    if "$ref" in schema:
        return str(schema["$ref"]).removeprefix(PLACE)
    if "anyOf" in schema:
        return " or ".join(type_text(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(json.dumps(each) for each in schema["enum"])
    kind = str(schema.get("type", "any"))
    if kind == "array":
        return f"[{type_text(schema.get('items', {}))}]"
    return kind


def fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """Name, type and whether it is always there, for each field of an object."""
    required = schema.get("required", ())
    for name, kind in schema.get("properties", {}).items():
        yield name, type_text(kind), name in required


def resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema that a reference stands for, or the schema itself."""
    reference = schema.get("$ref")
    found: Mapping[str, Any] = schemas[reference.removeprefix(PLACE)] if reference else schema
    return found


def mentioned(thing: object, schemas: Mapping[str, Any]) -> dict[str, Any]:
    """The schemas that something refers to, directly or by way of others, by name."""
    found: dict[str, Any] = {}
    left = [thing]
    while left:
        here = left.pop()
        if isinstance(here, list):
            left += here
        elif isinstance(here, dict):
            name = str(here.get("$ref", "")).removeprefix(PLACE)
            if name in schemas and name not in found:
                found[name] = schemas[name]
                left.append(schemas[name])
            left += here.values()
    return dict(sorted(found.items()))
