"""JSON schemas as text."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.cli.render import schema

SCHEMAS: dict[str, Any] = {
    "Row": {"properties": {"next": {"$ref": "#/components/schemas/Row"}, "id": {"type": "string"}}},
    "Page": {
        "properties": {"rows": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}}},
        "required": ["rows"],
    },
    "Other": {},
}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"type": "string"}, "string"),
        ({}, "any"),
        ({"$ref": "#/components/schemas/agent.Row"}, "agent.Row"),
        ({"type": "array"}, "[any]"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Row"}}, "[Row]"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
        ({"enum": ["on", 1]}, '"on" or 1'),
    ],
)
def test_a_type_in_a_few_characters(given: dict[str, Any], text: str) -> None:
    assert schema.type_text(given) == text


def test_fields_say_whether_they_are_always_there() -> None:
    assert list(schema.fields(SCHEMAS["Page"])) == [("rows", "[Row]", True)]
    assert ("id", "string", False) in list(schema.fields(SCHEMAS["Row"]))
    assert list(schema.fields({})) == []


def test_a_reference_is_followed_and_a_schema_is_itself() -> None:
    assert schema.resolved({"$ref": "#/components/schemas/Row"}, SCHEMAS) is SCHEMAS["Row"]
    assert schema.resolved(SCHEMAS["Page"], SCHEMAS) is SCHEMAS["Page"]


def test_what_is_mentioned_by_way_of_others_is_found_once() -> None:
    assert list(schema.mentioned({"$ref": "#/components/schemas/Page"}, SCHEMAS)) == ["Page", "Row"]
    assert schema.mentioned({"$ref": "#/elsewhere"}, SCHEMAS) == {}
    assert schema.mentioned([7, None, "Row"], SCHEMAS) == {}
