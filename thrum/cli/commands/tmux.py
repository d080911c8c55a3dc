"""``thrum tmux``: sessions in which agents live."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.table import Column, table
from thrum.cli.render.text import one_line, visible
from thrum.cli.steps import attaching, hinting, launched
from thrum.errors import ThrumError

if TYPE_CHECKING:
    import typer

_COLUMNS: Final = (
    Column("SESSION", 7, weight=2),
    Column("STATE", 5),
    Column("AGENT", 6, weight=2),
    Column("ROLE", 6, leaves=2),
    Column("RUNTIME", 7, leaves=1),
    Column("BRANCH", 8, weight=2, leaves=3),
)


def create(
    context: Context,
    session: Annotated[str, typer.Argument(metavar="SESSION", help="what it is to be called")],
    cwd: Annotated[str, typer.Option(help="the worktree in which it stands"), takes.DIRECTORY] = "",
    name: Annotated[
        str, typer.Option(help="the agent that is registered there"), takes.AGENT_NAME
    ] = "",
    role: Annotated[str, typer.Option(help="its role"), takes.ROLE] = "",
    module: Annotated[str, typer.Option(help="its module"), takes.MODULE] = "",
    intent: Annotated[str, typer.Option(help="what it is about to do")] = "",
    runtime: Annotated[str, typer.Option(help="the runtime that it prefers"), takes.RUNTIME] = "",
    no_agent: Annotated[bool, typer.Option("--no-agent", help="register nobody")] = False,
    force: Annotated[bool, typer.Option("--force", help="end what is in the way")] = False,
) -> None:
    """Make a session in a worktree, and register who is to live there.

    Nothing is launched; `thrum tmux launch` does that. With --no-agent whoever is at home in the
    worktree already lives in the session.
    """
    if not cwd:
        raise ThrumError("usage", "no worktree is named", "add --cwd FOLDER")
    where = str(context.path(cwd))
    typed: dict[str, Any] = {"session": session, "cwd": where, "name": name, "no_agent": no_agent}
    typed["before"] = attaching.residents(where)
    hinting.stop_at(context, hinting.find(context, attaching.CREATE, typed), force=force)
    answer: dict[str, Any] = context.call(
        "tmux.create",
        {
            "name": session,
            "cwd": where,
            "agent_name": name,
            "role": role,
            "module": module,
            "intent": intent,
            "runtime": runtime,
            "no_agent": no_agent or None,
            "force": force or None,
            "caller_agent_id": attaching.claim(context),
        },
        launched.LIMIT_S,
    )
    found = hinting.find(context, attaching.CREATE, typed, result=answer)
    context.document(hinting.added(answer, found))
    agent = answer.get("identity", {}).get("agent", {}).get("name", "")
    who = f" for @{one_line(str(agent))}" if agent else ""
    context.done(f"✓ Session {one_line(str(answer.get('session')))}{who}")
    hinting.tell(context, found)


def launch(
    context: Context,
    session: Annotated[
        str, typer.Argument(metavar="SESSION", help="in which one"), takes.TMUX_SESSION
    ],
    runtime: Annotated[
        str, typer.Option(help="the one that its agent prefers if absent"), takes.RUNTIME
    ] = "",
    wait: Annotated[
        bool, typer.Option("--wait", help="until it is up, and fail if it does not come up")
    ] = False,
) -> int:
    """Launch a runtime in a session, where its shell waits for a command.

    A session that ended is made anew for the agent that lived there. How the launch went is shown
    by `thrum tmux status`.
    """
    answer = launched.ask(context, session, runtime, is_awaited=wait)
    context.document(answer)
    if not wait:
        what, where = (one_line(str(answer.get(key))) for key in ("runtime", "session"))
        context.done(f"✓ {what} in {where}")
        return 0
    return 0 if launched.tell(context, answer) else 1


def start(
    context: Context,
    name: Annotated[str, typer.Option(help="the session; called like the folder if absent")] = "",
    runtime: Annotated[str, typer.Option(help="what is launched there"), takes.RUNTIME] = "",
) -> None:
    """Go to the session of this worktree; if there is none, make it and launch a runtime in it."""
    attaching.demand_terminal(context)
    home = context.toplevel or context.cwd
    session = name or home.name
    known = attaching.known(context)
    session = attaching.called(session)
    if attaching.row_of(known, session).get("state") in {None, "dead"}:
        params = {"name": session, "cwd": str(home), "no_agent": True}
        about = {**params, "caller_agent_id": attaching.claim(context)}
        session = str(context.call("tmux.create", about, launched.LIMIT_S)["session"])
        launched.ask(context, session, runtime)
    attaching.attach(context, known, session)


def connect(
    context: Context,
    session: Annotated[
        str | None,
        typer.Argument(metavar="SESSION", help="the only one there is if absent"),
        takes.TMUX_SESSION,
    ] = None,
) -> None:
    """Go to a session, in this terminal; inside of the same tmux, in this client."""
    attaching.demand_terminal(context)
    known = attaching.known(context)
    attaching.attach(
        context, known, attaching.chosen(context, known, attaching.called(session or ""))
    )


def status(context: Context) -> None:
    """The sessions of agents, and how it stands with them.

    alive: it is there. stale: it is there, and the process of its agent has ended. dead: it is
    gone, or what ran in it has ended. starting, failed: how the last launch there goes.
    """
    answer = attaching.known(context)
    context.document(answer)
    rows, blind = attaching.rows(answer), str(answer.get("blind") or "")
    if blind:
        context.note(one_line(f"nothing is seen of tmux: {blind}"))
    if not rows:
        context.done("No sessions.")
        return
    lines = [[one_line(each) or "-" for each in _cells(row)] for row in rows]
    context.say(table(_COLUMNS, lines, is_plain=context.is_plain, columns=context.columns))
    for row in rows:
        if row.get("reason"):
            context.hint(one_line(f"{row.get('name')}: {row['reason']}"))


def _cells(row: dict[str, Any]) -> list[str]:
    """What stands in a row: of a session that is there, how the launch goes if it is not up."""
    launch = str(row.get("launch") or "")
    is_up = row.get("state") != "alive" or launch in {"", "ready"}
    known = row if is_up else {**row, "state": launch}
    return [str(known.get(key) or "") for key in _KEYS]


_KEYS: Final = ("name", "state", "agent", "role", "runtime", "branch")


def send(
    context: Context,
    session: Annotated[
        str, typer.Argument(metavar="SESSION", help="in which one"), takes.TMUX_SESSION
    ],
    text: Annotated[str, typer.Argument(help="what is typed, as it is")],
) -> None:
    """Type a text into a session.

    Where an agent lives it is queued, and typed as a line of its own when what came before is done.
    In a session of nobody's it is typed at once, without the key that ends a line.
    """
    params = {"name": session, "text": text, "caller_agent_id": context.caller.agent_id}
    answer = context.call("tmux.send", params)
    context.document(answer)
    queued = one_line(str(answer.get("command_id") or ""))
    done = f"Queued {queued} in" if queued else "Typed into"
    context.done(f"✓ {done} {one_line(session)}")


def capture(
    context: Context,
    session: Annotated[
        str, typer.Argument(metavar="SESSION", help="which one"), takes.TMUX_SESSION
    ],
    lines: Annotated[int, typer.Option(min=1, help="lines of what went before")] = 50,
) -> None:
    """What a session shows, and some of what went before."""
    answer: dict[str, Any] = context.call("tmux.capture", {"name": session, "lines": lines})
    context.document(answer)
    context.say(visible(str(answer.get("content") or "")))


def restart(
    context: Context,
    session: Annotated[
        str, typer.Argument(metavar="SESSION", help="which one"), takes.TMUX_SESSION
    ],
    force: Annotated[
        bool, typer.Option("--force", help="ask nobody, and mind nobody who types there")
    ] = False,
    runtime: Annotated[
        str, typer.Option(help="as another one; the same again if absent"), takes.RUNTIME
    ] = "",
) -> int:
    """End what runs in an agent's session and launch it anew, with what was said before.

    The agent is asked before to write down what is left to do; the end of its conversation is kept
    in any case, and the new session is shown both. The session of tmux stays.
    """
    answer = launched.restart(context, session, runtime, is_forced=force)
    context.document(answer)
    lines = int(answer.get("snapshot_lines") or 0)
    if not lines:
        context.hint("nothing that was said before is kept for the new session")
    return 0 if launched.tell(context, answer) else 1


def kill(
    context: Context,
    session: Annotated[
        str, typer.Argument(metavar="SESSION", help="which one"), takes.TMUX_SESSION
    ],
) -> None:
    """End a session, with everything that runs in it."""
    params = {"name": session, "caller_agent_id": attaching.claim(context)}
    context.call("tmux.kill", params, launched.LIMIT_S)
    context.document({"session": session, "ended": True})
    context.done(f"✓ Ended {one_line(session)}")


def check_pane(
    context: Context,
    session: Annotated[
        str, typer.Argument(metavar="SESSION", help="which one"), takes.TMUX_SESSION
    ],
) -> None:
    """What the agent of a session does; for hooks in tmux, to which a daemon that is away is no
    fault."""
    try:
        answer = context.call("tmux.check-pane", {"session": session})
    except ThrumError as error:
        if error.kind not in {"daemon_down", "not_initialized"}:
            raise
        return
    context.document(answer)
    context.say(one_line(str(answer.get("state") or "")))
