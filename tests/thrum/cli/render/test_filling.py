"""Sentences in columns."""

from __future__ import annotations

from thrum.cli.render.filling import filled


def test_what_is_indented_or_numbered_stays_so() -> None:
    assert filled("  1  one two three", 12) == "  1  one two\n     three"
    assert filled("a b\n\n  c d", 3) == "a b\n\n  c\n  d"
