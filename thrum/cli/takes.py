"""What the value of a parameter is: said beside the parameter, so that it can be completed.

``to: Annotated[str | None, typer.Option(help="an agent"), takes.AGENT]`` is all that a command
does for it; Typer and the reading of a line pass over it.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Kind = Literal[
    "agent",
    "agent name",
    "role",
    "module",
    "group",
    "recipient",
    "message",
    "received message",
    "unread message",
    "own message",
    "open session",
    "daemon",
    "host",
    "method",
    "event type",
    "file",
    "repository file",
    "directory",
]
"""Something that is looked up where it is needed, by `thrum.cli.candidates`."""


class Takes(NamedTuple):
    """What a value may be.

    Attributes:
        kinds: what is looked up.
        words: what is known beforehand.
    """

    kinds: tuple[Kind, ...] = ()
    words: tuple[str, ...] = ()


ANYTHING: Final = Takes()
"""Nobody can tell what it may be."""

AGENT: Final = Takes(("agent",))
"""An agent, with its ``@`` or without."""

AGENT_NAME: Final = Takes(("agent name",))
"""An agent where an ``@`` would be wrong."""

ROLE: Final = Takes(("role",))
MODULE: Final = Takes(("module",))
GROUP: Final = Takes(("group",))
RECIPIENT: Final = Takes(("recipient", "group", "role"))
AUDIENCE: Final = Takes(("agent", "role", "group"))
MESSAGE: Final = Takes(("message",))
RECEIVED_MESSAGE: Final = Takes(("received message",))
UNREAD_MESSAGE: Final = Takes(("unread message",))
OWN_MESSAGE: Final = Takes(("own message",))
OPEN_SESSION: Final = Takes(("open session",))
DAEMON: Final = Takes(("daemon",))
HOST: Final = Takes(("host",))
METHOD: Final = Takes(("method",))
EVENT_TYPE: Final = Takes(("event type",))

FILE: Final = Takes(("file",))
"""A path from the working directory."""

REPOSITORY_FILE: Final = Takes(("repository file",))
"""A path from where the command looks, which ``--repo`` may change."""

DIRECTORY: Final = Takes(("directory",))


def words(*known: str) -> Takes:
    """One of these words."""
    return Takes((), known)
