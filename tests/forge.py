"""Commands that are processes of their own, but of a program that was loaded once.

To load the program is most of what a command costs, and tests run thousands. So each worker has one
process that loads it, and forks for each line: what runs then has its own number, directory,
environment and streams, and goes the way of ``thrum`` from its first function to its end. What the
interpreter decides as it starts (its options, the encoding) is the environment's of the tests; a
line that has another one is run as people run it, and so is every line where no process can be
waited for by a handle.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Any, Final, NoReturn

THRUM: Final = (sys.executable, "-m", "thrum")
INTERPRETER: Final = ("PYTHON", "LC_", "LANG")
"""How the variables begin that the interpreter reads as it starts."""
LEFT_OUT: Final = ("thrum.daemon", "thrum.docs", "thrum.mcp", "thrum.web")
"""What no command loads, or one only that is there for it and runs for long."""

_FIRST: Final = 65536
_HANDLES: Final = 4096
"""Descriptors below this number are closed in what is forked."""


def run(
    line: Sequence[str], *, cwd: Path, env: Mapping[str, str], text: str = "", limit: float = 60
) -> subprocess.CompletedProcess[str]:
    """Runs a line of the program to its end.

    Args:
        line: the words behind ``thrum``.
        cwd: where it stands.
        env: its environment.
        text: what it reads.
        limit: seconds after which it is killed.

    Raises:
        subprocess.TimeoutExpired: it was killed.
    """
    argv = [*THRUM, *line]
    if _told(env) != _told(os.environ) or not hasattr(os, "pidfd_open"):
        how: dict[str, Any] = {"capture_output": True, "text": True, "timeout": limit}
        return subprocess.run(argv, cwd=cwd, env=env, input=text, check=False, **how)
    with TemporaryFile() as given, TemporaryFile() as out, TemporaryFile() as err:
        given.write(text.encode())
        given.seek(0)
        code = _ask(_forge(), argv, cwd, env, (given, out, err), limit)
        return subprocess.CompletedProcess(argv, code, _read(out), _read(err))


def _told(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(INTERPRETER)}


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()


def _ask(
    door: str,
    argv: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    streams: Sequence[IO[bytes]],
    limit: float,
) -> int:
    """Has a process begin and waits for its end; the exit status, as `subprocess` tells it."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(door)
        wanted = json.dumps({"line": argv[3:], "cwd": str(cwd), "env": dict(env)}).encode() + b"\n"
        sent = socket.send_fds(connection, [wanted], [each.fileno() for each in streams])
        connection.sendall(wanted[sent:])
        with connection.makefile("r") as answers:
            pid = int(answers.readline())
            connection.settimeout(limit)
            try:
                return int(answers.readline())
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(argv, limit) from None


@functools.cache
def _forge() -> str:
    """The socket of this process's forge, which is started; it ends with this process."""
    folder = TemporaryDirectory(prefix="forge")
    door = str(Path(folder.name) / "door")
    argv = [sys.executable, "-m", "tests.forge", door]
    root = Path(__file__).parents[1]
    forge = subprocess.Popen(
        argv, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert forge.stdin and forge.stdout

    def end() -> None:
        forge.communicate()
        folder.cleanup()

    atexit.register(end)
    assert forge.stdout.readline() == b"open\n"
    return door


# -- in the forge --


def main(door: str) -> None:
    """Forks for each line until its own input ends."""
    _load()
    with socket.socket(socket.AF_UNIX) as listening, selectors.DefaultSelector() as awaited:
        listening.bind(door)
        listening.listen(64)
        awaited.register(sys.stdin, selectors.EVENT_READ)
        awaited.register(listening, selectors.EVENT_READ, listening)
        print("open", flush=True)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        while True:
            for key, _ in awaited.select():
                if key.fileobj is sys.stdin:
                    return
                if key.data is listening:
                    _begin(listening, awaited)
                else:
                    awaited.unregister(key.fileobj)
                    _tell(*key.data)


def _load() -> None:
    """Loads what commands load, and has the garbage collector never look at it again."""
    import gitstore
    import thrum

    for package in (thrum, gitstore):
        _load_below(package.__name__, list(package.__path__))
    gc.collect()
    gc.freeze()


def _load_below(name: str, folders: list[str]) -> None:
    for module in pkgutil.iter_modules(folders, f"{name}."):
        if module.name in LEFT_OUT or module.name.endswith(".__main__"):
            continue
        loaded = importlib.import_module(module.name)
        if module.ispkg:
            _load_below(module.name, list(loaded.__path__))


def _begin(listening: socket.socket, awaited: selectors.BaseSelector) -> None:
    connection, _ = listening.accept()
    wanted, streams = _receive(connection)
    pid = os.fork()
    if not pid:
        _become(wanted, streams)
    for each in streams:
        os.close(each)
    connection.sendall(f"{pid}\n".encode())
    handle = os.pidfd_open(pid)
    awaited.register(handle, selectors.EVENT_READ, (handle, pid, connection))


def _receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    data, streams, _, _ = socket.recv_fds(connection, _FIRST, 3)
    while not data.endswith(b"\n"):
        data += connection.recv(_FIRST)
    return json.loads(data), streams


def _tell(handle: int, pid: int, connection: socket.socket) -> None:
    """Tells who asked how it ended, unless nobody listens any more."""
    os.close(handle)
    _, status = os.waitpid(pid, 0)
    with connection:
        try:
            connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
        except BrokenPipeError:
            pass


def _become(wanted: Mapping[str, Any], streams: Sequence[int]) -> NoReturn:
    """Is the command from here on."""
    try:
        for number, each in enumerate(streams):
            os.dup2(each, number)
        os.closerange(3, _HANDLES)
        os.chdir(wanted["cwd"])
        os.environ.clear()
        os.environ.update(wanted["env"])
        time.tzset()
        from thrum.cli import main

        sys.argv = [main.__file__, *wanted["line"]]
        main.run()
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
