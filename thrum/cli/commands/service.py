"""``thrum service``: daemons that come back after login."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from thrum import paths, platform
from thrum.cli import takes
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.daemon import control
from thrum.errors import ThrumError
from thrum.plurals import counted

if TYPE_CHECKING:
    import typer

    from thrum.login.startup import Startup
    from thrum.paths import Place

_RELOAD: Final = ("systemctl", "--user", "daemon-reload")
_RELOAD_S: Final = 10.0
_WORDS: Final = {
    "running": "running",
    "started": "started",
    "failed": "did not start",
    "down": "not running; it starts at your next login",
    "halted": "somebody stopped it; it stays down until `thrum daemon start`",
    "gone": "no repository with Thrum is there (any more)",
}


def install(
    context: Context,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only say what would be written")
    ] = False,
    as_root: Annotated[bool, typer.Option("--as-root", help="do it although you are root")] = False,
) -> None:
    """Have this repository's daemon come back after your next login.

    It is put on your list, and one unit of your systemd, or one job of launchd on macOS, starts all
    that are listed. A daemon that somebody stopped stays down.
    """
    from thrum.login import listed

    _demand_person(as_root)
    _demand_manager(context)
    repository, home = str(context.place.repository), _home(context)
    startup = _startup(context)
    if dry_run:
        known = listed.read(home)
        startup.demand_ours(known)
        _tell_plan(context, startup, is_listed=repository in known.repositories)
        return
    with listed.changed(home) as known:
        startup.write(known)
        known.repositories = list(dict.fromkeys([*known.repositories, repository]))
        count = len(known.repositories)
    context.document({"installed": True, "repository": repository, "file": str(startup.file)})
    context.done(f"✓ The daemon of {one_line(repository)} comes back after login")
    context.done(f"  {one_line(str(startup.file))} starts {counted(count, 'daemon')}")
    _reload(context)
    if _lingers() is False:
        context.hint("it ends with your last session; `loginctl enable-linger` has it stay")


def remove(
    context: Context,
    repository: Annotated[
        str | None,
        typer.Argument(help="its folder, as status shows it; this one if none is named"),
        takes.DIRECTORY,
    ] = None,
    all: Annotated[bool, typer.Option("--all", help="all that are listed")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only say what would be taken away")
    ] = False,
) -> None:
    """Have this repository's daemon come back no more; what runs goes on.

    With the last one that is listed the unit, or job, goes as well.
    """
    from thrum.login import listed

    home, startup = _home(context), _startup(context)
    known = listed.read(home)
    gone = list(known.repositories) if all else [_named(context, repository, known.repositories)]
    left = [each for each in known.repositories if each not in gone]
    if dry_run:
        context.document({"repositories": gone, "file": None if left else str(startup.file)})
        for each in gone:
            context.say(f"would take {one_line(each)} from the list")
        if not left:
            context.say(f"would take {one_line(str(startup.file))} away")
        return
    with listed.changed(home) as known:
        known.repositories = [each for each in known.repositories if each not in gone]
        is_last = not known.repositories
        if is_last:
            startup.remove(known)
    context.document({"removed": gone, "file_removed": is_last})
    for each in gone:
        context.done(f"✓ The daemon of {one_line(each)} comes back no more after login")
    if is_last:
        context.done(f"✓ {one_line(str(startup.file))} is gone")
        _reload(context)


def status(context: Context) -> None:
    """Whose daemons come back after login, and how each of them is."""
    from thrum.login import listed

    startup = _startup(context)
    known, lingers = listed.read(_home(context)), _lingers()
    is_kept = startup.is_kept(known)
    rows = [{"path": each, "state": _state(each)} for each in known.repositories]
    context.document(
        {
            "installed": is_kept,
            "file": str(startup.file),
            "repositories": rows,
            **({} if lingers is None else {"lingers": lingers}),
        }
    )
    if not rows:
        context.say("No daemon comes back after login; `thrum service install` has this one do so")
        return
    for row in rows:
        context.say(f"{one_line(row['path'])}: {_WORDS[row['state']]}")
    if not is_kept:
        context.say(f"{one_line(str(startup.file))} is missing, or changed; nothing is started")
        context.hint("run `thrum service install` to have it written anew")
    if any(row["state"] == "gone" for row in rows):
        context.hint("`thrum service remove PATH` forgets one that is gone or was moved")
    if lingers is False:
        context.hint("daemons end with your last session; `loginctl enable-linger` has them stay")


def start(context: Context) -> int:
    """Start the daemons of all that are listed; this is what happens at login.

    Exit 1 if one of them did not start. Those that run, that somebody stopped, or whose repository
    is gone are left alone.
    """
    from thrum.login import listed

    rows: list[dict[str, Any]] = []
    for each in listed.read(_home(context)).repositories:
        row: dict[str, Any] = {"path": each, "state": _state(each)}
        if row["state"] == "down":
            row |= _started(context, each)
        rows.append(row)
        trouble = f": {row['error']}" if "error" in row else ""
        context.say(f"{one_line(each)}: {one_line(_WORDS[row['state']] + trouble)}")
    context.document({"repositories": rows})
    return int(any("error" in row for row in rows))


def _started(context: Context, repository: str) -> dict[str, Any]:
    try:
        control.start(paths.at(Path(repository)), context.env)
    except (ThrumError, OSError) as error:
        return {"state": "failed", "error": str(error)}
    return {"state": "started"}


def _state(repository: str) -> str:
    try:
        place = _place(Path(repository))
        if place is None:
            return "gone"
        if control.is_up(place):
            return "running"
        return "halted" if place.halted.exists() else "down"
    except (ThrumError, OSError):
        return "gone"


def _place(repository: Path) -> Place | None:
    """The repository with Thrum that is there; None if there is none, or another one around it."""
    found = paths.find(repository, {}) if repository.is_dir() else None
    return found if found and found.repository == repository else None


def _named(context: Context, repository: str | None, known: Sequence[str]) -> str:
    """The one that is meant, as it is listed; it need not be there any more."""
    wanted = str(context.place.repository) if repository is None else repository
    spelled = {wanted, str(Path(os.path.normpath(context.path(wanted))))}
    for each in known:
        if each in spelled or (repository is not None and _is_same(each, context.path(wanted))):
            return each
    raise ThrumError(
        "not_found",
        f"{one_line(wanted)} is not listed",
        "`thrum service status` shows what is",
    )


def _is_same(listed: str, path: Path) -> bool:
    try:
        return Path(listed).samefile(path)
    except OSError:
        return False


def _startup(context: Context) -> Startup:
    from thrum.login import startup

    command = [sys.executable, "-P", "-m", "thrum", "service", "start"]
    return startup.of_system(_home(context), command, context.env)


def _home(context: Context) -> Path:
    home = context.env.get("HOME", "")
    if not home.startswith("/"):
        raise ThrumError(
            "system", "HOME does not say where your files are", "set it, and try again"
        )
    return Path(home)


def _demand_person(as_root: bool) -> None:
    if os.geteuid() == 0 and not as_root:
        raise ThrumError(
            "not_allowed",
            "you are root, and daemons that root starts act as root in the repositories of others",
            "run it as yourself, without sudo; --as-root means it",
        )


def _demand_manager(context: Context) -> None:
    if platform.LINUX and not _has_systemd(context):
        raise ThrumError(
            "program",
            "there is no systemd here that would start anything at login",
            "have your own start-up run `thrum daemon start` in this repository",
        )


def _has_systemd(context: Context) -> bool:
    return shutil.which(_RELOAD[0], path=context.env.get("PATH")) is not None


def _lingers() -> bool | None:
    """Whether what the person's manager starts outlives sessions; None where nothing says so."""
    import pwd

    from thrum.login.systemd import LINGER

    if not platform.LINUX or not LINGER.parent.is_dir():
        return None
    return (LINGER / pwd.getpwuid(os.geteuid()).pw_name).exists()


def _reload(context: Context) -> None:
    """Has a manager that runs know of the change; one that begins later reads it anyway."""
    if not platform.LINUX or not _has_systemd(context):
        return
    try:
        done = subprocess.run(
            _RELOAD, env=dict(context.env), capture_output=True, timeout=_RELOAD_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        context.note(f"systemd was not told: {one_line(str(error))}")
        return
    if done.returncode:
        context.note("your systemd does not answer here; it knows of this from its next start on")


def _tell_plan(context: Context, startup: Startup, *, is_listed: bool) -> None:
    context.document(
        {
            "repository": str(context.place.repository),
            "listed": is_listed,
            "file": str(startup.file),
            "text": startup.text,
            "there": startup.is_there,
        }
    )
    where = one_line(str(context.place.repository))
    context.say(f"{where} is listed already" if is_listed else f"would list {where}")
    if startup.is_there:
        context.say(f"{one_line(str(startup.file))} is as it should be")
        return
    context.say(f"would write {one_line(str(startup.file))}:")
    context.say(startup.text)
