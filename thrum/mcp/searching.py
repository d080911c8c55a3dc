"""What a model gets of a search: pieces of texts, which mark nothing as read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from thrum.mcp.asking import in_thread, said_as
from thrum.mcp.tools import Call, Result, Tools

DEFAULT: Final = 10
MOST: Final = 50


class Searching:
    """The tool of one server.

    Attributes:
        tools: the others, by which the daemon is asked.
    """

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    async def search(self, call: Call) -> Result:
        """See `catalogue.SEARCH`.

        Raises:
            Failed: nobody can search, or the query has no word.
        """
        limit = int(call.given.get("limit") or 0)
        question = {
            "query": str(call.given["query"]),
            "limit": DEFAULT if limit <= 0 else min(limit, MOST),
        }
        outside = self._tools.outside

        def ask() -> Any:
            return outside.call(
                "message.search", {**question, "caller_agent_id": outside.me().agent_id}
            )

        with said_as("search messages"):
            answer = await in_thread(ask)
        rows = [row for row in answer.get("results") or () if isinstance(row, dict)]
        result: Result = {"results": [_shown(row) for row in rows]}
        result["total"] = int(answer.get("total") or len(rows))
        notice = answer.get("notice")
        return result | ({"notice": str(notice)} if notice else {})


def _shown(row: Mapping[str, Any]) -> Result:
    pieces = [each for each in row.get("snippet") or () if isinstance(each, dict)]
    is_message = row.get("kind") == "message"
    found: Result = {"message_id": row.get("id")} if is_message else {"kind": row.get("kind")}
    found |= {"from": row.get("agent_id"), "timestamp": row.get("created_at")}
    if row.get("signature") == "wrong":
        found["signature"] = "wrong"
    return found | {"text": "".join(str(each.get("text", "")) for each in pieces)}
