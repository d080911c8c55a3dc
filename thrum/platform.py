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
# PATH_MAX of macOS.
_LONGEST_PATH: Final = 1024
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

    # The person's own folder for such things is more private, and may have a long name itself.
    own = Path(tempfile.gettempdir()) / "thrum12345678" / "v" / path.name
    folder = None if len(os.fsencode(own)) <= _LONGEST_SOCKET_PATH else "/tmp"  # noqa: S108
    with tempfile.TemporaryDirectory(prefix="thrum", dir=folder) as short:
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


def sync(handle: int) -> None:
    """Returns when a file, or a directory, is on the disk.

    On macOS ``fsync`` leaves it in the disk's own memory, from which a power cut takes it.

    Raises:
        OSError: the disk refuses.
    """
    request = getattr(fcntl, "F_FULLFSYNC", None)
    if request is not None:
        try:
            fcntl.fcntl(handle, request)
        except OSError:
            pass  # not every file system does; what else is wrong, fsync says as well
        else:
            return
    os.fsync(handle)


def real(path: Path) -> Path:
    """The path without links and ``..``, and with capitals as the file system has them.

    Where it makes no difference between them (macOS), one folder has many spellings, and what is
    known by its path would be known by one of them only. What leads to itself or nowhere stays as
    it is: anybody may have made the links, so none of them may be an error.
    """
    found = Path(os.path.realpath(path))
    if not hasattr(fcntl, "F_GETPATH"):
        return found
    for known in (found, *found.parents):
        spelled = _spelled(known)
        if spelled is not None:
            return spelled / found.relative_to(known)
    return found


def _spelled(path: Path) -> Path | None:
    """The path as the file system has it; None if it does not say."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        said: bytes = fcntl.fcntl(handle, fcntl.F_GETPATH, bytes(_LONGEST_PATH))  # type: ignore[attr-defined]
    except OSError:
        return None
    finally:
        os.close(handle)
    return Path(os.fsdecode(said.rstrip(b"\0")))


def descriptors() -> int:
    """How many files and sockets this process may have open at once."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return sys.maxsize if soft == resource.RLIM_INFINITY else soft


def uptime_ns() -> int:
    """Nanoseconds since the machine began, its sleep included.

    On macOS that is CLOCK_MONOTONIC, which is another clock there than Python's `time.monotonic`.
    """
    return time.clock_gettime_ns(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def hostname() -> str:
    """This machine's name without the suffix that macOS adds."""
    return socket.gethostname().removesuffix(".local")
