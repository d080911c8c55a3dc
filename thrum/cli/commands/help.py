"""``thrum help``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from thrum import pages
from thrum.cli import helping, table, takes
from thrum.cli.context import Context
from thrum.cli.topics import TOPICS
from thrum.errors import ThrumError
from thrum.suggest import did_you_mean

if TYPE_CHECKING:
    import typer


def help(
    context: Context,
    words: Annotated[
        list[str] | None, typer.Argument(help="a command, a group, a topic or a page"), takes.HELP
    ] = None,
) -> None:
    """What a command takes, or what one should know of a topic; or a page of the documentation.

    A page is named like its file: two-machines, or docs/backup.md where a command has that name.
    """
    name = " ".join(words or ())
    if name in TOPICS:
        helping.tell_topic(context, name)
    elif not name or name in table.COMMANDS or name in table.GROUPS:
        helping.tell(context, name)
        if pages.find(name):
            context.hint(f"`thrum help {name}.md` shows the page of that name")
    elif page := pages.find(name):
        helping.tell_page(context, page)
    else:
        known = [*TOPICS, *table.COMMANDS, *table.GROUPS, *pages.names()]
        hint = (
            _meant(name)
            or did_you_mean(name, known)
            or f"topics: {', '.join(TOPICS)}; pages: {', '.join(pages.names())}"
        )
        raise ThrumError("usage", f"there is no help about {name!r}", hint)


def _meant(name: str) -> str:
    from thrum.cli import unknown

    place, _, word = name.rpartition(" ")
    return unknown.meant(place, word) if place in {"", *table.GROUPS} else ""
