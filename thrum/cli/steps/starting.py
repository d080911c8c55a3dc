"""Starting a daemon from the command line, and showing how far it is."""

from __future__ import annotations

from thrum import __version__, config
from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.daemon import control
from thrum.daemon.control import Running
from thrum.plurals import counted


def start(context: Context, *, local_only: bool = False) -> tuple[Running, bool]:
    """Starts the daemon unless one runs; whether this call did it.

    Raises:
        ThrumError: ``daemon_down``, it does not come up.
    """
    said = _said(context)
    found = control.start(
        context.place, context.env, local_only=local_only, progress=progress(context)
    )
    context.forget_place()  # the files may have been moved to where they belong
    _tell_of_copy(context, said, found[0])
    return found


def _said(context: Context) -> tuple[str, str]:
    """Which daemon the configuration names, and where its repository was."""
    known = config.load(context.place.config, context.env)
    return str(known.get("identity.daemon_id")), str(known.get("identity.repo_path"))


def _tell_of_copy(context: Context, said: tuple[str, str], running: Running) -> None:
    """Says so where the files came from another repository, whose daemon has the id that they name.

    Two daemons of one id would take each other's events for their own.
    """
    identity = (running.health or {}).get("identity")
    own = str(identity.get("daemon_id") or "") if isinstance(identity, dict) else ""
    daemon_id, place = said
    if daemon_id and own and own != daemon_id and place not in {"", running.repo_path}:
        context.note(
            f"this is a copy of {one_line(place)}, so its daemon has an id of its own ({own});"
            " agents that live there register here anew, under other names: thrum quickstart NAME"
        )


def progress(context: Context) -> control.Progress:
    """Shows a rebuild of the database on stderr, in tenths."""
    shown = -1

    def show(done: int, whole: int) -> None:
        nonlocal shown
        tenth = 10 * done // whole if whole else 10
        if whole and tenth != shown:
            shown = tenth
            context.note(f"building the database: {done:,} of {counted(whole, 'event')}")

    return show


def version_note(context: Context, health: dict[str, object] | None) -> None:
    """Says so when the daemon is of another version than this program."""
    known = health or {}
    if "version" in known and known["version"] != __version__:
        from thrum import skew

        what = f"the daemon is version {known['version']}, this program {__version__}"
        context.hint(f"{what}; {skew.remedy(known)}")
