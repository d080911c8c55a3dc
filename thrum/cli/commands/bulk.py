"""``thrum message archive`` and ``delete-by-agent``: many messages at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.cli.steps.confirming import confirmed
from thrum.errors import ThrumError
from thrum.names import bare
from thrum.plurals import counted

if TYPE_CHECKING:
    import typer

_LONG_S = 300.0
_YES = "do not ask"


def archive(
    context: Context,
    agent: Annotated[
        str | None, typer.Argument(help="whose messages; yourself or another"), takes.AGENT
    ] = None,
    group: Annotated[
        str | None, typer.Option(help="messages to this group instead"), takes.GROUP
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help=_YES)] = False,
) -> None:
    """Put an agent's messages, or those to a group, into a file; then delete them everywhere."""
    if (agent is None) == (group is None):
        raise ThrumError("usage", "which messages? give an agent or --group NAME", "one of them")
    kind, name = ("agent", bare(agent)) if agent is not None else ("group", bare(str(group)))
    if not name:
        raise ThrumError("usage", f"the name of the {kind} is empty", "see `thrum team --all`")
    where: dict[str, object] = (
        {"author_id": name} if kind == "agent" else {"scope": {"type": kind, "value": name}}
    )
    whose = f"{'by' if kind == 'agent' else 'to'} @{name}"
    question = "Archive {} and delete them everywhere?"
    if not yes and not _agreed(context, question, whose, where):
        context.done("Nothing archived.")
        return
    answer: dict[str, Any] = context.call(
        "message.archive",
        {
            "archive_type": kind,
            "identifier": name,
            "caller_agent_id": context.caller.agent_id,
        },
        _LONG_S,
    )
    context.document(answer)
    count = int(answer.get("archived_count") or 0)
    if not count:
        context.done(f"There are no messages {one_line(whose)}.")
        return
    file = one_line(str(answer.get("archive_path")))
    context.done(f"✓ Archived {counted(count, 'message')} in {file}")


def _agreed(context: Context, question: str, whose: str, where: dict[str, object]) -> bool:
    """Whether the person at the terminal agrees to it, told how many messages it is about."""
    found = context.call("message.list", {**where, "page_size": 1})
    which = f"{counted(int(found.get('total') or 0), 'message')} {whose}"
    refusal = f"deleting {which} cannot be taken back"
    return confirmed(context, question.format(which), yes=False, otherwise=refusal)


def delete_by_agent(
    context: Context,
    agent: Annotated[str, typer.Argument(help="yourself, so that it is no slip"), takes.AGENT],
    yes: Annotated[bool, typer.Option("--yes", help=_YES)] = False,
) -> None:
    """Delete all your messages, everywhere."""
    name = bare(agent)
    by = f"by @{name}"
    if not yes and not _agreed(context, "Delete {} everywhere?", by, {"author_id": name}):
        context.done("Nothing deleted.")
        return
    answer: dict[str, Any] = context.call(
        "message.deleteByAgent",
        {"agent_id": name, "caller_agent_id": context.caller.agent_id},
        _LONG_S,
    )
    context.document(answer)
    context.done(f"✓ Deleted {counted(int(answer.get('deleted_count') or 0), 'message')}")
