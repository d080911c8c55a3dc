"""The segment for a status bar: short, whatever it is made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thrum.cli.render.text import UNSAFE, width
from thrum.prime.segment import COLUMNS, Segment


@pytest.mark.parametrize(
    ("segment", "text"),
    [
        (Segment("nux", 0, "working", "synced"), "@nux"),
        (Segment("nux", 3, "", "local-only"), "@nux · 3 unread"),
        (Segment("nux", 1_234, "blocked", "error"), "@nux · 999+ unread · blocked · sync error"),
        (Segment("nux"), "@nux · daemon away"),
        (Segment("nux", None, "stuck"), "@nux · daemon away · stuck"),
        (Segment("nux", 0, "idle", "offline"), "@nux · sync offline"),
    ],
)
def test_it_says_what_wants_to_be_looked_at(segment: Segment, text: str) -> None:
    assert segment.text == text


@given(st.text(), st.none() | st.integers(0, 10**9), st.text(), st.text())
def test_it_is_one_short_line(agent: str, unread: int | None, state: str, sync: str) -> None:
    text = Segment(agent * 9, unread, state * 9, sync * 9).text
    assert width(text) <= COLUMNS
    assert not UNSAFE.search(text)
