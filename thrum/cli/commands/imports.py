"""``thrum import``: what neighbours wrote down, as threads that are put away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.plurals import counted

if TYPE_CHECKING:
    import typer

    from thrum.neighbours.haul import Haul


def agent_mail(
    context: Context,
    path: Annotated[
        str, typer.Argument(help="its archive, one project in it, or its database"), takes.FILE
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what it would do")] = False,
) -> int:
    """Bring in the mail of mcp-agent-mail as threads, with their times and names.

    Nobody is told of it, and nothing is unread. Twice is once: ids are worked out from what is
    there. Exit 1 if everything was refused.
    """
    from thrum.neighbours import agent_mail

    return _brought_in(context, agent_mail.read(context.cwd / path, context.now_ns()), dry_run)


def beads(
    context: Context,
    path: Annotated[str, typer.Argument(help="issues.jsonl, or the folder .beads"), takes.FILE],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what it would do")] = False,
) -> int:
    """Bring in the issues of beads as threads: each with its comments, their times and names.

    Nobody is told of it, and nothing is unread. Twice is once: new comments of a known issue come
    in, and a text that was changed there since does not. Exit 1 if everything was refused.
    """
    from thrum.neighbours import beads

    return _brought_in(context, beads.read(context.cwd / path, context.now_ns()), dry_run)


def _brought_in(context: Context, haul: Haul, dry_run: bool) -> int:
    from thrum.neighbours.haul import land

    landed = land(haul, context.place, context.env, dry_run=dry_run)
    context.document(
        {
            "messages": landed.messages,
            "threads": landed.threads,
            "known": landed.known,
            "refused": haul.refused,
            "reasons": haul.reasons,
            "dry_run": dry_run,
        }
    )
    word = "Would bring in" if dry_run else "✓ Brought in"
    messages, threads = counted(landed.messages, "message"), counted(landed.threads, "thread")
    context.done(f"{word} {messages} in {threads}; {landed.known:,} were here")
    for each in haul.reasons:
        context.note(f"refused: {one_line(each)}")
    if haul.refused > len(haul.reasons):
        context.note(f"{haul.refused - len(haul.reasons):,} more were refused")
    return 1 if haul.refused and not haul.posts else 0
