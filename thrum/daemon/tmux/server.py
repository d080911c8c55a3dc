"""One tmux server: what it has, and having it do something.

Everything goes through one client in control mode, which is attached to a session of ours. Where
there is none there is nothing to watch either, and the rare question is a process of its own. The
connection begins with the first need of it and comes back with the next one after it ended.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import anyio

from thrum.daemon.children.children import Children, Finished
from thrum.daemon.tmux import activity, panes, version
from thrum.daemon.tmux import connection as connections
from thrum.daemon.tmux.activity import Told
from thrum.daemon.tmux.connection import LIMIT_S, Connection, Lost
from thrum.daemon.tmux.control import Notice
from thrum.daemon.tmux.panes import Pane
from thrum.daemon.tmux.words import Command, arguments
from thrum.errors import ThrumError
from thrum.runtimes.screens.shown import Cursor, Shown

OWNER: Final = "tmux"
_ALONE: Final = ("-f", "ignore-size,no-output")
_CHANGES: Final = (
    "sessions-changed",
    "session-renamed",
    "session-window-changed",
    "window-add",
    "window-close",
    "unlinked-window-add",
    "unlinked-window-close",
    "layout-change",
    "pane-mode-changed",
    "subscription-changed",
    "exit",
)
"""Notices after which panes may be others, or otherwise."""

_WATCH: Final = "thrum::#{S:#{W:#{window_index}#{P:#{pane_id}#{pane_dead}#{pane_in_mode} }}}"
"""What tmux looks at once a second and tells of when it changed, whatever session it happens in."""

_WRITTEN: Final = (
    f"{activity.NAME}::#{{S:#{{?#{{==:#{{{panes.MANAGED}}},1}},"
    "#{W:#{P:#{pane_id}=#{window_activity}#{?pane_in_mode,m,} }},}}"
)
"""Likewise, when something was written in a pane of a session that a Thrum made."""

_ENDING: Final = (b"server exited", b"lost server", b"no current target")
"""What is said by a client whose server ends just then."""

_BEGINS: Final = "new-session"
"""The command that begins a server where none runs."""

_TRIES: Final = 20
_TRIES_OF_CURSOR: Final = 3
_MOST_CELLS: Final = 4_000_000
"""Characters of a screen that is looked at; no terminal has as many, but whatever runs in a pane
can make its window larger. An answer of that size would hold up tmux and us, for everybody."""

_GEOMETRY: Final = "#{pane_width} #{pane_height} #{cursor_y} #{cursor_x}"
_PAUSE_S: Final = 0.05

_NO_SESSION: Final = b"no current target"
"""What is said where the last session has just ended, and its server has not."""

_NO_SERVER: Final = (b"no server running", b"no sessions", b"error connecting to", _NO_SESSION)


class _Geometry(NamedTuple):
    """How large a pane is, in cells, and where its cursor is."""

    width: int
    height: int
    cursor: Cursor | None


class Server:
    """A tmux server, by the name of its socket. On the event loop only.

    Args:
        children: owns the processes.
        environment: what tmux is given of one; its ``TMUX_TMPDIR`` says where sockets lie.
        folder: where its clients stand.
        thrum_dir: whose sessions are ours.
        label: the name of the socket (``tmux -L``); the user's default one if empty.

    Attributes:
        stirred: set when something was done without a connection, so that there may be one by now.
    """

    def __init__(
        self,
        children: Children,
        environment: Mapping[str, str],
        folder: Path,
        thrum_dir: Path,
        label: str = "",
    ) -> None:
        self._children = children
        self._environment = environment
        self._folder = folder
        self.thrum_dir = thrum_dir
        self._label = label
        self._connection: Connection | None = None
        self._turn = anyio.Lock()
        self._version = ""
        self._known: list[Pane] | None = None
        self._moment = 0
        self._active: Mapping[str, str] = {}
        self._told: Told = activity.untold
        self.stirred = anyio.Event()

    @property
    def socket(self) -> Path:
        """Where the server listens, if one runs."""
        base = Path(self._environment.get("TMUX_TMPDIR") or "/tmp")  # noqa: S108 -- tmux's own
        return base / f"tmux-{os.getuid()}" / (self._label or "default")

    @property
    def is_connected(self) -> bool:
        """Whether a client of ours is attached."""
        return self._connection is not None and not self._connection.is_over

    async def check(self) -> str:
        """The version of tmux.

        Raises:
            ThrumError: ``program``, it is missing or too old.
        """
        if not self._version:
            done = await self._children.run(
                ["tmux", "-V"],
                owner=OWNER,
                cwd=self._folder,
                environment=self._environment,
                limit_s=LIMIT_S,
            )
            self._version = version.check(done.out.decode(errors="replace"))
        return self._version

    async def panes(self, *, fresh: bool = False) -> list[Pane]:
        """Every pane; none where no server runs, and none is started by looking.

        Args:
            fresh: whether to ask even if nothing was told of since the last time; what is written
                in a window, and which program runs in front, nobody tells.

        Raises:
            ThrumError: ``program``, tmux is missing, too old, or fails.
        """
        if self._known is not None and self.is_connected and not fresh:
            return self._known
        if not self.socket.exists():
            return []
        await self.check()
        connection = await self._connected()
        fence = connections.fence()
        if connection is None:
            return await self._look(fence)
        moment = self._moment
        try:
            found = panes.answer(await self.ask(panes.question(fence)), fence)
        except _NoServer:  # it ended while it was asked
            return []
        if moment == self._moment:  # else something happened while tmux answered
            self._known = found
        return found

    async def ask(self, command: Command) -> str:
        """What a command prints that changes nothing.

        Raises:
            ThrumError: as `run`.
        """
        return (await self._asked([command], fence=connections.fence(), again=True))[0]

    async def run(self, *commands: Command, most: int = 0) -> list[str]:
        """What commands print that are run one after another, until one fails.

        Args:
            most: as for `Connection.ask`.

        Raises:
            ThrumError: ``program``, tmux refuses, is missing, or ended before it answered, and
                then it may be done or not.
        """
        await self.check()
        self._forget()
        return await self._asked(commands, most=most)

    async def kill(self, pane: Pane) -> None:
        """Ends the session of a pane; one that has ended meanwhile is none.

        Raises:
            ThrumError: as `run`.
        """
        await self.check()
        if self._connection is not None and self._connection.session_id == pane.session_id:
            # Our client would be gone before it had the answer.
            await self.close()
        self._forget()
        try:
            await self._alone([("kill-session", "-t", pane.session_id)])
        except _NoServer:
            return

    async def capture(self, pane: Pane, lines: int) -> str:
        """What a pane shows, with so many lines of what went before; blank lines at the end left
        out.

        Raises:
            ThrumError: as `reach`.
        """
        lines = await self.reach(pane, lines)
        said = await self.ask(("capture-pane", "-p", "-J", "-t", pane.id, "-S", f"-{lines}"))
        return "\n".join(said.rstrip().split("\n")) + "\n" if said.strip() else ""

    async def reach(self, pane: Pane, lines: int) -> int:
        """How many of so many lines above a pane can be asked for at once.

        Raises:
            ThrumError: ``conflict``, not even its screen can; as `run`.
        """
        width, height, *_ = await self._geometry(pane)
        if width * height > _MOST_CELLS:
            raise ThrumError("conflict", f"{pane.target} is larger than any terminal")
        return min(lines, _MOST_CELLS // max(width, 1) - height)

    async def screen(self, pane: Pane) -> Shown:
        """What a pane shows, with the cursor; of one that moves meanwhile nobody knows the cursor,
        and of one that is larger than any terminal nobody knows anything.

        Raises:
            ThrumError: as `run`.
        """
        before = await self._geometry(pane)
        for _ in range(_TRIES_OF_CURSOR):
            if before.width * before.height > _MOST_CELLS:
                return Shown(())
            said = await self.ask(("capture-pane", "-p", "-t", pane.id))
            after = await self._geometry(pane)
            if before == after:
                return Shown.of(said, after.cursor)
            before = after
        return Shown.of(said)

    async def attend(self, told: Told) -> bool:
        """Tells of what is written in panes, for as long as there is a connection.

        Args:
            told: is told first of how it stands.

        Returns:
            Whether there was a connection; there is none without a session of ours.

        Raises:
            ThrumError: as `run`.
        """
        self._told = told
        connection = await self._connected()
        if connection is None:
            return False
        told(self._active)
        await connection.over.wait()
        return True

    async def close(self) -> None:
        """Ends our client; the server and its sessions go on."""
        connection, self._connection = self._connection, None
        self._active = {}
        self._forget()
        if connection is not None:
            await connection.close()

    async def _geometry(self, pane: Pane) -> _Geometry:
        """Columns and rows of a pane, and its cursor; none of one that is just ending."""
        said = (await self.ask(("display-message", "-p", "-t", pane.id, _GEOMETRY))).split()
        if len(said) != 4 or not all(each.isdigit() for each in said):
            return _Geometry(0, 0, None)
        width, height, row, column = map(int, said)
        return _Geometry(width, height, Cursor(row, column))

    async def _asked(
        self,
        commands: Sequence[Command],
        *,
        most: int = 0,
        fence: str = "",
        again: bool = False,
    ) -> list[str]:
        """What commands print; asked once more where that does no harm and the answer is lost."""
        connection = await self._connected()
        if connection is None:
            found = await self._alone(commands)
            self.stirred.set()
            return [found]
        try:
            blocks = await connection.ask(commands, most=most, fence=fence)
        except Lost as error:
            if again:
                return await self._asked(commands, fence=fence)
            raise Unanswered(str(error)) from error
        said = [b"\n".join(each.lines).decode(errors="replace") for each in blocks]
        if blocks[-1].is_error:
            raise _NoServer if _NO_SESSION.decode() in said[-1] else _refused(said[-1])
        return said

    async def _connected(self) -> Connection | None:
        """The connection, made anew if there is a session of ours to come into."""
        async with self._turn:
            if self.is_connected:
                return self._connection
            await self.close()
            fence = connections.fence()
            found = await self._look(fence) if self.socket.exists() else []
            ours = [each for each in found if each.is_of(self.thrum_dir)]
            self._connection = await self._connect(ours[0].session_id) if ours else None
            return self._connection

    async def _connect(self, session_id: str) -> Connection | None:
        """A client in that session; None if it ended just now."""
        made = Connection(self._notice)
        argv = self._argv("-C", "attach-session", "-E", "-t", session_id, *_ALONE)
        child = self._children.converse(
            argv,
            owner=OWNER,
            cwd=self._folder,
            environment=self._environment,
            take=made.take,
            ended=made.ended,
        )
        made.begin(child)
        try:
            await made.ready()
            watched = await made.ask(
                [("refresh-client", "-B", each) for each in (_WATCH, _WRITTEN)]
            )
        except Lost:
            watched = []
        except BaseException:
            # Nobody else knows of it so far.
            with anyio.CancelScope(shield=True):
                await made.close()
            raise
        if not watched or watched[-1].is_error:
            # Who is not told of changes would go on knowing what was.
            await made.close()
            return None
        return made

    async def _look(self, fence: str) -> list[Pane]:
        """Every pane, by a process of its own."""
        try:
            return panes.answer(await self._alone([panes.question(fence)]), fence)
        except _NoServer:
            return []

    async def _alone(self, commands: Sequence[Command]) -> str:
        """What commands print, by a process of its own; one of them may start the server."""
        done = await self._done(commands)
        passing = (*_ENDING, *(_NO_SERVER if commands[0][0] == _BEGINS else ()))
        for _ in range(_TRIES):
            if not any(each in done.err for each in passing):
                break
            # Its last session has ended, and its socket is there a moment longer; or somebody else
            # begins a server just then. Nothing is left of what it was asked for.
            await anyio.sleep(_PAUSE_S)
            done = await self._done(commands)
        if done.timed_out:
            raise Unanswered(f"tmux did not answer within {LIMIT_S:g} s")
        if done.code == 0:
            return done.out.decode(errors="replace").removesuffix("\n")
        if any(each in done.err for each in _NO_SERVER):
            raise _NoServer
        raise _refused(done.err.decode(errors="replace"))

    async def _done(self, commands: Sequence[Command]) -> Finished:
        return await self._children.run(
            self._argv(*arguments(commands)),
            owner=OWNER,
            cwd=self._folder,
            environment=self._environment,
            limit_s=LIMIT_S,
            most_bytes=8 << 20,
        )

    def _argv(self, *words: str) -> list[str]:
        return ["tmux", "-u", *(["-L", self._label] if self._label else []), *words]

    def _notice(self, notice: Notice) -> None:
        active = activity.of(notice)
        if active is not None:
            self._active = active
            self._told(active)
        elif notice.name in _CHANGES:
            self._forget()

    def _forget(self) -> None:
        self._known = None
        self._moment += 1


class Unanswered(ThrumError):
    """tmux is there and gave no answer, so nothing is known of what it has.

    Args:
        why: what is known of it.
    """

    def __init__(self, why: str) -> None:
        text = f"tmux gave no answer: {why}"
        super().__init__("program", text, "look whether it is done: thrum tmux list")


class _NoServer(ThrumError):
    """No server runs."""

    def __init__(self) -> None:
        super().__init__("not_found", "no tmux server runs")


def _refused(said: str) -> ThrumError:
    """Why tmux did not do it, in its own words."""
    text = " ".join(said.split())[:200]
    return ThrumError("program", f"tmux refuses: {text or 'it gives no reason'}")
