"""``thrum purge``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.times import cutoff
from thrum.cli.spellings import older
from thrum.cli.steps.confirming import confirmed
from thrum.clock import format_ns, format_seconds
from thrum.errors import ThrumError
from thrum.plurals import counted

if TYPE_CHECKING:
    import typer

_LONG_S = 300.0


def purge(
    context: Context,
    before: Annotated[
        str | None,
        typer.Option(help="what is older than 30d, 12h, 2026-05-01 (UTC) or an RFC 3339 time"),
        takes.MOMENT,
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="everything until now")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask"), older("--confirm")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only count what it would be")] = False,
) -> None:
    """Forget old messages and ended sessions, here and in every clone.

    Takes what this clone has seen, never what is sent later or elsewhere meanwhile. For people and
    coordinators; everybody may try --dry-run. On a terminal it asks first. Open sessions, agents
    and groups stay. The text leaves the current files of a-sync in every clone that syncs, and
    stays in their history: see docs/secrets.md.
    """
    until = _until(context, before, all)
    if dry_run:
        answer = _execute(context, until, dry_run=True)
        context.document(answer)
        context.say(f"Would delete {_what(answer)} from before {format_seconds(until)}")
        return
    if not yes and not _agreed(context, until):
        context.done("Nothing deleted.")
        return
    answer = _execute(context, until, dry_run=False)
    _forget_consumed(context)
    context.document(answer)
    context.say(f"Deleted {_what(answer)} from before {format_seconds(until)}")
    if answer.get("events_deleted"):
        context.hint(
            "every clone that syncs forgets it, and the text leaves the current files of a-sync;"
            " their history keeps it"
        )


def _until(context: Context, before: str | None, all: bool) -> int:
    if (before is None) == (not all):
        raise ThrumError("usage", "give either --before TIME or --all", "such as --before 30d")
    now = context.now_ns()
    until = now if before is None else cutoff(before, "--before", now)
    if until > now:
        raise ThrumError(
            "usage", f"{before!r} lies in the future", "--all takes everything until now"
        )
    return until


def _execute(context: Context, until: int, *, dry_run: bool) -> dict[str, Any]:
    answer: dict[str, Any] = context.call(
        "purge.execute",
        {
            "before": format_ns(until),
            "dry_run": dry_run,
            "caller_agent_id": context.caller.agent_id,
        },
        _LONG_S,
    )
    return answer


def _agreed(context: Context, until: int) -> bool:
    """Whether the person at the terminal agrees to the loss of what is counted first."""
    what = f"{_what(_execute(context, until, dry_run=True))} from before {format_seconds(until)}"
    refusal = f"deleting {what} cannot be taken back"
    return confirmed(
        context, f"Delete {what}, here and in every clone?", yes=False, otherwise=refusal
    )


def _what(answer: dict[str, Any]) -> str:
    messages = counted(int(answer.get("messages_deleted") or 0), "message")
    sessions = counted(int(answer.get("sessions_deleted") or 0), "ended session")
    return f"{messages} and {sessions}"


def _forget_consumed(context: Context) -> None:
    """What sessions said that others have gone on from is of no use to anybody."""
    from thrum.snapshots import shelf

    shelf.sweep(context.place.local)
