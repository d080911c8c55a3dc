"""Starting a daemon from the command line, and showing how far it is."""

from __future__ import annotations

from thrum import __version__
from thrum.cli.context import Context
from thrum.daemon import control
from thrum.daemon.control import Running


def start(context: Context, *, local_only: bool = False) -> tuple[Running, bool]:
    """Starts the daemon unless one runs; whether this call did it.

    Raises:
        ThrumError: ``daemon_down``, it does not come up.
    """
    found = control.start(
        context.place, context.env, local_only=local_only, progress=progress(context)
    )
    context.forget_place()  # the files may have been moved to where they belong
    return found


def progress(context: Context) -> control.Progress:
    """Shows a rebuild of the database on stderr, in tenths."""
    shown = -1

    def show(done: int, whole: int) -> None:
        nonlocal shown
        tenth = 10 * done // whole if whole else 10
        if whole and tenth != shown:
            shown = tenth
            context.note(f"building the database: {done} of {whole} events")

    return show


def version_note(context: Context, health: dict[str, object] | None) -> None:
    """Says so when the daemon is of another version than this program."""
    version = (health or {}).get("version")
    if version and version != __version__:
        context.hint(
            f"the daemon is version {version}, this program {__version__};"
            " `thrum daemon restart` brings them together"
        )
