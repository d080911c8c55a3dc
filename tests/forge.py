"""Commands and daemons that are processes of their own, but of a program that was loaded once.

To load the program is most of what they cost, and tests run thousands. So each worker has one
process that loads it, and forks for each line: what runs then has its own number, directory,
environment and streams, and goes the way of ``thrum`` from its first module to its end. So does a
daemon that it starts. What the interpreter decides as it starts (its options, the encoding) is the
environment's of the tests; what has another one is started as people start it, and so is every line
where no process can be waited for by a handle. What the system keeps of a process's beginning, its
words and its environment, is the forge's: who tries what Thrum makes of that starts `THRUM`.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final, NoReturn
from unittest import mock

import pygit2
from pygit2.enums import ConfigLevel, Option

import gitstore
import thrum
from tests import namespaces, pages
from thrum import front
from thrum.daemon import control
from thrum.mcp import loading
from thrum.paths import PRIVATE_FILE, Place

THRUM: Final = (sys.executable, "-m", "thrum")
INTERPRETER: Final = ("PYTHON", "LC_", "LANG")
"""How the variables begin that the interpreter reads as it starts."""
LEFT_OUT: Final = ("thrum.__main__", "thrum.docs", "thrum.mcp", "thrum.web")
"""What is run and not loaded, or loaded by a single command that runs for long."""
SERVER: Final = ("mcp", "serve")
"""That command: what it loads is loaded when it is asked for, and then for all that follow."""
LATE: Final = ("anyio._backends._asyncio", "nacl.bindings")
"""What a daemon loads only once it runs."""

_HANDLES: Final = 4096
"""Descriptors below this number are closed in what is forked."""


def run(
    line: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    text: str = "",
    limit: float = 60,
    net: namespaces.Namespace | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs a line of the program to its end.

    Args:
        line: the words behind ``thrum``.
        cwd: where it stands.
        env: its environment.
        text: what it reads.
        limit: seconds after which it is killed.
        net: the network that it is in, and a daemon that it starts; None for everybody's.

    Raises:
        subprocess.TimeoutExpired: it was killed.
    """
    argv = [*THRUM, *line]
    if told(env) != _AT_START or not hasattr(os, "pidfd_open"):
        how: dict[str, Any] = {"capture_output": True, "text": True, "timeout": limit}
        inside = net.prefix if net else ()
        return subprocess.run([*inside, *argv], cwd=cwd, env=env, input=text, check=False, **how)
    with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
        given.write(text.encode())
        given.seek(0)
        wanted = {"line": list(line), "cwd": str(cwd), "env": dict(env)}
        wanted["net"] = str(net.file) if net else ""
        code = _ask(_forge(), wanted, (given, out, err), limit)
        return subprocess.CompletedProcess(argv, code, _read(out), _read(err))


def told(env: Mapping[str, str]) -> dict[str, str]:
    """What of an environment the interpreter reads as it starts."""
    return {name: value for name, value in env.items() if name.startswith(INTERPRETER)}


