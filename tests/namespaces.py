"""A network of its own for some processes: addresses that nobody else has, and that can change."""

from __future__ import annotations

import ctypes
import functools
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CLONE_NEWNET: Final = 0x40000000
"""As `setns` is told that it is a network."""


@dataclass
class Namespace:
    """A network namespace of Linux; files and Unix sockets are those of everybody."""

    holder: int

    @property
    def prefix(self) -> tuple[str, ...]:
        """The words before a command that shall run in it."""
        return ("nsenter", f"--net={self.file}", "--")

    @property
    def file(self) -> Path:
        """By which a process gets in."""
        return Path(f"/proc/{self.holder}/ns/net")

    def ip(self, *words: str) -> None:
        """Changes interfaces and addresses."""
        subprocess.run([*self.prefix, "ip", *words], check=True, capture_output=True)

    def add(self, address: str, nic: str = "lo") -> None:
        """Gives the machine another address, as in ``10.7.0.1/24``."""
        self.ip("addr", "add", address, "dev", nic)

    def take(self, address: str, nic: str = "lo") -> None:
        """Takes it away again."""
        self.ip("addr", "del", address, "dev", nic)


def enter(file: Path) -> None:
    """Has this process be in that network from here on, and whatever it starts.

    Raises:
        OSError: it may not, or the file is of none.
    """
    number = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        # A function of `os` only since Python 3.12.
        if ctypes.CDLL(None, use_errno=True).setns(number, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(file))
    finally:
        os.close(number)


@functools.cache
def why_not() -> str:
    """Why there can be none here; empty if there can."""
    try:
        words = ["unshare", "-n", "ip", "link", "set", "lo", "up"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        return str(error)
    return done.stderr.strip() if done.returncode else ""


@contextmanager
def namespace() -> Iterator[Namespace]:
    """A new one, with nothing but a loopback; skips the test where there can be none."""
    import pytest  # not by whoever is to enter one

    if why_not():
        pytest.skip(f"no network namespaces here: {why_not()}")
    words = ["unshare", "-n", "sh", "-c", "ip link set lo up && echo up && exec sleep infinity"]
    holder = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "up\n"
        yield Namespace(holder.pid)
    finally:
        holder.kill()
        holder.communicate()
