"""``thrum daemon``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line, visible
from thrum.cli.render.times import cutoff, span
from thrum.cli.steps import starting
from thrum.daemon import control
from thrum.daemon.control import Running
from thrum.errors import ThrumError
from thrum.plurals import counted

if TYPE_CHECKING:
    import typer

OPEN = "web.compatible is on: whoever connects to the web page may speak for any agent"
_LOCAL = "never talk to the remote, this time"


def start(
    context: Context, local: Annotated[bool, typer.Option("--local", help=_LOCAL)] = False
) -> None:
    """Start the daemon and wait until it answers; one that runs is left alone."""
    running, started = starting.start(context, local_only=local)
    context.document(_document(running) | {"started": started})
    if not started:
        starting.version_note(context, running.health)
    context.done(f"✓ Daemon {'started' if started else 'runs already'} (PID {running.pid})")
    _tell_of_pages(context, running)
    _tell_of_older(context)


def stop(context: Context) -> None:
    """Stop the daemon and wait until it is gone."""
    pid = control.stop(context.place)
    context.document({"stopped": True, "pid": pid})
    context.done(f"✓ Daemon stopped (PID {pid})")


def restart(context: Context) -> None:
    """Stop the daemon if it runs, and start it."""
    from thrum.daemon.projection import guard

    refusal = guard.refusal(context.place.database)
    if refusal:  # before a newer program's daemon is stopped that this one cannot follow
        raise refusal
    running = control.restart(context.place, context.env, progress=starting.progress(context))
    context.document(_document(running) | {"started": True})
    context.done(f"✓ Daemon restarted (PID {running.pid})")
    _tell_of_pages(context, running)
    _tell_of_older(context)


def _tell_of_pages(context: Context, running: Running) -> None:
    address = (running.health or {}).get("address")
    if address:
        context.done(f"  Web page: {one_line(str(address))} (thrum ui opens it)")


def _tell_of_older(context: Context) -> None:
    """The database of an older program, which ours puts aside, has what nobody reads there."""
    database = context.place.database
    if any(database.parent.glob(f"{database.name}.foreign-*")):
        context.hint(
            "an older program's database was put aside; `thrum migrate --dry-run` says what it has"
        )


def status(context: Context) -> int:
    """Whether the daemon runs, and how it is. Exit 0 when it answers, 1 when not."""
    running = control.running(context.place)
    context.document(_document(running))
    if running is None:
        context.say("The daemon is not running; start it with `thrum daemon start`")
        return 1
    if running.health is None:
        context.say(
            f"The daemon (PID {running.pid}) does not answer; restart it with"
            " `thrum daemon restart`"
        )
        return 1
    health = running.health
    identity = health.get("identity")
    about: dict[str, Any] = identity if isinstance(identity, dict) else {}
    facts = [
        ("Daemon", f"running (PID {running.pid})"),
        ("Uptime", span(int(health.get("uptime_ms") or 0))),
        ("Version", str(health.get("version") or "")),
        ("Sync", str(health.get("sync_state") or "")),
        ("Web page", str(health.get("address") or "")),
        *(("Peers come to", _door(each)) for each in health.get("doors") or ()),
        ("Withheld", _withheld(health)),
        ("Warning", OPEN if health.get("believes_claims") else ""),
        ("Repository", str(about.get("repo_path") or running.repo_path)),
        ("Daemon id", str(about.get("daemon_id") or "")),
        ("Remote", str(about.get("git_origin_url") or "")),
        *(("Trouble", str(problem)) for problem in health.get("problems") or ()),
    ]
    context.say("".join(f"{name}: {one_line(value)}\n" for name, value in facts if value))
    starting.version_note(context, health)
    return 0


def _withheld(health: dict[str, Any]) -> str:
    """How many events do not count here for want of a good signature."""
    count = int(health.get("withheld") or 0)
    what = counted(count, "event")
    return f"{what} without a good signature; `thrum doctor` says why" if count else ""


def _door(row: dict[str, Any]) -> str:
    """Where peers of other machines come to, and how many others did."""
    away = row.get("turned_away")
    more = f"; {away} turned away" if away else ""
    return f"{row.get('address')} ({row.get('transport')}{more})"


def _document(running: Running | None) -> dict[str, Any]:
    if running is None:
        return {"running": False, "status": "stopped"}
    health = running.health or {}
    document = {
        "running": True,
        "status": "running",
        "health": str(health.get("status") or "ok") if running.health else "no_answer",
        "pid": running.pid,
        "repo_path": running.repo_path,
        "uptime": span(int(health.get("uptime_ms") or 0)) if running.health else None,
        "uptime_ms": health.get("uptime_ms"),
        "version": health.get("version"),
        "sync_state": health.get("sync_state"),
        "problems": health.get("problems") or None,
        "address": health.get("address"),
        "doors": health.get("doors") or None,
        "believes_claims": health.get("believes_claims"),
        "identity": health.get("identity"),
    }
    return {key: value for key, value in document.items() if value is not None}


def logs(
    context: Context,
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, help="how many at the end; 0 is all")
    ] = 50,
    since: Annotated[
        str | None,
        typer.Option(help="only since then: 2h, 3d, 2026-05-01 or a time"),
        takes.MOMENT,
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="go on as more is written")
    ] = False,
) -> None:
    """What the daemon wrote down."""
    if follow and context.options.json:
        raise ThrumError("usage", "--follow never ends, so it is no JSON document")
    moment = None
    if since:
        from datetime import UTC, datetime

        moment = datetime.fromtimestamp(cutoff(since, "--since", context.now_ns()) / 1e9, UTC)
    found = list(control.log_lines(context.place, lines, moment))
    context.document({"lines": found})
    context.say("".join(f"{visible(line)}\n" for line in found))
    if follow:
        context.stdout.flush()
        for line in control.follow(context.place.log):
            context.say(visible(line))
            context.stdout.flush()


def run(
    context: Context, local: Annotated[bool, typer.Option("--local", help=_LOCAL)] = False
) -> None:
    """Be the daemon, in the foreground, until a signal ends it."""
    # Another program rather than an import: the daemon shall not carry the command line with it.
    argv = control.program(context.place)
    context.stdout.flush()
    context.replace_process([*argv, *(["--local"] if local else [])], context.env)
