"""What the daemon answers, for the tests of several commands."""

from __future__ import annotations

from typing import Any


def member(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "agent_id": name,
        "role": "tester",
        "module": "api",
        "hostname": "here",
        "origin_daemon": "d_1",
        "session_id": "ses_01M7XCMNVS4RYV6N772VPNAVN5",
        "last_seen": "2026-01-02T03:02:05Z",
        "inbox_total": 4,
        "inbox_unread": 1,
        "status": "active",
        "is_local": True,
    } | fields


MEMBERS = [
    member("furiosa", intent="fix\nit \x1b[2J", branch="main", current_task="shop:1"),
    member("nux", status="offline", is_local=False, hostname="there", origin_daemon="d_2"),
]


HEALTH = {
    "status": "ok",
    "uptime_ms": 60_000,
    "version": "0.1.0",
    "sync_state": "synced",
    "identity": {"daemon_id": "d_1", "repo_path": "/r"},
}


ME = {
    "agent_id": "furiosa",
    "role": "implementer",
    "module": "auth",
    "session_id": "ses_01M7XCMNVS4RYV6N772VPNAVN5",
    "session_start": "2026-01-02T03:02:05Z",
    "intent": "fix",
    "source": "peercred",
    "host": "here",
}


COLLEAGUE = {
    "session_id": "ses_01M7XCMNVS4RYV6N772VPNAVN6",
    "agent_id": "nux",
    "branch": "feature",
    "intent": "drive",
    "role": "tester",
    "module": "api",
    "hostname": "there",
    "last_seen": "2026-01-02T03:02:05Z",
}


PAGE = {
    "health": HEALTH,
    "agent": ME,
    "work_context": {
        "session_id": ME["session_id"],
        "agent_id": "furiosa",
        "current_task": "shop:1",
        "unmerged_commits": [{"sha": "1", "message": "x", "files": []}],
        "changed_files": ["a", "b"],
    },
    "team": [COLLEAGUE],
    "inbox": {"total": 4, "unread": 1},
}


def crowd(count: int) -> list[dict[str, Any]]:
    """Members with everything that makes a line long."""
    return [
        member(
            f"{'welder_of_the_lower_deck_' if n % 3 else ''}{n:02}",
            intent="漢字 " * 40,
            branch=f"team/engine/welding/{n:02}",
            role="documentation_writer",
            is_local=bool(n % 2),
            hostname="e\u0301toile.example.org",
            file_changes=[{"path": f"src/{'deep/' * 20}{n}.py", "additions": 1200, "deletions": 7}],
        )
        for n in range(count)
    ]


def page(*rows: dict[str, Any], **fields: Any) -> dict[str, Any]:
    unread = sum(not row["is_read"] for row in rows)
    return {
        "messages": list(rows),
        "total": len(rows),
        "unread": unread,
        "page": 1,
        "page_size": 10,
        "total_pages": 1,
    } | fields


SENT = {
    "message_id": "msg_01M7XCNHBQTZPY0FK2ZTKHWB87",
    "created_at": "2026-01-02T03:04:05.000000000Z",
    "resolved_to": 1,
    "audiences": [{"type": "agent", "value": "nux"}],
    "recipients": [{"agent_id": "nux", "delivered_at": "2026-01-02T03:04:05.000000000Z"}],
}

LETTER = {
    "message_id": "msg_01M7XCNHBQTZPY0FK2ZT000001",
    "agent_id": "nux",
    "created_at": "2026-01-02T03:00:05Z",
    "content": "the tank leaks",
    "characters": 14,
}
MAIL = {"agent_id": "furiosa", "count": 1, "messages": [LETTER]}
"""What a session is handed."""
