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
    "tmux session",
    "daemon",
    "host",
    "method",
    "event type",
    "file",
    "repository file",
    "directory",
    "help",
    "runtime",
    "worktree",
    "monitor",
    "claim",
    "peer",
    "key",
]
"""Something that is looked up where it is needed, by `thrum.cli.candidates`."""

Syntax = Literal["pair", "duration", "moment", "name", "role", "member role", "module", "somebody"]
"""How a value is written, which `thrum.cli.checking` knows."""


class Takes(NamedTuple):
    """What a value may be.

    Attributes:
        kinds: what is looked up.
        words: what is known beforehand.
        called: what help calls it.
        syntax: how it is written; None for anything.
        is_closed: whether it is one of the words and nothing else.
        is_whole: whether one that may be repeated may hold commas, which else part several.
        has_minus: whether it may begin with one minus wherever it stands, if no flag is called so.
    """

    kinds: tuple[Kind, ...] = ()
    words: tuple[str, ...] = ()
    called: str = "TEXT"
    syntax: Syntax | None = None
    is_closed: bool = False
    is_whole: bool = False
    has_minus: bool = False


ANYTHING: Final = Takes()
"""Nobody can tell what it may be."""

AGENT: Final = Takes(("agent",), called="AGENT", syntax="somebody")
"""An agent, with its ``@`` or without."""

AGENT_NAME: Final = Takes(("agent name",), called="NAME", syntax="name")
"""An agent where an ``@`` would be wrong."""

ROLE: Final = Takes(("role",), called="ROLE", syntax="role")
MEMBER_ROLE: Final = Takes(("role",), called="ROLE", syntax="member role")
"""A role, or ``*`` for every role."""

MODULE: Final = Takes(("module",), called="MODULE", syntax="module")
RUNTIME: Final = Takes(("runtime",), called="NAME")
WORKTREE: Final = Takes(("worktree",), called="NAME")
GROUP: Final = Takes(("group",), called="GROUP", syntax="somebody")
RECIPIENT: Final = Takes(("recipient", "group", "role"), called="WHO", syntax="somebody")
AUDIENCE: Final = Takes(("agent", "role", "group"), called="WHO", syntax="somebody")
MESSAGE: Final = Takes(("message",), called="ID")
RECEIVED_MESSAGE: Final = Takes(("received message",), called="ID")
UNREAD_MESSAGE: Final = Takes(("unread message",), called="ID")
OWN_MESSAGE: Final = Takes(("own message",), called="ID")
OPEN_SESSION: Final = Takes(("open session",), called="ID")
TMUX_SESSION: Final = Takes(("tmux session",), called="SESSION")
DAEMON: Final = Takes(("daemon",), called="ID")
HOST: Final = Takes(("host",), called="HOST")
METHOD: Final = Takes(("method",), called="METHOD")
EVENT_TYPE: Final = Takes(("event type",), called="TYPE")

FILE: Final = Takes(("file",), called="PATH")
"""A path from the working directory."""

REPOSITORY_FILE: Final = Takes(("repository file",), called="PATH")
"""A path from where the command looks, which ``--repo`` may change."""

CLAIMABLE: Final = Takes(("repository file",), called="WHAT", is_whole=True)
"""A path, a glob or a key."""

CLAIMED: Final = Takes(("claim",), called="WHAT", is_whole=True)
"""Something that is somebody's, as it was claimed."""

DIRECTORY: Final = Takes(("directory",), called="PATH")


MONITOR: Final = Takes(("monitor",), called="NAME")

KEY: Final = Takes(("key",), called="ID")
PEER: Final = Takes(("peer",), called="NAME")
SCOPE: Final = Takes(words=("all", "addressed", "none"), called="SCOPE", is_closed=True)
TRANSPORT: Final = Takes(words=("local", "network", "tailscale"), called="TYPE", is_closed=True)
JOINING: Final = Takes(
    words=("local", "network", "tailscale", "repair"), called="TYPE", is_closed=True
)
VARIABLE: Final = Takes(called="NAME=VALUE", is_whole=True)
"""A variable of an environment."""

CRON: Final = Takes(called="CRON")
"""Five fields of cron."""

HELP: Final = Takes(("help",))
"""Commands, groups and topics."""

PAIR: Final = Takes(called="TYPE:VALUE", syntax="pair")
"""A scope or a ref."""

DURATION: Final = Takes(called="TIME", syntax="duration")
"""A span of time."""

MOMENT: Final = Takes(called="TIME", syntax="moment")
"""A moment of the past, or how long ago it was."""

PARAMS: Final = Takes(called="JSON")

QUERY: Final = Takes(called="QUERY", has_minus=True)
"""What is searched for."""


def words(*known: str) -> Takes:
    """One of these words, and no other."""
    return Takes((), known, "|".join(known), is_closed=True)
