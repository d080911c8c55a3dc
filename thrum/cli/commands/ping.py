"""``thrum ping``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from thrum import names
from thrum.cli import takes
from thrum.cli.commands.team import with_life
from thrum.cli.context import Context
from thrum.cli.lacking import Gaps
from thrum.cli.render.people import life, position, state
from thrum.cli.render.text import one_line
from thrum.cli.render.times import ago_words
from thrum.errors import ThrumError

if TYPE_CHECKING:
    import typer

Row = dict[str, Any]


def ping(
    context: Context,
    agent: Annotated[str, typer.Argument(help="its name, display name or role"), takes.AGENT],
) -> None:
    """Whether an agent is there, and what it works on."""
    everybody = {"include_offline": True, "include_system": True}
    members: list[Row] = (context.call("team.list", everybody) or {}).get("members") or []
    found = _find(members, names.bare(agent))
    if found is None:
        known = sorted(
            {str(each.get(key) or "") for each in members for key in ("agent_id", "role")}
        )
        from thrum.suggest import did_you_mean

        near = did_you_mean(names.bare(agent), known)
        raise ThrumError(
            "not_found",
            f"no agent has the name or role {one_line(agent)!r}",
            near or "see `thrum team --all`",
        )
    if context.options.json:
        gaps = Gaps(context)
        context.document(_document(gaps, found) | gaps.warnings)
        return
    # Never cut: this is where all of it is read.
    context.say("\n".join(_lines(with_life(found), context.now_ns())))


def _find(members: list[Row], name: str) -> Row | None:
    """By name, else by display name, else the first of that role: who is at work comes first."""
    for key in ("agent_id", "display", "role"):
        for member in members:
            if name and member.get(key) == name:
                return member
    return None


def _document(gaps: Gaps, member: Row) -> Row:
    """The agent's own rows of both lists, in their shapes, and its status."""
    agent_id = str(member.get("agent_id"))
    listed: list[Row] = (gaps.ask("agent.list") or {}).get("agents") or []
    working: Row = gaps.ask("agent.listContext", {"agent_id": agent_id}) or {}
    mine = [row for row in listed if row.get("agent_id") == agent_id]
    return {
        "agents": {"agents": mine},
        "contexts": {"contexts": working.get("contexts") or []},
        "status": member.get("status"),
        "agent_status": member.get("agent_status") or "",
    }


def _lines(member: Row, now_ns: int) -> list[str]:
    seen, alive = ago_words(str(member.get("last_seen") or ""), now_ns), life(member)
    status = one_line(str(member.get("status") or "offline"))
    head = f"@{one_line(str(member.get('agent_id')))}: {status}"
    head += f" [{alive}]" if alive else ""
    says = state(member)
    head += f", {says}" if says else ""
    head += f", {position(member)}"
    facts = [
        ("Intent", member.get("intent")),
        ("Task", member.get("current_task")),
        ("Branch", member.get("branch")),
    ]
    told = [f"  {name}: {one_line(str(value))}" for name, value in facts if value]
    return [head if status == "reserved" else f"{head}, seen {seen}", *told]
