"""``thrum agent``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from thrum import names
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.lacking import Gaps
from thrum.cli.render import people
from thrum.cli.render.text import one_line
from thrum.cli.spellings import older
from thrum.cli.steps import claiming, naming, registering
from thrum.cli.steps.confirming import confirmed
from thrum.clock import format_ns, format_seconds
from thrum.errors import ThrumError
from thrum.identity import files, process

if TYPE_CHECKING:
    import typer

_CLEANUP_LIMIT_S = 120.0


def register(
    context: Context,
    name: Annotated[str, typer.Option(help="the agent's name"), takes.AGENT_NAME] = "",
    role: Annotated[str, typer.Option(help="such as implementer or reviewer"), takes.ROLE] = "",
    module: Annotated[
        str, typer.Option(help="the part of the project it works on"), takes.MODULE
    ] = "",
    display: Annotated[str, typer.Option(help="a name for people")] = "",
    force: Annotated[bool, typer.Option("--force", help="put identities in the way aside")] = False,
    re_register: Annotated[
        bool, typer.Option("--re-register", help="you are the same agent, coming back")
    ] = False,
    no_agent_pid: Annotated[
        bool, typer.Option("--no-agent-pid", help="do not bind the agent to a process")
    ] = False,
) -> None:
    """Register an agent here, without starting a session."""
    wanted = registering.complete(
        context,
        registering.Wanted(
            name or context.env.get("THRUM_NAME", ""), role, module, display, force=force
        ),
    )
    claiming.check(context, wanted.name, force=force, binds=not no_agent_pid)
    claiming.tell_of_others(context, wanted.name)
    runtime = None if no_agent_pid else process.runtime_of(context.ancestors)
    answer: dict[str, Any] = context.call(
        "agent.register",
        {
            "name": wanted.name,
            "role": wanted.role,
            "module": wanted.module,
            "display": wanted.display,
            "agent_pid": runtime.pid if runtime else None,
            "force": force or None,
            "re_register": re_register or None,
        },
    )
    if answer.get("status") == "conflict":
        raise ThrumError(
            "name_taken",
            f"the name {wanted.name} is held by another agent",
            "add --re-register if that is you, --force if it is gone",
        )
    toplevel = context.toplevel or context.place.root
    fields: dict[str, object] = {
        "kind": "agent",
        "role": wanted.role,
        "module": wanted.module,
        "display": wanted.display,
        "worktree": str(toplevel),
        **registering.git_fields(toplevel),
    }
    agent_id = str(answer["agent_id"])
    claiming.write(context, agent_id, fields, binds=not no_agent_pid, force=force)
    context.document(answer)
    claiming.tell_of_taking(context, answer)
    context.done(f"✓ Agent {answer.get('status', 'registered')}: {agent_id}")
    if not answer.get("session_id"):
        context.hint("who has no session can send nothing; `thrum session start` begins one")


def list_agents(
    context: Context,
    role: Annotated[str | None, typer.Option(help="only this role"), takes.ROLE] = None,
    module: Annotated[str | None, typer.Option(help="only this module"), takes.MODULE] = None,
    contexts: Annotated[
        bool, typer.Option("--context", help="what their sessions work on")
    ] = False,
    limit: Annotated[int, typer.Option(min=0, help="so many at most; 0 for all")] = 0,
) -> None:
    """All registered agents, or what they work on."""
    listed: dict[str, Any] = {}
    if role or module or limit or not contexts:
        wanted = {"role": role, "module": module, "limit": limit or None}
        listed = context.call("agent.list", wanted)
    rows = listed.get("agents") or []
    how: dict[str, Any] = {"is_plain": context.is_plain, "columns": context.columns}
    if not (contexts or context.options.json):
        text = people.agents(rows, context.now_ns(), **how)
        nobody = "No such agent." if role or module else "No agents registered."
        context.say(text if rows else nobody)
        return
    if not contexts:
        gaps = Gaps(context)
        both = {"agents": listed, "contexts": gaps.ask("agent.listContext") or {"contexts": []}}
        context.document(both | gaps.warnings)
        return
    working: dict[str, Any] = context.call("agent.listContext")
    named = {row.get("agent_id") for row in rows}
    found: list[dict[str, Any]] = working.get("contexts") or []
    if listed:
        found = [row for row in found if row.get("agent_id") in named]
    context.document({"contexts": found})
    context.say(people.contexts(found, context.now_ns(), **how) if found else "No open sessions.")


def set_status(
    context: Context,
    status: Annotated[
        str, typer.Argument(help="working, idle, blocked or stuck"), takes.words(*files.STATUSES)
    ],
    agent: Annotated[
        str | None, typer.Option(help="another agent than yourself"), takes.AGENT
    ] = None,
) -> None:
    """Say how it goes: working, idle or blocked."""
    name = names.check_agent_name(names.bare(agent)) if agent else context.caller.agent_id
    if _is_own(context, name):
        # One's own status is a matter of one's own file; it must work while the daemon is away.
        now = context.now_ns()
        files.write(
            context.place.identities,
            name,
            format_seconds(now),
            agent_status=status,
            agent_status_updated_at=format_ns(now),
        )
        answer: dict[str, Any] = {"agent": name, "status": status}
    else:
        claim = {"caller_agent_id": context.caller.agent_id}
        answer = context.call("agent.set-status", {"agent": name, "status": status, **claim})
    context.document(answer)
    context.done(f"✓ @{one_line(name)} is {status}")


def _is_own(context: Context, name: str) -> bool:
    """Whether that is the agent of this shell, with its file here."""
    try:
        own = context.caller.agent_id == name
    except ThrumError:
        return False
    return own and files.path_of(context.place.identities, name).exists()


def delete(
    context: Context,
    name: Annotated[str, typer.Argument(help="the agent"), takes.AGENT],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask"), older("--force")] = False,
) -> None:
    """Delete an agent and what belongs to it."""
    bare = names.bare(name)
    if not yes:
        naming.demand_known(context, bare)
    question = f"Delete agent {bare} and all that belongs to it?"
    refusal = f"deleting the agent {bare} cannot be taken back"
    if not confirmed(context, question, yes=yes, otherwise=refusal):
        context.document({"agent_id": bare, "deleted": False})
        context.done("Nothing deleted.")
        return
    answer = _delete(context, bare)
    context.document(answer)
    context.done(f"✓ Deleted @{one_line(bare)}")


def _delete(context: Context, name: str) -> dict[str, Any]:
    claim = {"caller_agent_id": context.caller.agent_id}
    answer: dict[str, Any] = context.call("agent.delete", {"name": name, **claim})
    return answer


def cleanup(
    context: Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show who is gone")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="do not ask"), older("--force")] = False,
    threshold: Annotated[
        int, typer.Option(min=0, help="whoever was unseen for more than so many days is gone")
    ] = 30,
) -> None:
    """Find agents of this clone that are gone, and delete them."""
    if dry_run and yes:
        raise ThrumError("usage", "--dry-run and --yes exclude each other", "keep one of them")
    if not (dry_run or yes or context.stdin_is_terminal):
        refusal = "deleting agents cannot be taken back"
        raise ThrumError("usage", refusal, "add --dry-run to look, --yes to do it")
    answer: dict[str, Any] = context.call(
        "agent.cleanup",
        {
            "dry_run": not yes,
            "force": yes,
            "threshold": threshold,
            "caller_agent_id": context.caller.agent_id,
        },
        _CLEANUP_LIMIT_S,
    )
    orphans: list[dict[str, Any]] = answer.get("orphans") or []
    if not (dry_run or yes):
        answer |= {"deleted": _ask_about(context, orphans), "dry_run": False}
    elif orphans:
        context.say(people.orphans(orphans, context.now_ns()))
    context.document(answer)
    if not orphans:
        context.done("No agent is gone.")
    elif not dry_run:
        context.done(f"✓ Deleted {len(answer.get('deleted') or [])} of {len(orphans)}")


def _ask_about(context: Context, orphans: list[dict[str, Any]]) -> list[str]:
    """Shows each and deletes those that the person at the terminal gives up."""
    deleted = []
    for orphan in orphans:
        name = str(orphan.get("agent_id"))
        context.note(people.orphans([orphan], context.now_ns()).rstrip())
        question = f"Delete agent {name} and all that belongs to it?"
        if confirmed(context, question, yes=False, otherwise="nobody can be asked"):
            _delete(context, name)
            deleted.append(name)
    return deleted
