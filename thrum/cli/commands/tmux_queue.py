"""``thrum tmux queue``, ``queue-status`` and ``cancel``: commands that wait for their turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.table import Column, table
from thrum.cli.render.text import one_line, visible
from thrum.cli.render.times import duration
from thrum.cli.steps import attaching, launched
from thrum.errors import ThrumError

if TYPE_CHECKING:
    import typer

_SLACK_S: Final = 15.0
_LONGEST_S: Final = 300.0
"""Seconds that one question waits; then another one is asked."""

_COMPLETED: Final = "completed"
_LIVE: Final = frozenset({"queued", "sent", "timeout_waiting"})
_COLUMNS: Final = (
    Column("ID", 30),
    Column("STATE", 6),
    Column("BY", 6, leaves=1),
    Column("COMMAND", 12, weight=2),
)


def queue(
    context: Context,
    session: Annotated[
        str, typer.Argument(metavar="SESSION", help="in which one"), takes.TMUX_SESSION
    ],
    command: Annotated[
        list[str] | None, typer.Argument(help="what is typed; several words get blanks between")
    ] = None,
    timeout: Annotated[
        str, typer.Option(help="seconds after which you are told that it takes longer")
    ] = "120",
    wait: Annotated[bool, typer.Option("--wait", help="wait for its end, and print it")] = False,
    silence: Annotated[
        str, typer.Option(help="seconds without a sign after which an agent has done with it")
    ] = "5",
) -> int:
    """Have a command typed in an agent's session once what came before is done there.

    In a shell it is over when the prompt is back, and its exit status is known. You get a message
    then; with --wait its output instead, and exit 0 when it completed with status 0, 1 when it
    ended otherwise or takes longer. Flags of the command stand behind --.
    """
    text = " ".join(command or ())
    if not text.strip():
        raise ThrumError("usage", "no command is named", "thrum tmux queue api 'make test'")
    me = context.caller.agent_id
    timeout_ms = _milliseconds(timeout, "--timeout")
    answer: dict[str, Any] = context.call(
        "tmux.queue",
        {
            "session": session,
            "text": text,
            "requester": me,
            "timeout_ms": timeout_ms,
            "silence_ms": _milliseconds(silence, "--silence"),
            "notify_on_complete": False if wait else None,
            "caller_agent_id": me,
        },
        launched.LIMIT_S,
    )
    command_id = str(answer.get("command_id"))
    if not wait:
        context.document(answer)
        place = answer.get("position")
        context.done(f"✓ Queued {one_line(command_id)} in {one_line(session)}, at place {place}")
        return 0
    return _told(context, {**answer, **_awaited(context, command_id, timeout_ms / 1000)})


def queue_status(
    context: Context,
    session: Annotated[
        str, typer.Argument(metavar="SESSION", help="of which one"), takes.TMUX_SESSION
    ],
) -> None:
    """The commands of a session that run or wait, and what they wait for."""
    answer: dict[str, Any] = context.call("tmux.queue-status", {"session": session})
    context.document(answer)
    active = [answer["active"]] if answer.get("active") else []
    rows = [*active, *(answer.get("queued") or ())]
    if not rows:
        context.done("Nothing is queued.")
        if not attaching.row_of(attaching.known(context), str(answer.get("session"))):
            text = (
                f"there is no session {one_line(session)}; `thrum tmux list` shows which there are"
            )
            context.hint(text)
        return
    keys = ("id", "state", "requester_agent", "text")
    lines = [[one_line(str(row.get(key) or "")) or "-" for key in keys] for row in rows]
    context.say(table(_COLUMNS, lines, is_plain=context.is_plain, columns=context.columns))
    if answer.get("waiting_for"):
        context.note(f"waiting: {one_line(str(answer['waiting_for']))}")


def cancel(
    context: Context,
    command_id: Annotated[str, typer.Argument(metavar="ID", help="which command")],
    interrupt: Annotated[
        bool, typer.Option("--interrupt", help="and press the key that ends it, if it runs")
    ] = False,
) -> None:
    """Take a command out of the queue.

    One that runs by now is looked after no more, and runs on unless it is interrupted.
    """
    params = {
        "command_id": command_id,
        "interrupt": interrupt or None,
        "caller_agent_id": context.caller.agent_id,
    }
    answer: dict[str, Any] = context.call("tmux.cancel", params)
    context.document(answer)
    context.done(f"✓ {one_line(command_id)} is {one_line(str(answer.get('state')))}")
    if answer.get("not_interrupted"):
        context.note(f"it was not interrupted: {one_line(str(answer['not_interrupted']))}")


def _awaited(context: Context, command_id: str, seconds: float) -> dict[str, Any]:
    """How it stands with a command when it ended, or when the time is over."""
    while True:
        portion = min(seconds, _LONGEST_S)
        params = {"command_id": command_id, "timeout_ms": max(int(portion * 1000), 1)}
        found: dict[str, Any] = context.call("tmux.queue-wait", params, portion + _SLACK_S)
        seconds -= portion
        if found.get("state") not in _LIVE or seconds <= 0:
            return found


def _told(context: Context, answer: Mapping[str, Any]) -> int:
    """Prints what a command said, and how it stands with it; the exit code."""
    context.document(answer)
    state, status = answer.get("state"), answer.get("exit_status")
    if answer.get("output"):
        context.say(visible(str(answer["output"])))
    if state != _COMPLETED or status:
        ended = f" with exit status {status}" if status else ""
        context.note(f"{one_line(str(answer.get('command_id')))}: {one_line(str(state))}{ended}")
    if state in _LIVE:
        end = f"thrum tmux cancel {one_line(str(answer.get('command_id')))} --interrupt"
        goes = "it waits for its turn" if state == "queued" else "it goes on"
        context.hint(f"{goes}; `{end}` ends it")
    return 0 if state == _COMPLETED and not status else 1


def _milliseconds(text: str, flag: str) -> int:
    """Milliseconds of seconds, as a number or as ``30s`` or ``5m``.

    Raises:
        ThrumError: ``usage``.
    """
    try:
        found = float(text)
    except ValueError:
        return max(duration(text, flag) // 1_000_000, 1)
    if not 0 < found < 86_400:
        raise ThrumError("usage", f"{flag} is a time of less than a day, not {text!r}")
    return max(int(found * 1000), 1)
