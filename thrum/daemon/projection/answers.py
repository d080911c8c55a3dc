"""Answers that hold for as long as what they are about has the same version."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeVar

MOST: Final = 1024
"""Answers that are kept."""

H = TypeVar("H", bound=Hashable)
T = TypeVar("T")


class Answers:
    """What questions gave that were asked of one version. One thread at a time."""

    __slots__ = ("_known", "_version")

    def __init__(self) -> None:
        self._version = -1
        self._known: dict[tuple[Any, Any], Any] = {}

    def of(
        self,
        version: int,
        db: sqlite3.Connection,
        question: Callable[[sqlite3.Connection, H], T],
        about: H,
    ) -> T:
        """What the question gives, or gave before while the version was this one.

        Raises:
            Exception: whatever the question raised.
        """
        if version != self._version or len(self._known) >= MOST:
            self._version = version
            self._known.clear()
        if (question, about) not in self._known:
            self._known[question, about] = question(db, about)
        answer: T = self._known[question, about]
        return answer

    def forget(self) -> None:
        """Has everything asked anew."""
        self._known.clear()
