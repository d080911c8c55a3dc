"""``thrum sent``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render import outbox
from thrum.cli.spellings import older
from thrum.cli.steps import naming, paging

if TYPE_CHECKING:
    import typer


def sent(
    context: Context,
    to: Annotated[
        str | None, typer.Option(help="only those to this agent, role or group"), takes.AUDIENCE
    ] = None,
    unread: Annotated[
        bool, typer.Option("--unread", help="only those that somebody has not read")
    ] = False,
    page: Annotated[int, typer.Option(min=1, help="which page")] = 1,
    page_size: Annotated[
        int, typer.Option("--page-size", min=1, help="messages on a page"), older("--limit")
    ] = 10,
) -> None:
    """What you sent, newest first, and how many of those it reached have read it.

    On a terminal a line each; --verbose shows texts in full, how far each came with whom, and what
    it waits for there.
    """
    answer = paging.whole(
        context,
        {
            "caller_agent_id": context.caller.agent_id,
            "to": to,
            "unread": unread or None,
            "page": page,
            "page_size": page_size,
        },
        "message.outbox",
    )
    rows = [row for row in answer.get("messages") or () if isinstance(row, dict)]
    paging.demand(answer, page)
    if not rows and to:
        naming.demand_known(context, to, audiences=True)
    context.document(answer)
    if not rows:
        context.done("No messages sent.")
        return
    now = context.now_ns()
    if context.options.verbose:
        context.say(outbox.detailed(rows, now))
    elif context.is_plain:
        context.say(outbox.plain(rows, now))
    else:
        context.say(outbox.columns(rows, now, width=context.columns))
    if page < int(answer.get("total_pages") or 0):
        context.done(f"{len(rows)} of {answer.get('total')}; more: --page {page + 1}")
