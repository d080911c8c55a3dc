"""``thrum ui``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from thrum.cli.context import Context
from thrum.cli.render.text import one_line
from thrum.errors import ThrumError
from thrum.plurals import counted

if TYPE_CHECKING:
    import typer


def ui(
    context: Context,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="print the link, and open nothing")
    ] = False,
    logout: Annotated[
        bool, typer.Option("--logout", help="end all logins of yours instead")
    ] = False,
) -> None:
    """Open the web page, logged in as the person that git knows.

    The link counts once and for two minutes; the browser stays logged in for a month. It is for
    people: agents get none.
    """
    if no_open and logout:
        raise ThrumError("usage", "--no-open and --logout do not go together", "leave one out")
    if logout:
        _log_out(context)
        return
    found: dict[str, Any] = context.call("user.link", {})
    url = one_line(str(found.get("url") or ""))
    opened = not no_open and not context.options.json and context.open_page(url)
    context.document(found)
    if opened:
        address, person = (one_line(str(found.get(key))) for key in ("address", "user_id"))
        context.done(f"✓ Opened {address} as {person}")
        return
    context.say(url)
    context.hint("open it in a browser on this machine, within two minutes")


def _log_out(context: Context) -> None:
    ended: dict[str, Any] = context.call("user.logout", {})
    context.document(ended)
    count = int(ended.get("logins") or 0)
    context.done(f"✓ Ended {counted(count, 'login')}" if count else "Nobody is logged in.")
