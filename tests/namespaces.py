"""A network of its own for some processes: addresses that nobody else has, and that can change."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest


@dataclass
class Namespace:
    """A network namespace of Linux; files and Unix sockets are those of everybody."""

    holder: int

    @property
    def prefix(self) -> tuple[str, ...]:
        """The words before a command that shall run in it."""
        return ("nsenter", f"--net=/proc/{self.holder}/ns/net", "--")

    def ip(self, *words: str) -> None:
        """Changes interfaces and addresses."""
        subprocess.run([*self.prefix, "ip", *words], check=True, capture_output=True)

    def add(self, address: str) -> None:
        """Gives the machine another address, as in ``10.7.0.1/24``."""
        self.ip("addr", "add", address, "dev", "lo")

    def take(self, address: str) -> None:
        """Takes it away again."""
        self.ip("addr", "del", address, "dev", "lo")


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
