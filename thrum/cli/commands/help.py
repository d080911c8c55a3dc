"""``thrum help``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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
        list[str] | None, typer.Argument(help="a command, a group or a topic"), takes.HELP
    ] = None,
) -> None:
    """What a command takes, or what one should know of a topic."""
    name = " ".join(words or ())
    if name in TOPICS:
        helping.tell_topic(context, name)
    elif not name or name in table.COMMANDS or name in table.GROUPS:
        helping.tell(context, name)
    else:
        known = [*TOPICS, *table.COMMANDS, *table.GROUPS]
        hint = _meant(name) or did_you_mean(name, known) or f"topics: {', '.join(TOPICS)}"
        raise ThrumError("usage", f"there is no help about {name!r}", hint)


def _meant(name: str) -> str:
    from thrum.cli import unknown

    place, _, word = name.rpartition(" ")
    return unknown.meant(place, word) if place in {"", *table.GROUPS} else ""
