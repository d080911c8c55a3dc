"""``thrum group``: names that stand for several agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.lacking import Gaps
from thrum.cli.render import groups
from thrum.cli.render.text import one_line
from thrum.cli.steps.confirming import confirmed
from thrum.errors import ThrumError
from thrum.names import bare

if TYPE_CHECKING:
    import typer

_NAME = "the group"


def create(
    context: Context,
    name: Annotated[str, typer.Argument(help="its name; nobody's name and nobody's role")],
    description: Annotated[str, typer.Option(help="what it is for")] = "",
) -> None:
    """Make a group; what is sent to @NAME reaches its members."""
    answer = _change(context, "group.create", name=bare(name), description=description)
    context.document(answer)
    shown = one_line(str(answer.get("name")))
    context.done(f"✓ Group {shown} created")
    if not context.options.quiet and context.stdout_is_terminal:
        context.hint(f"add members: thrum group add '{shown}' @agent")


def delete(
    context: Context,
    name: Annotated[str, typer.Argument(help=_NAME), takes.GROUP],
    messages: Annotated[
        bool, typer.Option("--messages", help="delete what was sent to it too, everywhere")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Delete a group. Who got its messages keeps them."""
    name = bare(name)
    question = f"Delete group {name} and everything that was sent to it?"
    refusal = "deleting messages cannot be taken back"
    if messages and not confirmed(context, question, yes=yes, otherwise=refusal):
        context.done("Nothing deleted.")
        return
    answer = _change(context, "group.delete", name=name, delete_messages=messages or None)
    context.document(answer)
    context.done(f"✓ Group {one_line(name)} deleted")


def list_groups(context: Context) -> None:
    """All groups by name."""
    answer: dict[str, Any] = context.call("group.list")
    context.document(answer)
    rows = answer.get("groups") or []
    if not rows:
        context.done("No groups.")
        return
    context.say(groups.listing(rows, is_plain=context.is_plain, columns=context.columns))


def info(context: Context, name: Annotated[str, typer.Argument(help=_NAME), takes.GROUP]) -> None:
    """A group, what it is for, and its members."""
    answer: dict[str, Any] = context.call("group.info", {"name": bare(name)})
    context.document(answer)
    context.say(groups.info(answer, context.now_ns()))


def members(
    context: Context,
    name: Annotated[str, typer.Argument(help=_NAME), takes.GROUP],
    expand: Annotated[
        bool, typer.Option("--expand", help="the agents that the members stand for now")
    ] = False,
) -> None:
    """A group's members, one on a line."""
    answer: dict[str, Any] = context.call(
        "group.members", {"name": bare(name), "expand": expand or None}
    )
    context.document(answer)
    if expand:
        lines = [f"@{one_line(str(each))}" for each in answer.get("expanded") or ()]
    else:
        lines = [groups.member(each) for each in answer.get("members") or ()]
    if lines:
        context.say("\n".join(lines))
    else:
        context.done("Nobody." if expand else "No members.")


def add(
    context: Context,
    group: Annotated[str, typer.Argument(help=_NAME), takes.GROUP],
    agent: Annotated[str | None, typer.Argument(help="such as @furiosa"), takes.AGENT] = None,
    role: Annotated[
        str | None,
        typer.Option(help="everybody with this role; '*' is everybody"),
        takes.MEMBER_ROLE,
    ] = None,
) -> None:
    """Add an agent, or all agents of a role, to a group."""
    answer = _member(context, "group.member.add", group, agent, role)
    context.done(f"✓ {groups.member(answer)} is in {one_line(bare(group))}")


def remove(
    context: Context,
    group: Annotated[str, typer.Argument(help=_NAME), takes.GROUP],
    agent: Annotated[str | None, typer.Argument(help="such as @furiosa"), takes.AGENT] = None,
    role: Annotated[
        str | None, typer.Option(help="a role that was added"), takes.MEMBER_ROLE
    ] = None,
) -> None:
    """Take an agent or a role out of a group."""
    kind, value = _whom(agent, role)
    _demand_member(context, bare(group), kind, value)
    answer = _member(context, "group.member.remove", group, agent, role)
    context.done(f"✓ {groups.member(answer)} is not in {one_line(bare(group))}")


def _whom(agent: str | None, role: str | None) -> tuple[str, str]:
    """The kind of a member, and its value.

    Raises:
        ThrumError: ``usage``.
    """
    if (agent is None) == (role is None):
        raise ThrumError(
            "usage", "whom? give one agent or one role", "such as @furiosa or --role R"
        )
    return ("agent", bare(agent)) if agent is not None else ("role", str(role))


def _demand_member(context: Context, group: str, kind: str, value: str) -> None:
    """Refuses to take out who is no member by that name.

    Raises:
        ThrumError: ``not_found``, with how the agent came into the group, or who is meant.
    """
    answer = Gaps(context).ask("group.members", {"name": group, "expand": True})
    if answer is None:
        return  # the daemon itself refuses who is no member
    members = answer.get("members") or []
    same = [str(each.get("member_value")) for each in members if each.get("member_type") == kind]
    if value in same:
        return
    sign = "@" if kind == "agent" else "the role "
    from thrum.suggest import did_you_mean

    near = did_you_mean(f"{sign}{value}", [f"{sign}{each}" for each in same])
    if kind == "agent" and value in (answer.get("expanded") or ()):
        near = "it is there by its role: thrum group remove GROUP --role ROLE"
    raise ThrumError(
        "not_found",
        f"{sign}{one_line(value)} is no member of {one_line(group)}",
        near or f"see `thrum group members {one_line(group)}`",
    )


def _member(
    context: Context, method: str, group: str, agent: str | None, role: str | None
) -> dict[str, Any]:
    kind, value = _whom(agent, role)
    answer = _change(context, method, group=bare(group), member_type=kind, member_value=value)
    context.document(answer)
    return answer


def _change(context: Context, method: str, **params: object) -> dict[str, Any]:
    answer: dict[str, Any] = context.call(
        method, {**params, "caller_agent_id": context.caller.agent_id}
    )
    return answer
