"""What a model is told of arguments that a tool cannot take."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.mcp import catalogue
from thrum.mcp.arguments import Unfit, demand

TOOLS = catalogue.offered(is_compatible=True)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)
NAMES = st.sampled_from(["to", "content", "reply_to", "metadata", "limit", "timeout", "tow", ""])


def said(tool: str, **given: Any) -> str:
    with pytest.raises(Unfit) as error:
        demand(TOOLS[tool], given)
    return str(error.value)


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("send_message", {}, ["'to' is required", "'content' is required"]),
        ("send_message", {"to": "@a", "content": " \n"}, ["'content' is required and must say"]),
        ("send_message", {"to": None, "content": "x"}, ["'to' is required"]),
        ("send_message", {"to": ["a"], "content": "x"}, ["'to' must be a text, not a list"]),
        ("send_message", {"to": "a", "content": {}}, ["'content' must be a text, not an object"]),
        ("send_message", {"to": "a", "contents": "x"}, ["no 'contents'", "did you mean content?"]),
        (
            "send_message",
            {"to": "a", "content": "x", "metadata": {"k": 1}},
            ["'metadata.k' must be a text, not a whole number"],
        ),
        ("check_messages", {"limit": "10"}, ["'limit' must be a whole number, not a text"]),
        ("check_messages", {"limit": True}, ["not true or false"]),
        ("wait_for_message", {"timeout": 1.5}, ["not a number with a fraction"]),
        ("list_agents", {"include_offline": 1}, ["must be true or false or null"]),
        ("list_agents", {"all": True}, ["no 'all'", "include_offline (optional)"]),
    ],
)
def test_everything_that_is_wrong_is_said(
    tool: str, arguments: dict[str, Any], words: list[str]
) -> None:
    found = said(tool, **arguments)
    assert found.startswith('validating "arguments": ')
    assert [each for each in words if each not in found] == []


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("send_message", {"to": "@a", "content": "x", "reply_to": None, "metadata": {}}),
        ("check_messages", {"limit": 3.0}),
        ("list_agents", {"include_offline": None}),
        ("search_messages", {"query": "jwt"}),
        ("wait_for_message", {"timeout": -1}),
    ],
)
def test_what_is_meant_well_is_taken(tool: str, arguments: dict[str, Any]) -> None:
    demand(TOOLS[tool], arguments)


@given(tool=st.sampled_from(sorted(TOOLS)), arguments=st.dictionaries(NAMES, VALUES, max_size=4))
def test_it_never_takes_what_the_schema_refuses(tool: str, arguments: dict[str, Any]) -> None:
    """But for null, which models write for what they leave out."""
    kept = {name: value for name, value in arguments.items() if value is not None}
    fits = jsonschema.Draft202012Validator(TOOLS[tool].takes).is_valid(kept)
    try:
        demand(TOOLS[tool], arguments)
    except Unfit:
        texts = [str(kept.get(name, "x")).strip() for name in ("to", "content")]
        is_empty = not all(texts)
        assert is_empty or not fits or kept.keys() != arguments.keys()
    else:
        assert fits
