"""Answers under a client's name, for a client that asks again because the reply was lost.

They are kept while the daemon runs and not on disk: what hooks ask ends with the daemon, and what
panes show was typed by then.
"""

from __future__ import annotations

from typing import Final, Generic, TypeVar

from msgspec import Struct, field

from thrum.errors import ThrumError

MOST: Final = 1_000
"""Answers that are kept, the last ones."""

T = TypeVar("T")


class AnsweredOnce(Struct, Generic[T]):
    """What each caller answered under which name."""

    _given: dict[tuple[str, str], tuple[object, T]] = field(default_factory=dict)

    def before(self, by: str, client_id: str, asked: object) -> T | None:
        """What was said the first time; None if it was not asked before.

        Raises:
            ThrumError: ``conflict``, the caller gave another answer under that name.
        """
        known = self._given.get((by, client_id)) if client_id else None
        if known is None:
            return None
        if known[0] != asked:
            raise ThrumError(
                "conflict", "that client_id is of another answer of yours", "take another one"
            )
        return known[1]

    def keep(self, by: str, client_id: str, asked: object, answer: T) -> None:
        """Remembers what is said now."""
        if not client_id:
            return
        self._given[by, client_id] = (asked, answer)
        if len(self._given) > MOST:
            del self._given[next(iter(self._given))]
