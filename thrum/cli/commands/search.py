"""``thrum search``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render import found
from thrum.cli.render.text import one_line
from thrum.errors import ThrumError

if TYPE_CHECKING:
    import typer

MOST: Final = 100
"""What one page may hold."""


def search(
    context: Context,
    query: Annotated[
        list[str],
        typer.Argument(help='words, "phrases", beginning*, -without, OR, from:nux, after:7d'),
        takes.QUERY,
    ],
    sort: Annotated[
        str,
        typer.Option(help="relevance, or new for the newest first"),
        takes.words("relevance", "new"),
    ] = "relevance",
    limit: Annotated[int, typer.Option("--limit", min=1, help="how many, 100 at most")] = 20,
    cursor: Annotated[str | None, typer.Option(help="where the page before ended")] = None,
) -> None:
    """Find messages, saved contexts and snapshots by their words; marks nothing as read.

    All words must be there, in any letter case, with or without accents; names in code are found by
    their parts. Narrow it by from: to: group: role: thread: before: after: in: and by has:unread,
    has:reply or has:structured. Quote the query where it has quotes. docs/search.md tells all.
    """
    text = " ".join(query).strip()
    if not text:
        raise ThrumError("usage", "nothing is searched for", "`thrum search jwt` finds a word")
    if limit > MOST:
        raise ThrumError("usage", f"--limit is at most {MOST}; --cursor goes on behind a page")
    answer = context.call(
        "message.search",
        {
            "query": text,
            "limit": limit,
            "cursor": cursor,
            "sort": sort,
            "caller_agent_id": context.caller.agent_id,
        },
    )
    context.document(answer)
    if answer.get("notice"):
        context.note(f"note: {one_line(str(answer['notice']))}")
    rows = [row for row in answer.get("results") or () if isinstance(row, dict)]
    if not rows:
        context.done("Nothing found.")
        return
    context.say(found.lines(rows, context.now_ns(), context.caller.agent_id, context.paint))
    _what_next(context, answer, len(rows))


def _what_next(context: Context, answer: dict[str, object], shown: int) -> None:
    total = f"{answer.get('total')}{'+' * bool(answer.get('total_is_bound'))}"
    following = answer.get("next_cursor")
    if following:
        context.done(f"{shown} of {total}; more: --cursor {one_line(str(following))}")
    elif not context.is_plain:
        context.done(f"{shown} of {total}; in full: thrum message get ID")
