"""Pages that there are."""

from __future__ import annotations

from typing import Any

import pytest

from thrum.cli.steps import paging
from thrum.errors import ThrumError


@pytest.mark.parametrize(("pages", "page"), [(3, 1), (3, 3), (1, 1), (0, 1), (None, 1)])
def test_what_is_there_passes(pages: int | None, page: int) -> None:
    paging.demand({"total_pages": pages}, page)


@pytest.mark.parametrize(("pages", "page"), [(3, 4), (1, 2), (0, 2), (None, 9)])
def test_what_is_not_there_is_refused(pages: int | None, page: int) -> None:
    with pytest.raises(ThrumError, match=f"no page {page}"):
        paging.demand({"total_pages": pages}, page)


def part(*ids: str, more: bool = False, **numbers: int) -> dict[str, Any]:
    return {"messages": [{"message_id": each} for each in ids], "truncated": more, **numbers}


@pytest.mark.parametrize(
    ("parts", "skips", "shown"),
    [
        ([part("a", "b", total=2)], [None], ["a", "b"]),
        ([part("a", more=True, total=3), part("b", "c", total=9)], [None, 1], ["a", "b", "c"]),
        ([part("a", "b", more=True, total=3), part("b", "c")], [None, 2], ["a", "b", "c"]),
        ([part("a", more=True, total=3), part(more=True)], [None, 1], ["a"]),
        ([part("a", more=True), part("a", more=True), part("c")], [None, 1, 2], ["a", "c"]),
    ],
)
def test_a_page_is_whole_in_however_many_parts_it_comes(
    world: Any, parts: list[dict[str, Any]], skips: list[int | None], shown: list[str]
) -> None:
    """Once each, though something comes meanwhile; and it ends, whatever the daemon says."""
    world.daemon.answers["message.list"] = list(parts)
    context = world.context([])
    answer = paging.whole(context, {"page": 1})
    context.hang_up()
    assert [row["message_id"] for row in answer["messages"]] == shown
    assert answer.get("total") == parts[0].get("total")
    assert "truncated" not in answer
    assert [params.get("skip") for _, params in world.daemon.requests] == skips
