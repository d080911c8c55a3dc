"""The front of the program: a line is handed to a process that stands ready, or run here.

Loading a command line takes Python several times as long as its work does. So where a daemon runs,
a process of it has everything loaded (`thrum.ready`), and becomes this line's command: it is given
our standard streams, directory and environment, and a connection to the daemon that *we* opened, so
that the kernel still names us as the caller. Whatever is not as usual is run here, as it always
can be: the other side decides before it has done anything.

Nothing is imported but what the interpreter has loaded or built in.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _socket import socket
    from collections.abc import Sequence
    from typing import Any, NoReturn

SOCKET = "ready.sock"
"""Beside the daemon's own."""

HELLO = 8
"""Bytes in which the other side says its number, once it is ours alone."""

ENDED, HERE, AGAIN, SHOW = b".", b"<", b"+", b"="
"""What the other side says: the command ended with the status that follows; it must run here, and
nothing was done; open another connection to the daemon; show a text with a pager."""

PATIENCE_S = 0.1
"""For a process to be ready; by then it could have been done here."""

LENGTH = 4
"""Bytes of a length."""

LOST = "Error: the command was ended from outside; look before you repeat it\n"

OFF = b"THRUM_READY"
"""The variable that has everything run here."""

WAKES = "--wake"
"""A hook with it waits for hours, and is told by its process from others that wait."""

_OWN = (b"THRUM_SOCKET", b"THRUM_DEBUG")
"""With one of these a command is not as usual."""


def run() -> NoReturn:
    """Runs the command line of this process and ends the process."""
    import posix

    status = None
    try:
        status = _handed_over(sys.argv[1:])
    except KeyboardInterrupt:
        if sys.argv[1:2] != ["hook"]:
            posix._exit(128 + 2)
    if status is None:
        from thrum.cli import main

        main.run()
    posix._exit(status)


def _handed_over(words: Sequence[str]) -> int | None:
    """The exit status of the line; None if it has to be run here."""
    import _socket
    import posix

    environment: dict[bytes, bytes] = posix.environ
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if None in streams or sys.getfilesystemencoding() != "utf-8":
        return None
    if WAKES in words:
        return None
    if environment.get(OFF) in (b"0", b"false") or any(map(environment.get, _OWN)):
        return None
    try:
        folder = posix.getcwd()
        var = _var(folder)
        if not var:
            return None
        ready = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        ready.settimeout(PATIENCE_S)
        ready.connect(f"{var}/{SOCKET}")
        daemon = _daemon(var)
        hello = ready.recv(HELLO)
        if len(hello) != HELLO or not _is_ours(ready):
            return None
        ready.setblocking(True)
    except OSError:
        return None
    is_hook = words[:1] == ["hook"]
    before = _pass_on_signals(int.from_bytes(hello, "little"), is_hook=is_hook)
    try:
        _send(ready, _text(words, folder, environment), (0, 1, 2, daemon.fileno()))
        status = _followed(ready, var, is_hook=is_hook)
    except OSError:
        status = None  # It has ended before it knew what to do.
    if status is None:
        _take_back(before)
    return status


def _var(folder: str) -> str:
    """Where the daemon's sockets of this directory probably are; empty if that is not plain to see.

    Whoever is asked there knows for certain, see `thrum.ready.call`.
    """
    import posix

    while folder:
        for shared in (f"{folder}/.thrum", _pointed(f"{folder}/.thrum/redirect")):
            try:
                posix.stat(f"{shared}/var/{SOCKET}")
            except OSError:
                continue
            return f"{shared}/var"
        folder = folder.rpartition("/")[0]
    return ""


def _is_ours(ready: socket) -> bool:
    """Whether whoever listens there has our own account: a checkout may name any place."""
    import _socket
    import posix

    credentials = ready.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)
    return int.from_bytes(credentials[4:8], sys.byteorder) == posix.getuid()


def _pointed(path: str) -> str:
    """What a file with the name of another one says."""
    import posix

    try:
        handle = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return ""
    try:
        return posix.read(handle, 4096).decode("utf-8", "surrogateescape").strip()
    finally:
        posix.close(handle)


