"""What the tools do: each asks the daemon as the agent that its server speaks for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from thrum import clock, held
from thrum.errors import ThrumError
from thrum.mcp import mail, recipients
from thrum.mcp.asking import Failed, in_thread, said_as
from thrum.mcp.catalogue import LIMIT
from thrum.mcp.handed import Handed, Request
from thrum.mcp.mail import Row
from thrum.mcp.outside import Me, Outside

Given = Mapping[str, Any]
Result = dict[str, Any]
Progress = Callable[[float, float], Awaitable[None]]

PAGE: Final = 100
MOST_MESSAGES: Final = 500
_LATELY_NS: Final = 120 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool.

    Attributes:
        request: the number of the request that it answers.
        given: its arguments, checked.
        progress: tells the client how far it is: seconds of seconds.
    """

    request: Request
    given: Given
    progress: Progress


class Tools:
    """The tools of one server.

    Attributes:
        outside: the world.
        handed: what the client was given.
    """

    def __init__(self, outside: Outside) -> None:
        self.outside = outside
        self.handed = Handed()
        self._why_unmarked = ""

    async def send(self, call: Call) -> Result:
        """See `catalogue.SEND`.

        Raises:
            Failed: it was not sent, or nobody knows.
        """
        given = call.given
        names = [name for part in str(given["to"]).split(",") if (name := _recipient(part))]
        if not names:
            raise Failed("send message: 'to' names nobody; list_agents says who is here")
        answer = await self._send("send message", names, given)
        result: Result = {
            "status": "delivered",
            "message_id": str(answer.get("message_id") or ""),
            "resolved_to": int(answer.get("resolved_to") or 0),
        }
        warnings = [*map(str, answer.get("warnings") or ()), *recipients.late(answer)]
        return result | ({"warnings": warnings} if warnings else {})

    async def broadcast(self, call: Call) -> Result:
        """See `catalogue.BROADCAST`.

        Raises:
            Failed: it was not sent, or nobody knows.
        """
        answer = await self._send("send broadcast", ["everyone"], call.given)
        ids = [str(answer.get("message_id") or "")]
        return {
            "status": "sent",
            "sent_to": ["@everyone"],
            "total_sent": 1,
            "message_ids": ids,
        }

    async def _send(self, doing: str, names: list[str], given: Given) -> Result:
        key = self.outside.random_hex(16)  # a request that is asked again is done once

        def send() -> Result:
            answer = self.outside.call(
                "message.send",
                {
                    "content": given["content"],
                    "format": "markdown",
                    "mentions": names,
                    "reply_to": given.get("reply_to"),
                    "structured": given.get("metadata") or None,
                    "caller_agent_id": self.outside.me().agent_id,
                    "idempotency_key": key,
                },
            )
            return answer if isinstance(answer, dict) else {}

        with said_as(doing):
            return await in_thread(send)

    async def check(self, call: Call) -> Result:
        """See `catalogue.CHECK`.

        Raises:
            Failed: nobody knows what is unread.
        """
        limit = int(call.given.get("limit") or 0)
        limit = LIMIT if limit <= 0 else min(limit, MOST_MESSAGES)
        await self.mark()
        with said_as("list messages"):
            most = limit + LIMIT + self.handed.pending
            rows, total = await in_thread(lambda: unread(self.outside, most))
        fresh = self.handed.fresh(rows)
        kept = mail.fitting(fresh[:limit])
        self.handed.reserve(call.request, kept)
        seen_before = len(rows) - len(fresh)
        result: Result = {
            "status": "messages" if kept else "empty",
            "messages": [mail.shown(row) for row in kept],
            "remaining": max(total - seen_before - len(kept), 0),
        }
        return result | ({"warnings": [self._why_unmarked]} if self._why_unmarked else {})

    async def agents(self, call: Call) -> Result:
        """See `catalogue.AGENTS`.

        Raises:
            Failed: nobody knows who is here.
        """
        with_offline = call.given.get("include_offline")
        with said_as("list agents"):
            answer = await in_thread(lambda: self.outside.call("agent.list", {}))
        rows = [row for row in answer.get("agents") or () if isinstance(row, dict)]
        now = self.outside.now_ns()
        found = [_agent(row, now) for row in rows]
        if with_offline is False:
            found = [each for each in found if each["status"] == "active"]
        return {"agents": found, "count": len(found)}

    async def mark(self) -> bool:
        """Tells the daemon what the client has got; whether there is more to tell at once.

        Where that cannot be told, it is told later: nothing is returned twice because of it.
        """
        ids = list(self.handed.unmarked)[:PAGE]
        if not ids:
            return False

        def mark() -> None:
            me = self.outside.me().agent_id
            self.outside.call(
                "message.markRead",
                {"message_ids": ids, "caller_agent_id": me, "way": held.MCP},
                timeout=5.0,
            )

        try:
            await in_thread(mark)
        except ThrumError as error:
            hint = f"; {error.hint}" if error.hint else ""
            self._why_unmarked = f"what you read stays unread for now: {error.message}{hint}"
            return False
        self._why_unmarked = ""
        self.handed.marked(ids)
        return bool(self.handed.unmarked)


def unread(outside: Outside, most: int) -> tuple[list[Row], int]:
    """What is unread, the oldest first and at most so many; and how many there are.

    Raises:
        ThrumError: as `Outside.call`.
    """
    me = outside.me()
    rows: dict[str, Row] = {}
    total, page, came = 0, 1, 0
    while len(rows) < most:
        answer = outside.call("message.list", _question(me, page, came))
        found = [row for row in answer.get("messages") or () if isinstance(row, dict)]
        total, came = int(answer.get("total") or len(found)), came + len(found)
        # Somebody may read meanwhile, so that pages move.
        rows |= {str(row.get("message_id")): row for row in found}
        if answer.get("truncated") and found:
            continue
        if came < PAGE or page * PAGE >= total:
            break
        page, came = page + 1, 0
    return list(rows.values())[:most], total


def _question(me: Me, page: int, came: int) -> dict[str, object]:
    return {
        "for_agent": me.agent_id,
        "for_agent_role": me.role,
        "caller_agent_id": me.agent_id,
        "unread_for_agent": me.agent_id,
        "exclude_self": True,
        "page": page,
        "page_size": PAGE,
        **({"skip": came} if came else {}),
        "sort_by": "created_at",
        "sort_order": "asc",
    }


def _recipient(text: str) -> str:
    """Whom a name means; ``agent:ROLE:HASH`` is how old agents wrote a role."""
    name = text.strip().removeprefix("@").strip()
    parts = name.split(":")
    return parts[1] if len(parts) == 3 and parts[0] == "agent" else name


def _agent(row: Row, now_ns: int) -> Result:
    seen = str(row.get("last_seen_at") or "")
    agent_id = str(row.get("agent_id") or "")
    found: Result = {
        "name": str(row.get("display") or "") or agent_id,
        "agent_id": agent_id,
        "role": str(row.get("role") or ""),
        "module": str(row.get("module") or ""),
        "status": "active" if _is_recent(seen, now_ns) else "offline",
        "last_seen_at": seen,
    }
    return {key: value for key, value in found.items() if value or key in {"name", "role"}}


def _is_recent(seen: str, now_ns: int) -> bool:
    try:
        return now_ns - clock.parse(seen) < _LATELY_NS
    except ValueError:
        return False  # never seen, or a time that nobody can read
