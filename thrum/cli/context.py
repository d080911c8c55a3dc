"""What a command may see of the world; it reads no global streams and no environment.

`thrum.cli.main` builds the real one; tests build their own; a daemon that runs commands for a thin
client could build one from what the client sends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TextIO

from thrum.cli.options import Options
from thrum.errors import ThrumError

if TYPE_CHECKING:
    from thrum.cli.outside import Bounds
    from thrum.cli.render.paint import Paint
    from thrum.cli.speaker import Speaker
    from thrum.client import Client
    from thrum.git_place import GitPlace
    from thrum.identity.evidence import Evidence
    from thrum.identity.guards import Fire
    from thrum.identity.process import Process
    from thrum.paths import Place


def truthy(text: str) -> bool:
    """Whether a variable switches something on: anything but empty, ``0`` and ``false``."""
    return text.strip().lower() not in {"", "0", "false"}


def takes_all(stream: TextIO) -> bool:
    """Whether the stream's encoding has every character."""
    return (stream.encoding or "utf-8").lower().startswith("utf")


def _no_deadline(_seconds: float) -> None:
    """Commands of people take the time that they need."""


class Caller(NamedTuple):
    """Which agent asks; role and module as flags, its file or the daemon say."""

    agent_id: str
    role: str
    module: str


