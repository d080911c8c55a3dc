"""``thrum inbox``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.pairs import pair
from thrum.cli.render import messages
from thrum.cli.render.text import one_line
from thrum.cli.spellings import older
from thrum.cli.steps import naming, paging, reading

if TYPE_CHECKING:
    import typer


def inbox(
    context: Context,
    unread: Annotated[
        bool, typer.Option("--unread", help="only unread ones, oldest first; marks nothing")
    ] = False,
    all: Annotated[
        bool, typer.Option("--all", "-a", help="also those that are not for you")
    ] = False,
    mentions: Annotated[bool, typer.Option("--mentions", help="only those that name you")] = False,
    from_: Annotated[
        str | None, typer.Option("--from", help="only those by this agent"), takes.AGENT
    ] = None,
    scope: Annotated[
        str | None, typer.Option(help="only those with this type:value"), takes.PAIR
    ] = None,
    page: Annotated[int, typer.Option(min=1, help="which page")] = 1,
    page_size: Annotated[
        int, typer.Option("--page-size", min=1, help="messages on a page"), older("--limit")
    ] = 10,
    oldest: Annotated[
        bool, typer.Option("--oldest", help="oldest first"), older("--chronological")
    ] = False,
) -> None:
    """Read your messages, newest first: ● is unread, ○ is read.

    What is shown is marked as read, except with --unread.
    """
    caller = context.caller
    answer = paging.whole(
        context,
        {
            "caller_agent_id": caller.agent_id,
            "caller_mention_role": caller.role,
            "exclude_self": True,
            "for_agent": None if all else caller.agent_id,
            "for_agent_role": None if all else caller.role,
            "unread": unread or None,
            "mentions": mentions or None,
            "author_id": from_.removeprefix("@") if from_ else None,
            "scope": pair(scope, "--scope") if scope else None,
            "sort_by": "created_at",
            "sort_order": "asc" if oldest or unread else "desc",
            "chronological": oldest or None,
            "page": page,
            "page_size": page_size,
        },
    )
    rows = [row for row in answer.get("messages") or () if isinstance(row, dict)]
    paging.demand(answer, page)
    if not rows and from_:
        naming.demand_known(context, from_)
    # Marked before it is printed, so that a failure can stand in the one JSON document; the rows
    # still say what was unread when they were asked for.
    failure = None if unread else reading.mark(context, rows)
    context.document(answer | ({"warnings": [failure]} if failure else {}))
    _show(context, answer, rows, unread=unread, everything=all)
    if failure:
        context.note(f"warning: {failure}")


def _show(
    context: Context,
    answer: dict[str, Any],
    rows: list[dict[str, Any]],
    *,
    unread: bool,
    everything: bool,
) -> None:
    if context.options.json:
        return
    if not rows:
        which = "No unread messages" if unread else "No messages"
        who = "" if everything else f" for @{one_line(context.caller.agent_id)}"
        context.done(f"{which}{who}.")
    reading.show(context, rows)
    for line in _what_next(context, answer, rows, unread=unread):
        context.done(line)


def _what_next(
    context: Context, answer: dict[str, Any], rows: list[dict[str, Any]], *, unread: bool
) -> list[str]:
    """Lines that name a next command, only where there is something to do.

    None of them does anything to a message that was not shown.
    """
    lines = []
    page, pages, total = (int(answer.get(key) or 0) for key in ("page", "total_pages", "total"))
    shown = len(rows)
    if unread and shown:
        short = messages.short_ids(rows)
        ids = " ".join(one_line(short(str(row.get("message_id")))) for row in rows)
        lines.append(f"then: thrum message read {ids}")
    if page < pages:
        # Once these are read, the rest is the first page of what is unread.
        rest = "then again: thrum inbox --unread" if unread else f"more: --page {page + 1}"
        lines.append(f"{shown} of {total}; {rest}")
    elif not context.is_plain and shown:
        lines.append(
            f"{shown} of {total} messages, {answer.get('unread', 0)} unread ({messages.UNREAD})"
        )
    hidden = int(answer.get("hidden_by_filter") or 0)
    if hidden:
        lines.append(f"{hidden} unread outside this view; see: thrum inbox --all --unread")
    return lines
