"""Making a session: the one way, whoever asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct, field

from thrum.daemon.tmux import environment, panes
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.server import Server
from thrum.daemon.tmux.target import exactly
from thrum.daemon.tmux.words import Command, literal
from thrum.errors import ThrumError

COLUMNS: Final = 200
ROWS: Final = 50
"""How large a session is until somebody looks at it."""


class Agent(Struct, frozen=True):
    """Who is to live in a session."""

    name: str
    role: str
    module: str
    intent: str = ""


class Wanted(Struct, frozen=True):
    """A session that is to be made.

    Attributes:
        session: its name, of which nothing can be taken for anything else.
        folder: where its programs stand.
        agent: who is to live there; None if nobody is.
        variables: more that its programs are given.
    """

    session: str
    folder: Path
    agent: Agent | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What its first window is called."""
        return f"@{self.agent.name}" if self.agent else self.session

    @property
    def environment(self) -> dict[str, str]:
        """What its programs are given besides what everybody is."""
        who = self.agent
        if who is None:
            return dict(self.variables)
        known = {
            "THRUM_NAME": who.name,
            "THRUM_AGENT_ID": who.name,
            "THRUM_ROLE": who.role,
            "THRUM_MODULE": who.module,
            "THRUM_HOME": str(self.folder),
            "THRUM_INTENT": who.intent,
        }
        return {**self.variables, **{name: value for name, value in known.items() if value}}


async def make(server: Server, wanted: Wanted) -> Pane:
    """Makes a session with one pane, in which the user's shell runs; that pane.

    It has all its marks from the first moment, so that it is never taken for somebody else's.

    Raises:
        ThrumError: ``conflict``, there is one of that name; as `Server.run`.
    """
    if panes.in_session(await server.panes(fresh=True), wanted.session):
        raise ThrumError("conflict", f"there is a session {wanted.session} already")
    given = environment.checked(wanted.environment)
    variables = {**given, **environment.blanked(await _inherited(server), given)}
    try:
        await server.run(_new(wanted, variables), *_marks(wanted, server.thrum_dir))
        return await _made(server, wanted)
    except ThrumError:
        await _take_back(server, wanted)
        raise


async def renew(server: Server, pane: Pane, wanted: Wanted) -> None:
    """Ends what a pane began with and has the user's shell begin there anew.

    The session stays, with its marks, its windows and whoever looks at it. Programs that do not
    mind that their terminal is gone go on.

    Raises:
        ThrumError: as `Server.run`.
    """
    given = environment.checked(wanted.environment)
    variables = {**given, **environment.blanked(await _inherited(server), given)}
    words = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
    where = ("-t", pane.id, "-c", literal(str(wanted.folder)))
    await server.run(("respawn-pane", "-k", *where, *words))


async def end(server: Server, session: str) -> None:
    """Ends a session; one that is not there has ended.

    Raises:
        ThrumError: as `Server.run`.
    """
    there = panes.in_session(await server.panes(fresh=True), session)
    if there:
        await server.kill(there[0])


async def _inherited(server: Server) -> list[str]:
    """The names of what the server gives to every session."""
    if not await server.panes():
        return []
    said = await server.ask(("show-environment", "-g"))
    return [line.partition("=")[0] for line in said.split("\n") if "=" in line]


def _new(wanted: Wanted, variables: Mapping[str, str]) -> Command:
    # tmux takes folder and name for formats, in which `#(…)` would run a program.
    where = ("-c", literal(str(wanted.folder)), "-n", literal(wanted.title))
    size = ("-x", str(COLUMNS), "-y", str(ROWS))
    given = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
    return ("new-session", "-d", "-s", wanted.session, *where, *size, *given)


def _marks(wanted: Wanted, thrum_dir: Path) -> list[Command]:
    at = ("-t", exactly(wanted.session))
    return [
        ("set-option", *at, panes.MANAGED, "1"),
        ("set-option", *at, panes.OWNER, str(thrum_dir)),
        ("set-option", "-F", *at, panes.HOME_PANE, "#{pane_id}"),
        # Ours is the last client to leave it, and that must not end it.
        ("set-option", *at, "destroy-unattached", "off"),
        ("set-option", *at, "set-titles", "on"),
        ("set-option", *at, "set-titles-string", literal(wanted.title)),
    ]


async def _made(server: Server, wanted: Wanted) -> Pane:
    there = panes.in_session(await server.panes(fresh=True), wanted.session)
    ours = [each for each in there if each.is_of(server.thrum_dir)]
    if not ours:
        text = f"the session {wanted.session} ended as soon as it began"
        raise ThrumError("program", text, "look whether the shell of tmux starts")
    return ours[0]


async def _take_back(server: Server, wanted: Wanted) -> None:
    """Ends what is half made, unless somebody else made it meanwhile."""
    there = panes.in_session(await server.panes(fresh=True), wanted.session)
    if there and (there[0].is_of(server.thrum_dir) or there[0].path == str(wanted.folder)):
        await end(server, wanted.session)
