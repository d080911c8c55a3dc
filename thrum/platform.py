"""What differs between Linux and macOS, in one place. Standard library only."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import select
import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from thrum.errors import ThrumError

LINUX: Final = sys.platform.startswith("linux")

# sun_path holds 108 bytes on Linux and 104 on macOS, with the closing NUL.
_LONGEST_SOCKET_PATH: Final = 107 if LINUX else 103
# <sys/un.h> of macOS: level SOL_LOCAL, option LOCAL_PEERPID.
_SOL_LOCAL: Final = 0
_LOCAL_PEERPID: Final = 2
# <asm-generic/socket.h> of Linux 6.5 and later; Python has no name for it yet.
_SO_PEERPIDFD: Final = 77


NO_LOCKS: Final = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""How a file system says that it keeps no locks."""


def try_flock(handle: int, path: Path, *, shared: bool = False) -> bool:
    """Takes the ``flock`` of an open file or directory; False if somebody else holds it.

    Args:
        handle: what is locked; closing it gives the lock back.
        path: its name, for whoever reads the refusal.
        shared: beside others that only hold it shared.

    Raises:
        ThrumError: ``system``, the file system has no locks, so nothing keeps two daemons apart.
    """
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        raise ThrumError(
            "system",
            f"the file system of {path} keeps no locks ({error.strerror}), which Thrum needs",
            "move the repository to a local disk",
        ) from error
    return True


@contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """An address for `bind` or `connect` that reaches the path however long it is.

    On Linux a descriptor of the directory makes it short; elsewhere a short symbolic link in
    the temporary directory does.
    """
    text = str(path)
    if len(os.fsencode(text)) <= _LONGEST_SOCKET_PATH:
        yield text
        return
    if LINUX:
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield f"/proc/self/fd/{directory}/{path.name}"
        finally:
            os.close(directory)
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="thrum") as short:
        link = Path(short) / "v"
        link.symlink_to(path.parent, target_is_directory=True)
        yield str(link / path.name)


def bind_unix(path: Path) -> socket.socket:
    """A listening-ready Unix socket at the path, mode 0600 from its first moment.

    Raises:
        OSError: the path is taken or cannot be written.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)
    try:
        with socket_address(path) as address:
            listener.bind(address)
    except OSError:
        listener.close()
        raise
    finally:
        os.umask(mask)
    return listener


def connect_unix(path: Path, timeout: float) -> socket.socket:
    """A connection to the Unix socket at the path, with that timeout in seconds on every call.

    Raises:
        OSError: nobody listens there.
    """
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(timeout)
    try:
        with socket_address(path) as address:
            connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def peer_pid(connection: socket.socket) -> int:
    """The process that opened the other end, as the kernel says.

    Raises:
        OSError: the kernel does not say.
    """
    if LINUX:
        size = struct.calcsize("3i")
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        return int(struct.unpack("3i", credentials)[0])
    return int(connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERPID))


def peer_lives(connection: socket.socket) -> bool | None:
    """Whether the very process that opened the other end runs; None where the kernel cannot say.

    A number may go to another process between connecting and accepting, so that `peer_pid` names
    somebody who has nothing to do with the connection. This is not deceived by that.
    """
    if not LINUX:
        return None
    try:
        handle = connection.getsockopt(socket.SOL_SOCKET, _SO_PEERPIDFD)
    except OSError as error:
        return None if error.errno == errno.ENOPROTOOPT else False
    try:
        look = select.poll()
        look.register(handle, select.POLLIN)
        return not look.poll(0)
    finally:
        os.close(handle)


def descriptors() -> int:
    """How many files and sockets this process may have open at once."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def uptime_ns() -> int:
    """Nanoseconds since the machine began, its sleep included where the system counts that."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic_ns() if clock is None else time.clock_gettime_ns(clock)


def hostname() -> str:
    """This machine's name without the suffix that macOS adds."""
    return socket.gethostname().removesuffix(".local")
