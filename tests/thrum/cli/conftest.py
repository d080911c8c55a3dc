"""A world for commands: a repository's files, a daemon that answers what the test says, streams."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests import forge, seeds
from thrum.cli import app
from thrum.cli.context import Context
from thrum.client import Client

NOW_NS = 1_767_323_045_000_000_000  # 2026-01-02T03:04:05Z
LONG_S = 20.0
"""Within which this very process answers itself, however busy the machine is."""
RECORDED = Path(__file__).parents[3] / "fixtures" / "cli"
"""Recorded data; not everybody has it."""


class Refuse(Exception):
    """Answered as an error instead of a result."""

    def __init__(self, kind: str, message: str, code: int = -32000, hint: str = "") -> None:
        super().__init__(message)
        data = {"kind": kind} | ({"hint": hint} if hint else {})
        self.error = {"code": code, "message": message, "data": data}


class HangUp(Exception):
    """The connection is closed instead of an answer."""


class FakeDaemon:
    """A Unix socket that answers from a table of methods, and remembers what it was asked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answers: dict[str, Any] = {}
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(16)
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def close(self) -> None:
        """Ends; whoever waits for a connection does first, or it may wait at the next one's door.

        For the next listener gets the number of this one.
        """
        with suppress(OSError):  # not every system ends what waits for a connection so
            self._listener.shutdown(socket.SHUT_RDWR)
            self._accepting.join(LONG_S)
        self._listener.close()

    def params(self, method: str) -> dict[str, Any]:
        """What the last request for the method carried."""
        return [params for name, params in self.requests if name == method][-1]

    @property
    def methods(self) -> list[str]:
        return [name for name, _ in self.requests]

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # A hook that is out of time hangs up, in the middle of whatever it is being told.
        with suppress(ConnectionError), connection, connection.makefile("rb") as lines:
            for line in lines:
                request = json.loads(line)
                asked = request["method"], request.get("params", {})
                self.requests.append(asked)
                try:
                    reply = {"result": self._result(*asked)}
                except Refuse as refusal:
                    reply = {"error": refusal.error}
                except HangUp:
                    # Closing alone would wait for the file object that reads from it.
                    connection.shutdown(socket.SHUT_RDWR)
                    return
                text = json.dumps({"jsonrpc": "2.0", "id": request["id"], **reply})
                connection.sendall(text.encode() + b"\n")

    def _result(self, method: str, params: dict[str, Any]) -> Any:
        if method not in self.answers:
            raise Refuse("method_not_found", f"no method {method}", -32601)
        answer = self.answers[method]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(params) if callable(answer) else answer


class Became(Exception):
    """The command replaced its process."""

    def __init__(self, argv: Sequence[str]) -> None:
        super().__init__(str(argv))
        self.argv = list(argv)


