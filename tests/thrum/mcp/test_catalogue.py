"""What the tools cost a model in every session, and that their schemas say what they mean."""

from __future__ import annotations

import json

import jsonschema
import pytest

from thrum.mcp import catalogue
from thrum.mcp.catalogue import Tool

TOOLS = [*catalogue.offered(is_compatible=True).values()]


@pytest.mark.parametrize("is_compatible", [False, True])
def test_all_declarations_together_are_small(is_compatible: bool) -> None:
    found = [each.document() for each in catalogue.offered(is_compatible=is_compatible).values()]
    assert len(json.dumps(found, separators=(",", ":"))) <= catalogue.MOST
    assert len(catalogue.INSTRUCTIONS) <= 600


def test_the_deprecated_tool_is_for_older_programs_only() -> None:
    assert "broadcast_message" not in catalogue.offered(is_compatible=False)
    assert [each.name for each in TOOLS] == sorted(each.name for each in TOOLS)


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
def test_the_schemas_are_schemas_of_objects(tool: Tool) -> None:
    for schema in (tool.takes, tool.gives):
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema["type"] == "object"
        assert set(schema.get("required", ())) <= set(schema["properties"])
    assert tool.takes["additionalProperties"] is False
    assert all("description" in each for each in tool.takes["properties"].values())
    # What is not said is taken for the worst, but for this: who changes nothing has to say so.
    assert tool.hints["openWorldHint"] is False
    assert tool.hints.get("readOnlyHint", False) or tool.hints["destructiveHint"] is False


def test_the_arguments_are_those_of_older_programs() -> None:
    """Their names and types are what other programs rely on."""
    bare = {
        tool.name: {name: each["type"] for name, each in tool.takes["properties"].items()}
        for tool in TOOLS
    }
    text = "string"
    assert bare == {
        "send_message": {
            **{"to": text, "content": text, "reply_to": text, "metadata": "object"},
            "wait": "integer",  # ours
        },
        "check_messages": {"limit": "integer"},
        "claim": {"what": text, "note": text},  # ours, as is release
        "release": {"what": text},
        "wait_for_message": {"timeout": "integer"},
        "list_agents": {"include_offline": ["null", "boolean"]},
        "search_messages": {"query": text, "limit": "integer"},  # ours
        "broadcast_message": {"content": text},
    }
