"""What was sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from thrum.cli.render import outbox, text

NOW = 1_767_323_045_000_000_000
Make = Callable[..., dict[str, Any]]


@pytest.fixture
def rows(message: Make) -> list[dict[str, Any]]:
    people = [{"agent_id": "a", "read_at": "t"}, {"agent_id": "b", "delivered_at": "t"}]
    crew = [{"type": "group", "value": "crew"}]
    mine = [{"type": "agent", "value": "furiosa"}]
    return [
        message("AAAAAA", "one\ntwo " + "漢字" * 90, audiences=crew, recipients=people),
        message("BBBBBB", "for me", audiences=mine),
    ]


def test_for_programs(rows: list[dict[str, Any]]) -> None:
    lines = outbox.plain(rows, NOW).split("\n")
    assert lines[0] == "AAAAAA to @crew 2m, 1/2 read"
    assert lines[4:6] == ["BBBBBB to @furiosa 2m", "for me"], "nobody else could have read it"


@pytest.mark.parametrize("width", [40, 80, 200])
def test_for_people(rows: list[dict[str, Any]], width: int) -> None:
    head, first, second = outbox.columns(rows, NOW, width=width).splitlines()
    assert head.split()[:2] == ["ID", "TO"]
    assert all(text.width(line) <= width for line in (head, first, second))
    assert first.split()[:2] == ["AAAAAA", "@crew"]
    assert "one two" in first
    assert "1/2" in first if width > 40 else True


def test_in_detail(rows: list[dict[str, Any]]) -> None:
    shown = outbox.detailed(rows, NOW)
    assert "  @a (read), @b (stored)\n" in shown
    assert shown.endswith("for me\n")
