"""What has a terminal: which process is in front, and whether it waits for somebody to type.

A shell with a line editor takes the terminal out of its line mode while it waits for a command, and
puts it back before it runs one. The kernel tells that, which bytes nobody has read yet, and whether
the process sleeps. So it is known when a shell is at its prompt, whatever the screen shows.
"""

from __future__ import annotations

import fcntl
import os
import struct
import termios
from pathlib import Path
from typing import Final, NamedTuple

from thrum.daemon.tmux.panes import Pane
from thrum.identity import process
from thrum.platform import LINUX

PLAIN: Final = frozenset({"sh", "dash", "ash", "ksh", "csh"})
"""Shells that may have no line editor."""


class Front(NamedTuple):
    """The process in front of a terminal.

    Attributes:
        pid: which.
        name: its program.
        waits: whether it sleeps, and all that was typed has been read.
        is_edited: whether it reads keys, not whole lines.
        read: bytes that it has read since it began; -1 where the system does not say.
    """

    pid: int
    name: str
    waits: bool
    is_edited: bool
    read: int


def look(pane: Pane) -> Front | None:
    """What is in front in a pane; None where nothing is, or nobody can say."""
    pid = _foreground(pane)
    found = process.look(pid)
    modes = _modes(pane.tty)
    if found is None or modes is None:
        return None
    is_edited, unread = modes
    waits = not unread and _sleeps(pid)
    return Front(pid, found.name.removeprefix("-"), waits, is_edited, _read(pid))


def waits_for_command(front: Front) -> bool:
    """Whether a shell in front waits for somebody to type.

    Of one without a line editor it is not known, but that it is no script.
    """
    if not front.waits or front.is_edited:
        return front.waits
    is_script = any(word[:1] != "-" for word in process.words(front.pid)[1:])
    return front.name in PLAIN and not is_script


def _foreground(pane: Pane) -> int:
    """The leader of the terminal's foreground group; 0 if that cannot be told."""
    if not LINUX:
        found = process.look(pane.pid)
        is_first = found is not None and found.name == pane.command.removeprefix("-")
        return pane.pid if is_first else 0
    fields = process.stat(pane.pid)
    return max(int(fields[5]), 0) if fields else 0


def _sleeps(pid: int) -> bool:
    if LINUX:
        return process.stat(pid)[:1] == [b"S"]
    import psutil

    try:
        return psutil.Process(pid).status() in {psutil.STATUS_SLEEPING, psutil.STATUS_IDLE}
    except psutil.Error:
        return False


def _read(pid: int) -> int:
    try:
        data = Path(f"/proc/{pid}/io").read_text()
    except OSError:
        return -1
    return int(data.split()[1])


def _modes(tty: str) -> tuple[bool, int] | None:
    """Whether the terminal gives keys and not lines, and how many bytes nobody has read."""
    try:
        handle = os.open(tty, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        modes = termios.tcgetattr(handle)
        unread = fcntl.ioctl(handle, termios.FIONREAD, bytes(4))
    except (OSError, termios.error):
        return None
    finally:
        os.close(handle)
    return not modes[3] & termios.ICANON, int(struct.unpack("i", unread)[0])
