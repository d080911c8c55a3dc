"""``thrum team``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render import people
from thrum.cli.render.text import one_line
from thrum.errors import ThrumError
from thrum.identity import process

if TYPE_CHECKING:
    import typer

Members = list[dict[str, Any]]


def team(
    context: Context,
    view: Annotated[
        str | None,
        typer.Argument(help="local: only of this daemon; daemons: count by daemon"),
        takes.words("local", "daemons"),
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="also those without a session")] = False,
    system: Annotated[bool, typer.Option("--system", help="also reserved ones")] = False,
    daemon: Annotated[
        str | None, typer.Option(help="only of the daemon with this id"), takes.DAEMON
    ] = None,
    host: Annotated[str | None, typer.Option(help="only on this machine"), takes.HOST] = None,
) -> None:
    """Who is here and what they work on.

    Marks: ● at work, ○ away, ⊙ reserved. live and stale say whether the agent's process runs on
    this machine; NEW counts unread mail. Where there are more than a few, each has one line.
    """
    if daemon is not None and host is not None:
        raise ThrumError("usage", "--daemon and --host exclude each other", "keep one of them")
    answer: dict[str, Any] = context.call(
        "team.list", {"include_offline": all or None, "include_system": system or None}
    )
    members: Members = answer.get("members") or []
    if view == "daemons":
        _daemons(context, members)
        return
    where = _where(view == "local", daemon, host)
    if where:
        members = [each for each in members if _belongs(each, view == "local", daemon, host)]
        answer = {"members": members}
    context.document(answer)
    if not members:
        who, others = ("agents", "") if all else ("active agents", "; --all shows the others")
        context.done(f"No {who}{where}{others}.")
        context.say("" if all or where else people.beyond(answer.get("beyond") or []))
        return
    how: dict[str, Any] = {"is_plain": context.is_plain, "columns": context.columns}
    seen = [with_life(member) for member in members]
    text = people.team(seen, context.now_ns(), **how, me=_me(context), paint=context.paint)
    totals = people.shared(answer.get("shared_messages") or {}, context.columns)
    beyond = "" if all or where else people.beyond(answer.get("beyond") or [])
    gap = "" if context.is_plain or not (totals or beyond) else "\n"
    context.say(text + gap + totals + beyond)


def with_life(member: dict[str, Any]) -> dict[str, Any]:
    """The member with `live`: whether its process runs on this machine, if it is from here."""
    pid = member.get("agent_pid")
    if not member.get("is_local") or not isinstance(pid, int) or pid <= 0:
        return member
    started = str(member.get("agent_pid_started") or "")
    return {**member, "live": process.alive(pid, started)}


def _me(context: Context) -> str:
    """Which of them this shell is; empty if it is none."""
    try:
        return context.caller.agent_id
    except ThrumError:
        return ""


def _where(local: bool, daemon: str | None, host: str | None) -> str:
    if daemon is not None:
        return f" of the daemon {one_line(daemon) or 'without an id'}"
    if host is not None:
        return f" on {one_line(host) or 'an unknown machine'}"
    return " of this clone" if local else ""


def _belongs(member: dict[str, Any], local: bool, daemon: str | None, host: str | None) -> bool:
    if local and not member.get("is_local"):
        return False
    if daemon is not None and (member.get("origin_daemon") or "") != daemon:
        return False
    return host is None or (member.get("hostname") or "") == host


def _daemons(context: Context, members: Members) -> None:
    counts: dict[str, dict[str, Any]] = {}
    for member in members:
        daemon_id = str(member.get("origin_daemon") or "unknown")
        row = counts.setdefault(
            daemon_id,
            {"daemon_id": daemon_id, "hostname": member.get("hostname") or "", "agent_count": 0},
        )
        row["agent_count"] += 1
    rows = [counts[key] for key in sorted(counts, key=lambda key: (key == "unknown", key))]
    context.document(rows)
    if not rows:
        context.done("No agents.")
        return
    context.say(people.daemons(rows, is_plain=context.is_plain, columns=context.columns))