_AT_START: Final = told(os.environ)
_popen: Final = control._spawn
_really_handed_over: Final = front._handed_over


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def _ask(
    door: socket.socket, wanted: Mapping[str, Any], streams: Sequence[IO[bytes]], limit: float
) -> int:
    """Has a process begin and waits for its end; the exit status, as `subprocess` tells it."""
    ours, theirs = socket.socketpair()
    with ours, ours.makefile("r") as answers:
        with theirs:
            given = [theirs.fileno(), *(each.fileno() for each in streams)]
            socket.send_fds(door, [b"a line"], given)
        ours.sendall(json.dumps(wanted).encode() + b"\n")
        pid = int(answers.readline())
        ours.settimeout(limit)
        try:
            return int(answers.readline())
        except TimeoutError:
            os.kill(pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired([*THRUM, *wanted["line"]], limit) from None


@functools.cache
def _forge() -> socket.socket:
    """The door of this process's forge, which is started; it ends when this process does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        number = theirs.fileno()
        argv = [sys.executable, "-m", "tests.forge", str(number)]
        root = Path(__file__).parents[1]
        forge = subprocess.Popen(argv, cwd=root, stdin=subprocess.DEVNULL, pass_fds=[number])

    def end() -> None:
        ours.close()
        forge.wait()

    atexit.register(end)
    return ours


# -- in the forge --


def main(door: socket.socket) -> None:
    """Forks for each line, until nobody is left at the other side of the door."""
    _load()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for whoever runs the tests, who ends it
    with (
        mock.patch.object(control, "_spawn", _begin_daemon),
        mock.patch.object(front, "_handed_over", _handed_over),
        selectors.DefaultSelector() as awaited,
    ):
        awaited.register(door, selectors.EVENT_READ)
        while True:
            for key, _ in awaited.select():
                if key.data:
                    awaited.unregister(key.fileobj)
                    _tell(*key.data)
                elif not _begin(door, awaited):
                    return


def _load() -> None:
    """Loads what is run, and has the garbage collector never look at it again."""
    for package in (thrum, gitstore):
        _load_below(package.__name__, list(package.__path__))
    for name in LATE:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    pages.join()


@functools.cache
def _load_server() -> None:
    with loading.sparing():
        importlib.import_module("thrum.mcp.server")


def _load_below(name: str, folders: list[str]) -> None:
    for module in pkgutil.iter_modules(folders, f"{name}."):
        if module.name in LEFT_OUT:
            continue
        loaded = importlib.import_module(module.name)
        if module.ispkg:
            _load_below(module.name, list(loaded.__path__))


def _begin(door: socket.socket, awaited: selectors.BaseSelector) -> bool:
    """Forks for the next line; False if there comes none any more."""
    _, given, _, _ = socket.recv_fds(door, 16, 4)
    if not given:
        return False
    number, *streams = given
    connection = socket.socket(fileno=number)
    with connection.makefile("r") as lines:
        wanted = json.loads(lines.readline())
    if wanted["line"][: len(SERVER)] == [*SERVER]:
        _load_server()
    pid = os.fork()
    if not pid:
        _be("thrum", wanted["line"], wanted["cwd"], wanted["env"], *streams, net=wanted["net"])
    for each in streams:
        os.close(each)
    _say(connection, pid)
    handle = os.pidfd_open(pid)
    awaited.register(handle, selectors.EVENT_READ, (handle, pid, connection))
    return True


def _tell(handle: int, pid: int, connection: socket.socket) -> None:
    """Tells who asked how it ended."""
    os.close(handle)
    _, status = os.waitpid(pid, 0)
    with connection:
        _say(connection, os.waitstatus_to_exitcode(status))


def _say(connection: socket.socket, number: int) -> None:
    with suppress(BrokenPipeError):  # who asked waits no more
        connection.sendall(f"{number}\n".encode())


def _be(
    module: str,
    line: Sequence[str],
    cwd: str,
    env: Mapping[str, str],
    *streams: int,
    net: str = "",
) -> NoReturn:
    """Is, from here on, a process that runs a module."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, each in enumerate(streams):
            os.dup2(each, number)
        os.closerange(3, _HANDLES)
        if net:
            namespaces.enter(Path(net))
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(env)
        _look_around_again()
        sys.argv = [module, *line]
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        _end(end.code if isinstance(end.code, int) else 1)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    _end(1)


def _handed_over(words: Sequence[str]) -> int | None:
    """A line is run here, where all is loaded as it is there; unless it is to be handed over."""
    return _really_handed_over(words) if os.environ.get(front.OFF.decode()) == "1" else None


def _look_around_again() -> None:
    """Has libraries see the environment, which they looked at when they were loaded."""
    time.tzset()
    option: Any = pygit2.option  # None is for what it finds by itself, and not in its types
    for level in (ConfigLevel.SYSTEM, ConfigLevel.XDG, ConfigLevel.GLOBAL):
        option(Option.SET_SEARCH_PATH, level, None)
    option(Option.SET_HOMEDIR, None)


def _end(status: int) -> NoReturn:
    """Ends the process as an interpreter does, which waits for threads that still work."""
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join()
    os._exit(status)


@dataclass
class Begun:
    """A daemon that this process has forked; as much of `subprocess.Popen` as `control` asks."""

    pid: int
    returncode: int | None = None

    def poll(self) -> int | None:
        """How it ended; None while it runs."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def wait(self, timeout: float) -> int:
        """How it ended, after so many seconds at most."""
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("daemon", timeout)
            time.sleep(control.POLL_S)
        return code


def _begin_daemon(place: Place, environment: Mapping[str, str], local_only: bool) -> Any:
    """As `control` has a daemon begin, but that it is loaded."""
    if told(environment) != _AT_START:
        return _popen(place, environment, local_only)
    *_, module, word, repository = control.program(place)
    line = [word, repository, *(["--local"] if local_only else [])]
    log = os.open(place.log, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, PRIVATE_FILE)
    pid = os.fork()
    if not pid:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDONLY)
        _be(module, line, "/", environment, nothing, log, log)
    os.close(log)
    return Begun(pid)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as open_door:
        main(open_door)
