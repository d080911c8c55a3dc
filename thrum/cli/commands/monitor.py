"""``thrum monitor``: programs whose output is reported as messages."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render import monitors
from thrum.cli.render.text import one_line
from thrum.cli.render.times import duration
from thrum.errors import ThrumError

if TYPE_CHECKING:
    import typer

_SECOND: Final = 1_000_000_000
_WHICH: Final = "its name or id"


def start(
    context: Context,
    command: Annotated[
        list[str] | None, typer.Argument(help="the program and its arguments, behind --")
    ] = None,
    name: Annotated[str, typer.Option(help="what it is called: a-z, 0-9, _ and -")] = "",
    match: Annotated[
        str | None, typer.Option(help="report lines that match; '' for every line")
    ] = None,
    to: Annotated[
        str, typer.Option(help="whom it tells: an agent, role, group, everyone"), takes.RECIPIENT
    ] = "",
    cwd: Annotated[str, typer.Option(help="where it runs, instead of here"), takes.DIRECTORY] = "",
    debounce: Annotated[
        str, typer.Option(help="from one report to the next, at least 30s"), takes.DURATION
    ] = "60s",
    env: Annotated[
        list[str] | None, typer.Option(help="a variable; repeatable"), takes.VARIABLE
    ] = None,
    schedule: Annotated[
        str, typer.Option(help="run it by these fields of cron, not always"), takes.CRON
    ] = "",
) -> None:
    """Run a program from now on, and be told of lines of its output that match.

    It runs without a shell, in an environment of its own, and again after it ended and after the
    daemon was restarted. The first match is reported at once; what follows within the debounce is
    counted, and reported at its end. Patterns are those of RE2.
    """
    argv = list(command or ())
    _demand(name=name, match=match, to=to, command=argv)
    answer: dict[str, Any] = context.call(
        "monitor.start",
        {
            "name": name,
            "argv": argv,
            "match": match,
            "target": to,
            "cwd": str(context.path(cwd) if cwd else context.cwd),
            "env": dict(_variable(each) for each in env or ()) or None,
            "debounce_seconds": duration(debounce, "--debounce") // _SECOND,
            "schedule": schedule,
            "caller_agent_id": context.caller.agent_id,
        },
    )
    context.document(answer)
    monitor_id = one_line(str(answer.get("id", "?")))
    context.done(f"Started monitor {one_line(name)} ({monitor_id}) — target {one_line(to)}")
    context.hint(f"thrum monitor logs {one_line(name)} --output shows what it says")


def _demand(*, name: str, match: str | None, to: str, command: list[str]) -> None:
    """Refuses a line without what every monitor needs.

    Raises:
        ThrumError: ``usage``.
    """
    given = {"--name": name, "--match": match is not None, "--to": to}
    missing = [flag for flag, value in given.items() if not value]
    example = "thrum monitor start --name errs --match ERROR --to @me -- tail -F app.log"
    if missing:
        raise ThrumError("usage", f"{' and '.join(missing)} missing", f"as in: {example}")
    if not command:
        raise ThrumError("usage", "no program is named", f"put it behind --, as in: {example}")


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise ThrumError("usage", f"--env takes NAME=VALUE, not {name!r}")
    return name, value


def list_monitors(
    context: Context,
    all: Annotated[bool, typer.Option("--all", help="also stopped and dead ones")] = False,
) -> None:
    """Monitors that run."""
    rows: list[dict[str, Any]] = context.call("monitor.list", {"include_all": all or None})
    context.document(rows)
    if not rows:
        context.done("No monitors." if all else "No monitors running.")
        return
    context.say(
        monitors.listed(rows, context.now_ns(), is_plain=context.is_plain, columns=context.columns)
    )


def show(
    context: Context,
    monitor: Annotated[str, typer.Argument(help=_WHICH), takes.MONITOR],
) -> None:
    """What a monitor runs, and how it stands with it."""
    row: dict[str, Any] = context.call("monitor.show", {"id": monitor})
    context.document(row)
    context.say(monitors.in_full(row, context.now_ns()))


def stop(
    context: Context,
    monitor: Annotated[str, typer.Argument(help=_WHICH), takes.MONITOR],
) -> None:
    """End a monitor, and keep it for `restart`.

    Its program is asked to end, and killed after five seconds.
    """
    answer = _do(context, "monitor.stop", monitor)
    context.done(f"✓ Monitor {one_line(monitor)} {one_line(str(answer.get('status', '?')))}")


def restart(
    context: Context,
    monitor: Annotated[str, typer.Argument(help=_WHICH), takes.MONITOR],
) -> None:
    """Run a monitor anew, also one that was stopped or is dead."""
    _do(context, "monitor.restart", monitor)
    context.done(f"✓ Monitor {one_line(monitor)} restarted")


def remove(
    context: Context,
    monitor: Annotated[str, typer.Argument(help=_WHICH), takes.MONITOR],
) -> None:
    """End a monitor and forget it; what it reported stays."""
    _do(context, "monitor.remove", monitor)
    context.done(f"✓ Monitor {one_line(monitor)} removed")


def _do(context: Context, method: str, monitor: str) -> dict[str, Any]:
    params = {"id": monitor, "caller_agent_id": context.caller.agent_id}
    answer: dict[str, Any] = context.call(method, params)
    context.document(answer)
    return answer


def logs(
    context: Context,
    monitor: Annotated[str, typer.Argument(help=_WHICH), takes.MONITOR],
    limit: Annotated[
        int, typer.Option("--lines", "--limit", "-n", min=0, help="so many at most; 0 is all")
    ] = 20,
    output: Annotated[
        bool, typer.Option("--output", help="all that its program said, the newest last")
    ] = False,
) -> None:
    """What a monitor reported, the newest first."""
    if output:
        params = {"id": monitor, "limit": limit, "caller_agent_id": context.caller.agent_id}
        said: dict[str, Any] = context.call("monitor.output", params)
        context.document(said)
        lines = said.get("lines") or []
        context.say("".join(f"{one_line(str(each))}\n" for each in lines) or "It said nothing yet.")
        return
    rows: list[dict[str, Any]] = context.call("monitor.logs", {"id": monitor, "limit": limit})
    context.document(rows)
    if not rows:
        name = shlex.quote(one_line(monitor))
        context.done("No matches recorded.")
        context.hint(f"thrum monitor logs {name} --output shows all that it said")
        return
    context.say(monitors.reports(rows))
