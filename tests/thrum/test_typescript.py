"""The types of the pages are those of the method table."""

from __future__ import annotations

import re

import pytest

from thrum import typescript
from thrum.daemon.rpc.registry import Transport
from thrum.daemon.services import METHODS, pushes


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ({"type": "string"}, "string"),
        ({"type": "integer"}, "number"),
        ({}, "unknown"),
        ({"$ref": "#/components/schemas/listing.Row"}, "Listing_Row"),
        ({"type": "array", "items": {"type": "boolean"}}, "boolean[]"),
        ({"type": "array", "items": {"anyOf": [{"type": "null"}]}}, "null[]"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, '("a" | "b")[]'),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "Record<string, number>"),
        ({"type": "object"}, "Record<string, unknown>"),
        ({"enum": ["a", "b"]}, '"a" | "b"'),
    ],
)
def test_a_schema_is_a_type(kind: dict[str, object], text: str) -> None:
    assert typescript.type_of(kind) == text


def test_what_pages_may_ask_and_are_told_is_there_and_nothing_else() -> None:
    text = typescript.text()
    asked, told = text.split("export interface Pushes {\n", 1)
    served = {name for name, row in METHODS.items() if Transport.WEBSOCKET in row.transports}
    assert set(re.findall(r'^  "([^"]+)": \{$', asked, re.MULTILINE)) == served
    names = {kind.name for kind in pushes()}
    assert set(re.findall(r'^  "([^"]+)": \w+;$', told.split("}\n", 1)[0], re.MULTILINE)) == names


def test_every_type_that_is_used_is_made_once() -> None:
    text = typescript.text()
    made = re.findall(r"^export interface (\w+)", text, re.MULTILINE)
    assert len(made) == len(set(made))
    used = set(re.findall(r"(?:: |\(|\| )([A-Z]\w+)", re.sub(r"/\*\*.*?\*/", "", text)))
    assert used - {*made, "Record"} == set()
    assert "caller_agent_id" not in text
