"""An owner's tables: how a service writes to them and asks about them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread
from msgspec import Struct

from thrum.daemon.state.faults import Refusal
from thrum.daemon.state.file import File

T = TypeVar("T")


class Tables(Struct, frozen=True, eq=False):
    """The tables of one owner. Use `State.of`.

    Attributes:
        owner: whose they are.
        refusal: why they cannot be used; ``None`` when they can.
    """

    owner: str
    _open: File | Refusal

    @property
    def refusal(self) -> Refusal | None:
        """Why they cannot be used; ``None`` when they can."""
        return self._open if isinstance(self._open, Refusal) else None

    async def write(self, decide: Callable[[sqlite3.Connection], T]) -> T:
        """Runs a decision on a thread, in one transaction that is on disk when this returns.

        A caller that is cancelled waits for the end of what has begun.

        Args:
            decide: gets a connection that changes this owner's rows and no others. It neither
                begins nor commits; savepoints are allowed.

        Raises:
            ThrumError: ``state``, this owner's tables cannot be used; ``storage``, the disk
                refused; ``busy``, too many wait, or another owner does not end;
                ``shutting_down``. Nothing was written.
            Exception: whatever `decide` raised; nothing was written.
        """
        file = self._file()
        with file.writes.entered():
            return await anyio.to_thread.run_sync(
                file.write, self.owner, decide, limiter=file.threads
            )

    async def ask(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Answers a question on a thread, about one state of the tables; waits for no write.

        Raises:
            ThrumError: as `write`.
            Exception: whatever the question raised.
        """
        file = self._file()
        with file.asks.entered():
            return await anyio.to_thread.run_sync(
                file.ask, self.owner, question, limiter=file.threads
            )

    def write_now(self, decide: Callable[[sqlite3.Connection], T]) -> T:
        """As `write`, from a thread that may block."""
        file = self._file()
        with file.writes.entered():
            return file.write(self.owner, decide)

    def ask_now(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """As `ask`, from a thread that may block."""
        file = self._file()
        with file.asks.entered():
            return file.ask(self.owner, question)

    def _file(self) -> File:
        if isinstance(self._open, Refusal):
            raise self._open.error()
        return self._open