class Context:
    """The world of one command.

    Attributes:
        argv: the words after ``thrum``.
        cwd: the working directory.
        env: the environment.
        stdin, stdout, stderr: the streams.
        stdin_is_terminal, stdout_is_terminal: whether a person sits there.
        columns, rows: the size of the terminal.
        now_ns: the clock, nanoseconds since 1970.
        monotonic, sleep: seconds that only go forward, and spending them.
        random_hex: so many random bytes as hexadecimal text.
        pid: this process, where the search for the agent's runtime starts.
        connect: opens a connection to a socket; with a number, within so many seconds.
        start_daemon: starts the daemon of the place and waits until it answers.
        page: has a pager with these arguments and this environment show a text; False if it cannot
            be run.
        open_page: has the person's browser show a page; False if there is none.
        replace_process: becomes another program with these arguments and this environment.
        bounds: which lines are run; all of them if None.
        options: the flags of every command; filled in when the line is read.
        banner: the warning that this shell belongs to another agent, if there was one.
        let_through: what guards fired at and let pass.
        prolong: lets a command that has a deadline take so many seconds in all.
        kept_notes: notes that follow when what is held back was shown; None while nothing is.
    """

    def __init__(
        self,
        *,
        argv: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        stdin: TextIO,
        stdout: TextIO,
        stderr: TextIO,
        stdin_is_terminal: bool,
        stdout_is_terminal: bool,
        columns: int,
        rows: int,
        now_ns: Callable[[], int],
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        random_hex: Callable[[int], str],
        pid: int,
        connect: Callable[[Path, float | None], Client],
        start_daemon: Callable[[Context], None],
        page: Callable[[Sequence[str], str, Mapping[str, str]], bool],
        open_page: Callable[[str], bool],
        replace_process: Callable[[Sequence[str], Mapping[str, str]], NoReturn],
        bounds: Bounds | None = None,
    ) -> None:
        self.argv = argv
        self.cwd = cwd
        self.env = env
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.stdin_is_terminal = stdin_is_terminal
        self.stdout_is_terminal = stdout_is_terminal
        self.columns = columns
        self.rows = rows
        self.now_ns = now_ns
        self.monotonic = monotonic
        self.sleep = sleep
        self.random_hex = random_hex
        self.pid = pid
        self.connect = connect
        self.start_daemon = start_daemon
        self.page = page
        self.open_page = open_page
        self.replace_process = replace_process
        self.bounds = bounds
        self.options = Options()
        self.banner = ""
        self.let_through: set[Fire] = set()
        self.kept_notes: list[str] | None = None
        self.prolong: Callable[[float], None] = _no_deadline
        self._client: Client | None = None
        self._was_served = False
        self._no_start: ThrumError | None = None

    @cached_property
    def start(self) -> Path:
        """The directory that the command is about: ``--repo``, else the working directory."""
        from thrum import git_place

        return git_place.real(self.cwd / self.options.repo) if self.options.repo else self.cwd

    def path(self, text: str) -> Path:
        """A path as somebody writes it: from the working directory, and ``~`` is their home."""
        home = self.env.get("HOME", "")
        if home and (text == "~" or text.startswith("~/")):
            return Path(f"{home}{text[1:]}")
        return self.cwd / text

    @cached_property
    def place(self) -> Place:
        """Where the repository's files are.

        Raises:
            ThrumError: ``not_initialized``, ``config``.
        """
        from thrum import paths

        if not self.options.repo:
            return paths.find(self.cwd, self.env)
        found = paths.find(self.start, {})
        top = self.toplevel
        if top and top != found.root and top.is_relative_to(found.root):
            # Another checkout around the one that was named; that is not what was meant.
            raise ThrumError(
                "not_initialized", f"there is no Thrum in {top}", "run `thrum init` there first"
            )
        return found

    @property
    def known_log(self) -> Path | None:
        """The daemon's log; None while nobody has looked for the place. Never looks."""
        place: Place | None = self.__dict__.get("place")
        return place.log if place else None

    @cached_property
    def git(self) -> GitPlace | None:
        """The work tree that this is about, None outside git."""
        from thrum import git_place

        return git_place.find(self.start)

    @property
    def toplevel(self) -> Path | None:
        """The root of the work tree, None outside git."""
        return self.git.toplevel if self.git else None

    @cached_property
    def ancestors(self) -> tuple[Process, ...]:
        """This process and those above it, nearest first.

        From then on the person's own runtimes are known.
        """
        from thrum.identity import process, programs

        home = Path(self.env.get("HOME", "/"))
        programs.heed(cache(lambda: programs.read(home)))
        return tuple(process.chain(self.pid))

    @cached_property
    def program(self) -> Process | None:
        """The agent program that this process is started by; one of several sessions counts."""
        from thrum.identity import process

        return process.runtime_of(self.ancestors) or process.server(self.pid)

    @cached_property
    def evidence(self) -> Evidence:
        """What the identity files say of who this shell is.

        Raises:
            ThrumError: ``not_initialized``, ``config``.
        """
        from thrum.identity import evidence

        return evidence.gather(self.place.repository, self.cwd, self.ancestors)

    @cached_property
    def speaker(self) -> Speaker:
        """Which agent this shell is, and by which rule.

        Raises:
            ThrumError: as `speaker.find`.
        """
        from thrum.cli import speaker

        return speaker.find(self)

    def again(self, env: Mapping[str, str]) -> Context:
        """The same world with another environment, and with nothing of it looked at yet.

        For programs that go on for hours, in which files, processes and the daemon change; and for
        threads, for a connection is one caller's at a time.
        """
        fresh = copy(self)
        fresh.env = env
        fresh.options = copy(self.options)
        fresh.let_through = set()
        fresh._client, fresh._was_served, fresh._no_start = None, False, None
        for known, value in vars(Context).items():
            if isinstance(value, cached_property):
                fresh.__dict__.pop(known, None)
        return fresh

    def standing_in(self, folder: Path) -> Context:
        """The same world as it is seen from another folder, with nothing of it looked at yet."""
        fresh = self.again(self.env)
        fresh.cwd = folder
        fresh.options.repo = ""
        return fresh

    def forget_place(self) -> None:
        """Has the place looked for again, because its files may have moved."""
        self.__dict__.pop("place", None)

    def forget_identity(self) -> None:
        """Has the identity files read again, because one was written."""
        for known in ("evidence", "speaker", "caller"):
            self.__dict__.pop(known, None)

    @cached_property
    def caller(self) -> Caller:
        """Which agent this shell is, with role and module.

        Raises:
            ThrumError: as `speaker.find`.
        """
        role = self.options.role or self.env.get("THRUM_ROLE", "")
        module = self.options.module or self.env.get("THRUM_MODULE", "")
        found = self.speaker
        return Caller(found.agent_id, role or found.role, module or found.module)

    @property
    def client(self) -> Client:
        """The connection to the daemon, opened when first needed.

        Raises:
            ThrumError: ``daemon_down``, ``no_answer``, ``not_initialized``.
        """
        if self._client is None:
            is_own = not self.env.get("THRUM_SOCKET")
            self._client = self._served() if is_own else self.connect(self.socket, None)
        return self._client

    @property
    def socket(self) -> Path:
        """The daemon's socket: ``THRUM_SOCKET``, else the place's own.

        Raises:
            ThrumError: ``not_initialized``, ``config``.
        """
        override = self.env.get("THRUM_SOCKET")
        return Path(override) if override else self.place.socket

    def _served(self) -> Client:
        """A connection to the place's own daemon, which is started first where that is wanted.

        Only once: one that is stopped while a command waits shall stay so.
        """
        was_served, self._was_served = self._was_served, True
        try:
            return self.connect(self.socket, None)
        except ThrumError as error:
            if error.kind != "daemon_down":
                raise
            if was_served or not self._starts():
                raise self._no_start or error from None
        try:
            self.start_daemon(self)
        except ThrumError as error:
            self._no_start = error
            raise
        return self.connect(self.socket, None)

    def _starts(self) -> bool:
        from thrum.cli import autostart

        return autostart.is_wanted(self)

    def call(
        self, method: str, params: Mapping[str, object] | None = None, timeout: float | None = None
    ) -> Any:
        """Asks the daemon; parameters that are None or empty are left out.

        Raises:
            ThrumError: as `asking.ask`.
        """
        from thrum.cli import asking

        given = {k: v for k, v in (params or {}).items() if v is not None and v not in ("", [])}
        return asking.ask(self, method, given, timeout)

    def hang_up(self) -> None:
        """Closes the connection, so that the next call opens another one."""
        if self._client is not None:
            self._client.close()
            self._client = None

    @property
    def is_plain(self) -> bool:
        """Whether the reader is a program or a language model: no boxes, colours or padding."""
        return not self.stdout_is_terminal

    @cached_property
    def paint(self) -> Paint:
        """Colours what is printed, where colours may be used: NO_COLOR and CLICOLOR_FORCE say."""
        from thrum.cli.render.paint import Paint

        if self.options.json or self.env.get("NO_COLOR"):
            return Paint(is_on=False)
        if truthy(self.env.get("CLICOLOR_FORCE", "")):
            return Paint(is_on=True)
        return Paint(is_on=self.stdout_is_terminal and self.env.get("TERM") != "dumb")

    def say(self, text: str) -> None:
        """Prints lines on stdout, unless the answer is JSON."""
        if not self.options.json:
            self.stdout.write(text if text.endswith("\n") or not text else f"{text}\n")

    def done(self, text: str) -> None:
        """Prints what was done, which ``--quiet`` leaves out."""
        if not self.options.quiet:
            self.say(text)

    def note(self, text: str) -> None:
        """Prints a line on stderr that is no result; left out with ``--quiet`` and ``--json``."""
        if self.options.quiet or self.options.json:
            return
        if self.kept_notes is not None:
            self.kept_notes.append(text)
        else:
            # Whoever reads both from one pipe gets them in the order in which they were said.
            self.stdout.flush()
            self.stderr.write(f"{text}\n")

    def hint(self, text: str) -> None:
        """Prints advice on stderr; left out as notes are, and with ``THRUM_NO_HINTS``."""
        if not truthy(self.env.get("THRUM_NO_HINTS", "")):
            self.note(text)

    def document(self, document: object) -> None:
        """Prints the answer as JSON, if JSON is asked for."""
        if self.options.json:
            from thrum.cli.render.document import document_text

            self.stdout.write(
                document_text(
                    document, indent=self.stdout_is_terminal, is_ascii=not takes_all(self.stdout)
                )
            )
