"""``thrum thread``: a conversation from both sides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.message import as_row
from thrum.cli.steps import paging, reading
from thrum.errors import ThrumError

if TYPE_CHECKING:
    import typer


def thread(
    context: Context,
    message_id: Annotated[
        str, typer.Argument(help="any message of it; the end of its id will do"), takes.MESSAGE
    ],
    page: Annotated[int, typer.Option(min=1, help="which page, from the newest back")] = 1,
    page_size: Annotated[int, typer.Option("--page-size", min=1, help="messages on a page")] = 20,
) -> None:
    """A conversation: a message, what it answers and all answers, yours too; oldest first.

    What is shown is marked as read.
    """
    answer = _conversation(context, message_id, page, page_size)
    rows = [row for row in answer["messages"] if isinstance(row, dict)]
    failure = reading.mark(context, rows)
    context.document(answer | ({"warnings": [failure]} if failure else {}))
    reading.show(context, rows)
    if page < int(answer.get("total_pages") or 0):
        context.done(f"{len(rows)} of {answer.get('total')}; earlier ones: --page {page + 1}")
    if failure:
        context.note(f"warning: {failure}")


def _conversation(context: Context, message_id: str, page: int, page_size: int) -> dict[str, Any]:
    """A page of the thread, oldest first; a message that has no answers stands alone.

    Raises:
        ThrumError: ``not_found``, ``ambiguous_id``.
    """
    thread_id, alone = message_id, []
    if not message_id.startswith("thr_"):
        message: dict[str, Any] = context.call("message.get", {"message_id": message_id})["message"]
        thread_id, alone = str(message.get("thread_id") or ""), [as_row(message)]
    if not thread_id:
        return {"messages": alone, "total": 1, "page": 1, "page_size": page_size, "total_pages": 1}
    answer = paging.whole(
        context,
        {
            "caller_agent_id": context.caller.agent_id,
            "thread_id": thread_id,
            "sort_by": "created_at",
            "sort_order": "desc",
            "page": page,
            "page_size": page_size,
        },
    )
    rows = list(reversed(answer.get("messages") or ()))
    if not rows and page == 1:
        hint = "give any message of it; `thrum inbox` and `thrum sent` show ids"
        raise ThrumError("not_found", f"there is no thread {thread_id}", hint)
    return answer | {"messages": rows}
