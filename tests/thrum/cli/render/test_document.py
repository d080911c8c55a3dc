"""Answers as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.cli.render.document import document_text
from thrum.cli.render.text import UNSAFE

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON, st.booleans(), st.booleans())
def test_it_reads_as_what_it_was_and_moves_no_cursor(
    document: Any, indent: bool, is_ascii: bool
) -> None:
    text = document_text(document, indent=indent, is_ascii=is_ascii)
    assert json.loads(text) == document
    assert not UNSAFE.search(text.replace("\n", ""))
    assert text.endswith("\n")
    assert text.isascii() or not is_ascii
    assert indent or text.count("\n") == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [("\x7f", '"\\u007f"'), ("\x9b2J", '"\\u009b2J"'), ("ü", '"ü"'), ("\u202e", '"\\u202e"')],
)
def test_what_acts_is_escaped_and_the_rest_is_not(value: str, text: str) -> None:
    assert document_text(value, indent=False) == f"{text}\n"


def test_keys_are_sorted() -> None:
    assert document_text({"b": 1, "a": [2]}, indent=False) == '{"a":[2],"b":1}\n'
    assert document_text({"b": 1}, indent=True) == '{\n  "b": 1\n}\n'
