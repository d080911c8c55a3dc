"""Lists of messages, a page after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from thrum.api import records
from thrum.api.line import Line

SIZE: Final = 100


def unread(me: str) -> dict[str, object]:
    """How ``message.list`` is asked for what is unread with an agent, the oldest first."""
    return {
        "for_agent": me,
        "exclude_self": True,
        "unread": True,
        "sort_by": "created_at",
        "sort_order": "asc",
    }


def of(line: Line, question: Mapping[str, object]) -> Iterator[list[Mapping[str, Any]]]:
    """Rows of ``message.list``; a page with long texts comes in several parts.

    Raises:
        ThrumError: in its class.
    """
    page, came, is_last = 1, 0, False
    while not is_last:
        place = {"page": page, "page_size": SIZE, "skip": came or None}
        answer = line.call("message.list", {**question, **place}) or {}
        rows = records.rows(answer, "messages")
        yield rows
        is_cut = bool(answer.get("truncated")) and bool(rows)
        is_last = not is_cut and page >= int(answer.get("total_pages") or 0)
        page, came = (page, came + len(rows)) if is_cut else (page + 1, 0)