@dataclass
class Ran:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Stdout as the one JSON document that it must be."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """Stderr as the one JSON object that it must be."""
        found = json.loads(self.err)
        assert set(found) == {"error"}
        error: dict[str, Any] = found["error"]
        return error


@dataclass
class World:
    """Where commands run: a worktree with one agent, and a clock that only sleeping moves."""

    root: Path
    daemon: FakeDaemon
    env: dict[str, str] = field(default_factory=dict)
    clock: float = 0.0
    slept: list[float] = field(default_factory=list)
    started: list[Path] = field(default_factory=list)
    paged: list[tuple[list[str], str]] = field(default_factory=list)
    has_pager: bool = True
    opened: list[str] = field(default_factory=list)
    has_browser: bool = True

    def page(self, argv: Sequence[str], text: str, env: Mapping[str, str]) -> bool:
        """Remembers what a pager was to show."""
        self.paged.append((list(argv), text))
        return self.has_pager

    def open_page(self, url: str) -> bool:
        """Remembers what a browser was to show."""
        self.opened.append(url)
        return self.has_browser

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock += seconds

    def context(
        self,
        argv: Sequence[str],
        *,
        stdin: str = "",
        terminal: bool = False,
        columns: int = 80,
        rows: int = 1000,
    ) -> Context:
        return Context(
            argv=argv,
            cwd=self.root,
            env=self.env,
            stdin=io.StringIO(stdin),
            stdout=io.StringIO(),
            stderr=io.StringIO(),
            stdin_is_terminal=terminal,
            stdout_is_terminal=terminal,
            columns=columns,
            rows=rows,
            now_ns=lambda: NOW_NS + int(self.clock * 1e9),
            monotonic=lambda: self.clock,
            sleep=self.sleep,
            random_hex=lambda count: "ab" * count,
            pid=os.getpid(),
            connect=lambda path, seconds: Client(path, seconds or LONG_S, seconds or LONG_S),
            start_daemon=lambda context: self.started.append(context.place.root),
            page=self.page,
            open_page=self.open_page,
            replace_process=_became,
        )

    def run(self, *argv: str, **how: Any) -> Ran:
        context = self.context(argv, **how)
        code = app.run(context)
        assert isinstance(context.stdout, io.StringIO)
        assert isinstance(context.stderr, io.StringIO)
        return Ran(code, context.stdout.getvalue(), context.stderr.getvalue())

    def identity(self, name: str, **fields: Any) -> None:
        """Writes an identity file as another node would."""
        path = self.root / ".thrum" / "identities" / f"{name}.json"
        agent = {"kind": "agent", "name": name, "role": "implementer", "module": "auth"}
        agent |= {key: fields.pop(key) for key in ("role", "module", "display") if key in fields}
        path.write_text(json.dumps({"version": 5, "agent": agent, **fields}))


def _became(argv: Sequence[str], _environment: Mapping[str, str]) -> NoReturn:
    raise Became(argv)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A work tree with the agent furiosa and a daemon without answers."""
    root = tmp_path / "shop"
    for directory in (".git", ".thrum/identities", ".thrum/var"):
        (root / directory).mkdir(parents=True)
    (root / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (root / ".thrum" / "config.json").write_text("{}")
    with short_socket(root / ".thrum" / "var" / "thrum.sock") as socket_path:
        daemon = FakeDaemon(socket_path)
        # No daemon is started unasked, whoever runs the tests.
        env = {"HOME": str(tmp_path), "TERM": "dumb", "CI": "true"}
        found = World(root, daemon, env)
        found.identity("furiosa")
        yield found
        daemon.close()


@contextmanager
def short_socket(path: Path) -> Iterator[Path]:
    """The path through a short link to its directory: a socket's has room for 100 bytes only."""
    with tempfile.TemporaryDirectory(prefix="thrum") as folder:
        link = Path(folder) / "var"
        link.symlink_to(path.parent, target_is_directory=True)
        yield link / path.name


@pytest.fixture
def message() -> Callable[..., dict[str, Any]]:
    """Makes rows as the daemon lists them."""

    def make(ending: str = "", text: str = "hello", **fields: Any) -> dict[str, Any]:
        row = {
            "message_id": f"msg_01M7XCNHBQTZPY0FK2ZT{ending.rjust(6, '0')[-6:]}",
            "agent_id": "nux",
            "body": {"format": "markdown", "content": text},
            "created_at": "2026-01-02T03:02:05.000000000Z",
            "deleted": False,
            "is_read": False,
        }
        return row | fields

    return make


@pytest.fixture(scope="session")
def thrum() -> str:
    """The installed program."""
    return str(Path(sys.executable).with_name("thrum"))


@pytest.fixture
def recorded() -> Path:
    """The folder of recorded command runs."""
    return RECORDED


@dataclass
class Clone:
    """A repository with real commands and a real daemon in it."""

    root: Path
    env: dict[str, str]
    program: str

    def __call__(
        self, *argv: str, cwd: Path | None = None, stdin: str = "", check: bool = True
    ) -> Ran:
        done = self.run(*argv, cwd=cwd or self.root, stdin=stdin)
        if check:
            assert done.returncode == 0, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    def run(self, *argv: str, cwd: Path, stdin: str) -> subprocess.CompletedProcess[str]:
        return forge.run(argv, cwd=cwd, env=self.env, text=stdin)

    def git(self, *argv: str) -> None:
        subprocess.run(
            ["git", *argv], cwd=self.root, env=self.env, check=True, capture_output=True, timeout=60
        )

    def stop(self) -> None:
        """Stops the daemon, if one was started."""
        if (self.root / ".thrum/var/thrum.lock").exists():
            self("daemon", "stop", check=False)

    @property
    def daemon_pid(self) -> int:
        return int(json.loads((self.root / ".thrum/var/thrum.pid").read_text())["pid"])


def clone_in(folder: Path, thrum: str, kind: type[Clone] = Clone) -> Clone:
    """A repository with one commit, below an empty folder with a home."""
    home = folder / "home"
    root = folder / "repo"
    home.mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("THRUM_", "GIT_", "TMUX"))}
    env = kept | {
        "HOME": str(home),
        "CI": "true",  # no daemon is started unasked, whoever runs the tests
        "GIT_CONFIG_NOSYSTEM": "1",
        "THRUM_HOOK_MS": "30000",  # a machine may be busy with other tests
        "GIT_AUTHOR_NAME": "T",
        "GIT_AUTHOR_EMAIL": "t@example.org",
        "GIT_COMMITTER_NAME": "T",
        "GIT_COMMITTER_EMAIL": "t@example.org",
    }
    found = kind(root, env, thrum)
    seeds.begin(root, env)
    return found


@pytest.fixture
def clone(tmp_path: Path, thrum: str) -> Iterator[Clone]:
    """A repository with one commit; its daemon, if one was started, is stopped at the end."""
    found = clone_in(tmp_path, thrum)
    yield found
    found.stop()


@pytest.fixture
def refuse() -> type[Refuse]:
    """Makes an answer an error."""
    return Refuse


@pytest.fixture
def hang_up() -> type[HangUp]:
    """Makes an answer the end of the connection."""
    return HangUp


@pytest.fixture
def became() -> type[Became]:
    """Raised where a command replaces its process."""
    return Became
