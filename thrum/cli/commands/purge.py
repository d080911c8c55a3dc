"""``thrum purge``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from thrum.cli.context import Context
from thrum.cli.render.text import counted
from thrum.cli.render.times import cutoff
from thrum.clock import format_ns, format_seconds
from thrum.errors import ThrumError

if TYPE_CHECKING:
    import typer

_LONG_S = 300.0


def purge(
    context: Context,
    before: Annotated[
        str | None,
        typer.Option(help="what is older than 30d, 12h, 2026-05-01 (UTC) or an RFC 3339 time"),
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="everything until now")] = False,
    confirm: Annotated[
        bool, typer.Option("--confirm", "--yes", help="really do it; else it is only counted")
    ] = False,
) -> None:
    """Forget old messages and ended sessions, here and in every clone.

    Without --confirm nothing is deleted. For people and coordinators. Open sessions, agents and
    groups stay; the branch's history keeps the text.
    """
    if (before is None) == (not all):
        raise ThrumError("usage", "give either --before TIME or --all", "such as --before 30d")
    now = context.now_ns()
    until = now if before is None else cutoff(before, "--before", now)
    if until > now:
        raise ThrumError(
            "usage", f"{before!r} lies in the future", "--all takes everything until now"
        )
    answer: dict[str, Any] = context.call(
        "purge.execute",
        {
            "before": format_ns(until),
            "dry_run": not confirm,
            "caller_agent_id": context.caller.agent_id,
        },
        _LONG_S,
    )
    if confirm:
        _forget_consumed(context)
    context.document(answer)
    verb = "Deleted" if confirm else "Would delete"
    parts = [
        _count(answer, "messages_deleted", "message"),
        _count(answer, "sessions_deleted", "ended session"),
    ]
    context.say(f"{verb} {' and '.join(parts)} from before {format_seconds(until)}")
    if not confirm and any(answer.get(key) for key in ("messages_deleted", "sessions_deleted")):
        context.hint("nothing is deleted yet; add --confirm to do it")


def _count(answer: dict[str, Any], key: str, what: str) -> str:
    count = int(answer.get(key) or 0)
    return counted(count, what)


def _forget_consumed(context: Context) -> None:
    """Restart snapshots that were shown already are of no use to anybody."""
    for path in (context.place.local / "restart").glob("*.consumed"):
        path.unlink(missing_ok=True)
