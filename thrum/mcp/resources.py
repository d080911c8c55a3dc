"""What can be read without calling a tool: the inbox and the team. Nothing is marked by it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from thrum.mcp import mail
from thrum.mcp.asking import in_thread, said_as
from thrum.mcp.outside import Outside
from thrum.mcp.tools import unread

INBOX: Final = "thrum://inbox"
TEAM: Final = "thrum://team"
MIME: Final = "application/json"

_MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource.

    Attributes:
        uri: its address.
        name: its name.
        description: what it says.
    """

    uri: str
    name: str
    description: str


ALL: Final = (
    Resource(INBOX, "inbox", "Your unread messages; reading this marks none"),
    Resource(TEAM, "team", "Who is here and what they work on"),
)


async def read(outside: Outside, uri: str) -> str:
    """What the resource says now.

    Raises:
        KeyError: there is no such resource.
        Failed: the daemon is away, or refuses.
    """
    if uri not in {each.uri for each in ALL}:
        raise KeyError(uri)
    with said_as("list messages" if uri == INBOX else "list agents"):
        found = await in_thread(lambda: _inbox(outside) if uri == INBOX else team(outside))
    return json.dumps(found, ensure_ascii=False)


def _inbox(outside: Outside) -> dict[str, Any]:
    rows, total = unread(outside, _MOST_SHOWN)
    kept = mail.fitting(rows)
    return {"unread": total, "messages": [mail.shown(row) for row in kept]}


def team(outside: Outside) -> dict[str, Any]:
    """Who is here.

    Raises:
        ThrumError: as `Outside.call`.
    """
    answer = outside.call("team.list", {"caller_agent_id": outside.me().agent_id})
    rows = [row for row in answer.get("members") or () if isinstance(row, dict)]
    return {"agents": [_member(row) for row in rows], "count": len(rows)}


def _member(row: Mapping[str, Any]) -> dict[str, Any]:
    is_here = row.get("session_id") and row.get("live") is not False
    found = {
        "agent_id": row.get("agent_id"),
        "role": row.get("role"),
        "module": row.get("module"),
        "status": (row.get("agent_status") or "active") if is_here else "offline",
        "intent": row.get("intent") or row.get("current_task"),
        "branch": row.get("branch"),
        "unread": row.get("inbox_unread"),
    }
    return {key: value for key, value in found.items() if value}
