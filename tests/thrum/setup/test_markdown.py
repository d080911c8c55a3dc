"""A block of ours in a Markdown file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.setup import markdown

PARTS = st.sampled_from(
    ["# Title", "text", "\n", "\n\n", "\r\n", "```\n<!-- END THRUM -->\n```", " ", "<!-- x -->"]
)
INNER = "## Thrum\n\nOne line.\n"


@given(st.lists(PARTS, max_size=6).map("".join))
def test_what_is_put_can_be_taken_out_again(text: str) -> None:
    after = markdown.put(text, INNER)
    assert after.startswith(text)
    assert after.endswith("\n")
    rest = markdown.drop(after)
    assert rest.rstrip("\r\n") == text.rstrip("\r\n")
    if text.endswith("\n"):
        assert rest == text


@given(st.lists(PARTS, max_size=6).map("".join), st.lists(PARTS, max_size=3).map("".join))
def test_a_block_is_replaced_where_it_stands(before: str, behind: str) -> None:
    text = before + markdown.wrapped("old") + behind
    after = markdown.put(text, INNER)
    assert after.startswith(before)
    assert after.endswith(behind)
    assert markdown.put(after, INNER) == after
    assert "old" not in after


def test_the_layout() -> None:
    block = f"{markdown.BEGIN}\n## Thrum\n\nOne line.\n{markdown.END}\n"
    assert markdown.put("", INNER) == block
    assert markdown.put("# A", INNER) == f"# A\n\n{block}"
    assert markdown.put("# A\r\n", INNER) == "# A\r\n\r\n" + block.replace("\n", "\r\n")


@pytest.mark.parametrize(
    "text", ["", "no block", markdown.BEGIN, f"{markdown.END} {markdown.BEGIN}", "<!-- BEGIN -->"]
)
def test_half_a_block_is_none(text: str) -> None:
    assert markdown.span(text) is None
    assert markdown.drop(text) == text
