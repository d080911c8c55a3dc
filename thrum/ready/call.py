"""What a caller says of itself, and whether we may act in its name.

Its number comes from the kernel, and what it may do is read from there: a caller in a sandbox, a
container or under other limits than ours gets nothing done that it could not do itself.
"""

from __future__ import annotations

import os
import resource
import socket
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thrum import front, platform

MOST: Final = 16 << 20
"""Bytes of what a caller says; a line and an environment are bounded by the kernel to less."""

_HANDLES: Final = 4
_SAME: Final = (
    "Uid",
    "Gid",
    "Groups",
    "NoNewPrivs",
    "Seccomp",
    "CapInh",
    "CapPrm",
    "CapEff",
    "CapBnd",
    "CapAmb",
)
"""Of ``/proc/PID/status``, see proc(5). Landlock asks for NoNewPrivs."""

_NONE: Final = resource.RLIM_INFINITY
_LIMITS: Final = sorted({getattr(resource, each) for each in dir(resource) if "RLIMIT_" in each})
_SPACES: Final = ("mnt", "user", "pid", "net", "ipc", "uts")


class Unreadable(Exception):
    """The caller is gone, or is none of ours."""


@dataclass(frozen=True)
class Call:
    """One line, and the process that wants it carried out.

    Attributes:
        pid: the caller, as the kernel says.
        program: the folder of the program that it runs.
        folder: where it stands.
        encodings: of its standard streams.
        mask: its file mode creation mask.
        words: what was typed after ``thrum``.
        environment: all of it.
        streams: its standard streams.
        daemon: its connection to the daemon.
    """

    pid: int
    program: str
    folder: str
    encodings: tuple[str, str, str]
    mask: int
    words: Sequence[str]
    environment: Mapping[bytes, bytes]
    streams: tuple[int, int, int]
    daemon: int


def receive(line: socket.socket) -> Call:
    """Reads what a caller sends.

    Raises:
        Unreadable: it is none.
        OSError: it is gone.
    """
    data, handles = receive_text(line)
    parts = data.split(b"\0")
    if len(handles) != _HANDLES or len(parts) < 7:
        raise Unreadable
    program, folder, into, out, errors, mask, count = map(os.fsdecode, parts[:7])
    words = [os.fsdecode(each) for each in parts[7 : 7 + int(count)]]
    pairs = parts[7 + int(count) :]
    return Call(
        pid=platform.peer_pid(line),
        program=program,
        folder=folder,
        encodings=(into, out, errors),
        mask=int(mask),
        words=words,
        environment=dict(zip(pairs[::2], pairs[1::2], strict=True)),
        streams=(handles[0], handles[1], handles[2]),
        daemon=handles[3],
    )


def receive_text(line: socket.socket) -> tuple[bytes, list[int]]:
    """A text with its length before it, and the descriptors that come with it.

    Raises:
        Unreadable: the other side is gone, or says too much.
        OSError: likewise.
    """
    data, handles = bytearray(), array("i")
    while len(data) < front.LENGTH or len(data) < _whole(data):
        piece, rights, _flags, _address = line.recvmsg(
            65_536, socket.CMSG_SPACE(16 * 4), socket.MSG_CMSG_CLOEXEC
        )
        for level, kind, given in rights:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                handles.frombytes(given[: len(given) - len(given) % handles.itemsize])
        if not piece or len(data) > MOST:
            raise Unreadable
        data += piece
    return bytes(data[front.LENGTH :]), list(handles)


def _whole(data: bytearray) -> int:
    return front.LENGTH + int.from_bytes(data[: front.LENGTH], "little")


@dataclass(frozen=True)
class Rights:
    """What a process may do and sees, as far as the system tells.

    Attributes:
        status: the lines of `_SAME`.
        spaces: its namespaces.
    """

    status: Sequence[bytes]
    spaces: Sequence[str]

    @classmethod
    def of(cls, pid: int) -> Rights:
        """Those of a process.

        Raises:
            OSError: the system does not tell them, or there is no such process.
        """
        proc = Path("/proc", str(pid))
        wanted = tuple(f"{name}:".encode() for name in _SAME)
        lines = (proc / "status").read_bytes().splitlines()
        return cls(
            [each for each in lines if each.startswith(wanted)],
            [os.readlink(proc / "ns" / each) for each in _SPACES],  # noqa: PTH115 -- names, no paths
        )


def take_bounds(pid: int) -> None:
    """Takes on the limits and the niceness of a process, as far as they bind more than ours.

    Raises:
        OSError: there is no such process.
    """
    for each in _LIMITS:
        soft, hard = resource.prlimit(pid, each)
        _, most = resource.getrlimit(each)
        hard = _lesser(hard, most)
        resource.setrlimit(each, (_lesser(soft, hard), hard))
    nice = os.getpriority(os.PRIO_PROCESS, pid)
    if nice > os.getpriority(os.PRIO_PROCESS, 0):
        os.setpriority(os.PRIO_PROCESS, 0, nice)


def _lesser(one: int, other: int) -> int:
    return min((one, other), key=lambda each: float("inf") if each == _NONE else each)
