"""``thrum session``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from thrum import names
from thrum.cli import asking, takes
from thrum.cli.context import Context
from thrum.cli.pairs import pairs
from thrum.cli.render import people
from thrum.cli.render.ids import short
from thrum.cli.render.text import one_line
from thrum.cli.render.times import span
from thrum.cli.steps import naming
from thrum.clock import format_seconds
from thrum.errors import ThrumError
from thrum.identity import files
from thrum.plurals import counted

if TYPE_CHECKING:
    import typer


_PAIR = "type:value; repeatable"


def start(
    context: Context,
    scope: Annotated[list[str] | None, typer.Option(help=_PAIR), takes.PAIR] = None,
    ref: Annotated[list[str] | None, typer.Option(help=_PAIR), takes.PAIR] = None,
) -> None:
    """Begin a session in this worktree, with the intent that was given last."""
    agent_id = context.caller.agent_id
    toplevel = context.toplevel or context.place.root
    answer = context.call(
        "session.start",
        {
            "agent_id": agent_id,
            "scopes": pairs(scope, "--scope"),
            "refs": [{"type": "worktree", "value": str(toplevel)}, *pairs(ref, "--ref")],
            "caller_agent_id": agent_id,
        },
    )
    session = str(answer["session_id"])
    _remember(context, session_id=session)
    intent = _given(context)
    if intent:
        asked = {"session_id": session, "intent": intent, "caller_agent_id": agent_id}
        context.call("session.setIntent", asked)
    context.document(answer)
    about = f": {one_line(intent)}" if intent else ""
    context.done(f"✓ Session {short(session)} of @{one_line(agent_id)} started{about}")


def _given(context: Context) -> str:
    """What the agent was said to be about to do, as when its worktree was made."""
    path = files.path_of(context.place.identities, context.caller.agent_id)
    return files.read(path).intent if path.exists() else ""


def end(
    context: Context,
    reason: Annotated[str, typer.Option(help="why it ends")] = "normal",
    session_id: Annotated[
        str | None,
        typer.Option("--session-id", help="another one than the open one"),
        takes.OPEN_SESSION,
    ] = None,
) -> None:
    """End the open session."""
    session = session_id or current(context)
    answer = context.call(
        "session.end",
        {"session_id": session, "reason": reason, "caller_agent_id": context.caller.agent_id},
    )
    if not session_id:
        _remember(context, session_id="")
    context.document(answer)
    took = answer.get("duration_ms")
    lasted = f" after {span(took)}" if isinstance(took, int) else ""
    context.done(f"✓ Session {short(answer.get('session_id', session))} ended{lasted}")


def current(context: Context) -> str:
    """The caller's open session.

    Raises:
        ThrumError: ``no_session``.
    """
    about = context.call("agent.whoami", {"caller_agent_id": context.caller.agent_id})
    session = about.get("session_id")
    if not session:
        raise ThrumError("no_session", "no session is open", "start one with `thrum session start`")
    return str(session)


def list_sessions(
    context: Context,
    active: Annotated[bool, typer.Option("--active", help="only open ones")] = False,
    agent: Annotated[str | None, typer.Option(help="only those of this agent"), takes.AGENT] = None,
    limit: Annotated[int, typer.Option(min=0, help="so many at most; 0 for all")] = 0,
) -> None:
    """Sessions with their scopes and refs, newest first."""
    answer: dict[str, Any] = context.call(
        "session.list",
        {
            "active_only": active or None,
            "agent_id": names.bare(agent) if agent else None,
            "limit": limit or None,
        },
    )
    rows = answer.get("sessions") or []
    if agent and not rows:
        naming.demand_known(context, agent)
    context.document(answer)
    if not rows:
        context.done("No sessions.")
        return
    text = people.sessions(
        rows, context.now_ns(), is_plain=context.is_plain, columns=context.columns
    )
    context.say(text)


def heartbeat(
    context: Context,
    add_scope: Annotated[list[str] | None, typer.Option(help=_PAIR), takes.PAIR] = None,
    remove_scope: Annotated[list[str] | None, typer.Option(help=_PAIR), takes.PAIR] = None,
    add_ref: Annotated[list[str] | None, typer.Option(help=_PAIR), takes.PAIR] = None,
    remove_ref: Annotated[list[str] | None, typer.Option(help=_PAIR), takes.PAIR] = None,
) -> None:
    """Say that you are alive; add or remove scopes and refs of the session."""
    answer = context.call(
        "session.heartbeat",
        {
            "session_id": current(context),
            "caller_agent_id": context.caller.agent_id,
            "add_scopes": pairs(add_scope, "--add-scope"),
            "remove_scopes": pairs(remove_scope, "--remove-scope"),
            "add_refs": pairs(add_ref, "--add-ref"),
            "remove_refs": pairs(remove_ref, "--remove-ref"),
        },
    )
    context.document(answer)
    context.done(f"✓ Heartbeat{_work(answer)}")


def _work(answer: dict[str, Any]) -> str:
    """The branch, and how much of it is not merged yet; empty where nothing is known."""
    branch = one_line(str(answer.get("branch") or ""))
    counts = {
        "commit": int(answer.get("unmerged_commits") or 0),
        "file": len(answer.get("file_changes") or ()),
    }
    parts = [counted(count, what) for what, count in counts.items() if count]
    said = ", ".join([f"on {branch}", *parts] if branch else parts)
    return f" {said}" if said else ""


def set_intent(
    context: Context, text: Annotated[str, typer.Argument(help="empty text clears it")]
) -> None:
    """Say what you are about to do."""
    answer = _set(context, "session.setIntent", "intent", text)
    _remember(context, intent=text)
    context.document(answer)
    context.done(f"✓ Intent: {one_line(text)}" if text else "✓ Intent cleared")


def set_task(
    context: Context, task: Annotated[str, typer.Argument(help="empty text clears it")]
) -> None:
    """Say which task you work on, as in beads:shop-12."""
    answer = _set(context, "session.setTask", "current_task", task)
    context.document(answer)
    context.done(f"✓ Task: {one_line(task)}" if task else "✓ Task cleared")


def _set(context: Context, method: str, key: str, text: str) -> Any:
    # Called past Context.call, which leaves out empty texts: here an empty one means to clear.
    params = {
        "session_id": current(context),
        key: text,
        "caller_agent_id": context.caller.agent_id,
    }
    return asking.ask(context, method, params)


def _remember(context: Context, **fields: object) -> None:
    """Writes into the agent's own file what the next shell wants to know without a daemon."""
    name = context.caller.agent_id
    if files.path_of(context.place.identities, name).exists():
        files.write(context.place.identities, name, format_seconds(context.now_ns()), **fields)
