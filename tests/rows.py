"""Rows of a table that one test goes through, each of which is named if it fails.

A test of its own for each row costs more than most rows do: pytest keeps it, sets it up, reports on
it, and every worker collects it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def row(name: object) -> Iterator[None]:
    """Says with whatever fails within it at which row that was."""
    try:
        yield
    except Exception as error:
        error.add_note(f"at {name}")
        raise
