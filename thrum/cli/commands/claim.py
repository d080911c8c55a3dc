"""``thrum claim``, ``release`` and ``claims``: what is somebody's for a while."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.claims import COLUMNS, MORE, cells, held_by, lasts
from thrum.cli.render.table import table
from thrum.cli.render.text import one_line
from thrum.cli.render.times import duration, span
from thrum.cli.steps.rooted import rooted
from thrum.errors import ThrumError
from thrum.plurals import counted

if TYPE_CHECKING:
    import typer

Row = dict[str, Any]

SECOND_NS: Final = 1_000_000_000
LONGEST_S: Final = 7 * 24 * 3600
LONGEST_WAIT_S: Final = 24 * 3600
LONGEST_ASK_S: Final = 240
"""Seconds that the daemon waits for one call."""
_SLACK_S: Final = 15.0


def claim(
    context: Context,
    what: Annotated[
        list[str] | None,
        typer.Argument(help="paths, globs, or keys such as task:auth-42"),
        takes.CLAIMABLE,
    ] = None,
    lasting: Annotated[
        str,
        typer.Option("--for", help="until then, unless renewed; a week at most"),
        takes.DURATION,
    ] = "2h",
    note: Annotated[str, typer.Option("--note", help="what others are told of it")] = "",
    shared: Annotated[
        bool, typer.Option("--shared", help="others may have it, too, who say so as well")
    ] = False,
    wait: Annotated[
        str, typer.Option("--wait", help="wait so long where somebody else has it"), takes.DURATION
    ] = "0",
) -> None:
    """Say that paths, globs or a piece of work are yours for a while; or renew that.

    A path covers itself and all below it. All of it is claimed or nothing; exit 1, with who has it.
    It ends with your session. Nobody is kept from writing: others are told before they do.
    """
    asked = {
        **_asked(context, what),
        "for_seconds": _seconds(lasting, "--for", 1, LONGEST_S),
        "note": note,
        "shared": shared or None,
    }
    answer = _take(context, asked, _seconds(wait, "--wait", 0, LONGEST_WAIT_S))
    refused: list[Row] = answer.get("refused") or []
    if refused:
        raise _refusal(refused, context.now_ns())
    context.document(answer)
    for row in answer.get("claims") or ():
        context.done(f"✓ {one_line(str(row.get('what')))} is yours {lasts(row, context.now_ns())}")
    if answer.get("notice"):
        context.note(one_line(str(answer["notice"])))


def _asked(context: Context, what: list[str] | None) -> Row:
    if not what:
        raise ThrumError("usage", "what?", "name paths, globs or keys: thrum claim src/auth")
    directory, said = rooted(context, what)
    return {"what": said, "directory": directory, "caller_agent_id": context.caller.agent_id}


def _seconds(text: str, flag: str, least: int, most: int) -> int:
    found = -(-duration(text, flag) // SECOND_NS)
    if not least <= found <= most:
        bounds = f"from {span(least * 1000)} to {span(most * 1000)}"
        raise ThrumError("usage", f"{flag} takes a time {bounds}, not {text!r}")
    return found


def _take(context: Context, asked: Row, wait_s: int) -> Row:
    """Asks until it is free, or the time is over."""
    end = context.monotonic() + wait_s
    while True:
        left = min(max(int(end - context.monotonic()), 0), LONGEST_ASK_S)
        answer: Row = context.call(
            "claim.take", {**asked, "wait_seconds": left or None}, timeout=left + _SLACK_S
        )
        if not answer.get("refused") or end - context.monotonic() < 1:
            return answer


def _refusal(refused: list[Row], now_ns: int) -> ThrumError:
    first = refused[0]
    holder: Row = first.get("holder") or {}
    more = f", and {counted(len(refused) - 1, 'thing')} more is" if len(refused) > 1 else ""
    return ThrumError(
        "conflict",
        f"{one_line(str(first.get('what')))} is not free: {held_by(holder, now_ns)}{more}",
        f"ask @{one_line(str(holder.get('agent_id')))}, or wait for it with --wait 10m",
        {"refused": refused},
    )


def release(
    context: Context,
    what: Annotated[
        list[str] | None,
        typer.Argument(help="paths, globs, or keys such as task:auth-42"),
        takes.CLAIMED,
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="everything that you hold")] = False,
) -> None:
    """Give back what you claimed. People and coordinators may end what is another's, too."""
    if bool(what) == all:
        raise ThrumError(
            "usage",
            "a name and --all exclude each other" if all else "nothing is named",
            "give what you claimed, or --all",
        )
    asked = _asked(context, what) if what else {"caller_agent_id": context.caller.agent_id}
    answer: Row = context.call("claim.release", {**asked, "all": all or None})
    context.document(answer)
    rows: list[Row] = answer.get("claims") or []
    for row in rows:
        by = row.get("ended_by")
        whose = f", which was @{one_line(str(row.get('agent_id')))}'s" if by else ""
        context.done(f"✓ Released {one_line(str(row.get('what')))}{whose}")
    if not rows:
        context.done("You hold nothing.")


def give(
    context: Context,
    to: Annotated[str, typer.Argument(help="who has it from now on"), takes.AGENT] = "",
    what: Annotated[
        list[str] | None,
        typer.Argument(help="paths, globs, or keys such as task:auth-42"),
        takes.CLAIMED,
    ] = None,
) -> None:
    """Hand over what you claimed to another agent, who is told by mail."""
    if not to:
        raise ThrumError("usage", "to whom?", "thrum claim give @nux src/auth")
    if what and what[-1].startswith("@") and not to.startswith("@"):
        to, what = what[-1], [to, *what[:-1]]  # as people say it, too
    answer: Row = context.call("claim.give", {**_asked(context, what), "to": to})
    context.document(answer)
    for row in answer.get("claims") or ():
        context.done(f"✓ {held_by(row, context.now_ns())}")


def claims(
    context: Context,
    mine: Annotated[bool, typer.Option("--mine", help="only yours")] = False,
    all: Annotated[
        bool, typer.Option("--all", help="also what ended within a day, and how")
    ] = False,
) -> None:
    """Who has what for himself, since when and for how long."""
    asked: Row = {"mine": mine or None, "all": all or None}
    if mine:
        asked["caller_agent_id"] = context.caller.agent_id
    answer: Row = context.call("claim.list", asked)
    context.document(answer)
    rows = [row for row in answer.get("claims") or () if isinstance(row, dict)]
    if not rows:
        context.done("You hold nothing." if mine else "Nobody holds anything.")
        return
    columns = MORE if all else COLUMNS
    made = [cells(row, context.now_ns(), is_all=all) for row in rows]
    context.say(table(columns, made, is_plain=context.is_plain, columns=context.columns))
    if answer.get("notice"):
        context.note(one_line(str(answer["notice"])))
