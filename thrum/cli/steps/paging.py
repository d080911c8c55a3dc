"""Pages of an answer that there are, and those that there are not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from thrum.cli.context import Context
from thrum.errors import ThrumError
from thrum.plurals import counted


def whole(
    context: Context, question: Mapping[str, object], method: str = "message.list"
) -> dict[str, Any]:
    """The page of a list of messages that is asked for, in as many answers as it takes.

    Numbers are those of the first answer. What moves meanwhile is shown once.

    Raises:
        ThrumError: as `Context.call`.
    """
    answer: dict[str, Any] = context.call(method, question)
    rows: list[Any] = list(answer.get("messages") or ())
    part, came = answer, len(rows)
    while part.get("truncated") and part.get("messages"):
        part = context.call(method, {**question, "skip": came})
        more = list(part.get("messages") or ())
        came += len(more)
        known = {row.get("message_id") for row in rows}
        rows += [row for row in more if row.get("message_id") not in known]
    left = {key: value for key, value in answer.items() if key != "truncated"}
    return left | ({"messages": rows} if "messages" in answer else {})


def demand(answer: Mapping[str, Any], page: int) -> None:
    """Refuses a page after the last one, which would look as if there were nothing at all.

    Raises:
        ThrumError: ``usage``.
    """
    last = int(answer.get("total_pages") or 0)
    if page > max(last, 1):
        whole = f"the whole is {counted(last, 'page')}" if last else "there is nothing to show"
        raise ThrumError("usage", f"there is no page {page:,}; {whole}")