def _daemon(var: str) -> socket:
    """A connection to the daemon, opened by this very process.

    Raises:
        OSError: nobody listens there.
    """
    import _socket

    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    connection.settimeout(PATIENCE_S)
    connection.connect(f"{var}/thrum.sock")
    connection.setblocking(True)
    return connection


def _pass_on_signals(pid: int, *, is_hook: bool) -> dict[int, Any]:
    """Has what the terminal or a runtime says to us reach whoever does our work.

    What ends us at once closes the connection, which ends that process too. A hook wants to answer
    before it goes.

    Returns:
        What was done about each signal before.
    """
    import _signal  # type: ignore[import-not-found]
    import posix

    def pass_on(number: int, _frame: object) -> None:
        try:
            posix.kill(pid, number)
        except OSError:
            pass  # It has ended; what it said last is read next.

    numbers = [_signal.SIGINT, *((_signal.SIGTERM, _signal.SIGHUP) if is_hook else ())]
    before = {each: _signal.getsignal(each) for each in numbers}
    for number, handler in before.items():
        if handler != _signal.SIG_IGN:
            _signal.signal(number, pass_on)
    return before


def _take_back(before: dict[int, Any]) -> None:
    import _signal

    for number, handler in before.items():
        _signal.signal(number, handler)


def _text(words: Sequence[str], folder: str, environment: dict[bytes, bytes]) -> bytes:
    """What the other side has to know of us. No part of it can hold a NUL, so that parts them."""
    import posix

    mask = posix.umask(0o077)
    posix.umask(mask)
    own = __file__.rpartition("/")[0]
    said = [own, folder, sys.stdin.encoding, sys.stdout.encoding, sys.stderr.encoding, str(mask)]
    said += [str(len(words)), *words]
    parts = [each.encode("utf-8", "surrogateescape") for each in said]
    for name, value in environment.items():
        parts += (name, value)
    return b"\0".join(parts)


def _send(to: socket, text: bytes, handles: Sequence[int]) -> None:
    """Sends a text, its length before it, and descriptors."""
    import _socket

    given = b"".join(each.to_bytes(4, sys.byteorder) for each in handles)
    rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, given)] if given else []
    data = len(text).to_bytes(LENGTH, "little") + text
    sent = to.sendmsg([data], rights)
    if sent < len(data):
        to.sendall(data[sent:])


def _followed(ready: socket, var: str, *, is_hook: bool) -> int | None:
    """Does what the other side asks for until it is through; None if the line has to run here."""
    while True:
        said = _said(ready)
        if said == ENDED:
            return ready.recv(1)[0]
        if said == AGAIN:
            _connect_again(ready, var)
        elif said == SHOW:
            _show(ready)
        elif said == HERE or is_hook:
            return None
        else:
            sys.stderr.write(LOST)
            sys.stderr.flush()
            return 1


def _said(ready: socket) -> bytes:
    """One byte of the other side; nothing when it is gone."""
    try:
        return ready.recv(1)
    except OSError:
        return b""


def _connect_again(ready: socket, var: str) -> None:
    """Opens another connection to the daemon, or says by which number that failed."""
    try:
        connection = _daemon(var)
    except OSError as error:
        _answer(ready, str(error.errno or 0).encode())
        return
    _answer(ready, b"", connection.fileno())
    connection.close()


def _show(ready: socket) -> None:
    """Has a pager of this terminal show a text; answers whether it could."""
    from thrum.cli import pager

    size = int.from_bytes(_exactly(ready, LENGTH), "little")
    count, rest = _exactly(ready, size).decode("utf-8", "surrogateescape").split("\0", 1)
    *parts, text = rest.split("\0", int(count))
    words = parts[: parts.index("")]
    pairs = parts[len(words) + 1 :]
    shown = pager.run(words, text, dict(zip(pairs[::2], pairs[1::2], strict=True)))
    _answer(ready, b"1" if shown else b"")


def _answer(ready: socket, text: bytes, *handles: int) -> None:
    try:
        _send(ready, text, handles)
    except OSError:
        pass  # It has ended, as is read next.


def _exactly(ready: socket, size: int) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        piece = ready.recv(size - len(parts))
        if not piece:
            raise KeyboardInterrupt  # nobody is there any more, and nothing is left to be shown
        parts += piece
    return bytes(parts)
