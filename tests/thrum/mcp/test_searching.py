"""What a model gets of a search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anyio
import pytest

from thrum.errors import ThrumError
from thrum.mcp.asking import Failed
from thrum.mcp.outside import Me, Outside
from thrum.mcp.searching import DEFAULT, MOST, Searching
from thrum.mcp.tools import Call, Tools

ROWS: list[Any] = [
    {
        "kind": "message",
        "id": "msg_1",
        "agent_id": "bob",
        "created_at": "t",
        "snippet": [{"text": "the "}, {"text": "jwt", "mark": True}],
        "signature": "wrong",
    },
    {"kind": "context", "id": "bob", "agent_id": "bob", "created_at": "t", "snippet": []},
]


async def silent(done: float, total: float) -> None:
    """Nobody asked for progress."""


def searched(answer: Any, **given: Any) -> tuple[Any, dict[str, Any]]:
    """The result of the tool, and what the daemon was asked."""
    asked: list[dict[str, Any]] = []

    def call(method: str, params: Mapping[str, object], timeout: float | None = None) -> Any:
        assert method == "message.search"
        asked.append(dict(params))
        if isinstance(answer, ThrumError):
            raise answer
        return answer

    def nothing() -> Any:
        raise AssertionError("nobody listens here")

    outside = Outside(
        me=lambda: Me("alice", "tester"),
        call=call,
        connect=nothing,
        prime=str,
        random_hex=lambda count: "ab" * count,
        monotonic=lambda: 0.0,
        now_ns=lambda: 0,
    )
    search = Searching(Tools(outside)).search
    return anyio.run(search, Call(1, given, silent)), asked[0]


def test_it_is_the_piece_that_shows_why() -> None:
    found, asked = searched({"results": ROWS, "total": 2, "notice": "a word"}, query="jwt")
    assert found == {
        "results": [
            {
                "message_id": "msg_1",
                "from": "bob",
                "timestamp": "t",
                "signature": "wrong",
                "text": "the jwt",
            },
            {"kind": "context", "from": "bob", "timestamp": "t", "text": ""},
        ],
        "total": 2,
        "notice": "a word",
    }
    assert asked == {"query": "jwt", "limit": DEFAULT, "caller_agent_id": "alice"}


@pytest.mark.parametrize(("limit", "asked"), [(0, DEFAULT), (-1, DEFAULT), (7, 7), (999, MOST)])
def test_so_many_are_given(limit: int, asked: int) -> None:
    found, question = searched({"results": [], "total": 0}, query="jwt", limit=limit)
    assert found == {"results": [], "total": 0}
    assert question["limit"] == asked


def test_what_the_daemon_refuses_is_said() -> None:
    with pytest.raises(Failed, match="search messages: no word; see the page"):
        searched(ThrumError("invalid_params", "no word", "see the page"), query="?")
